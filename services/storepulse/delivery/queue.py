"""The queue of deliveries as a sender sees it: batches that are its own for a while.

A claim is committed before anything is sent. First come batches that are due: retries, and those of
a process that died with them. Then waiting rows become new batches. What is sent under a batch's id
is fixed from here on: whoever sends it again sends the same rows under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storepulse.adapters.array_text import array_text
from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.named_sql import named_sql
from storepulse.delivery.connections import Connection, Connections
from storepulse.domain.delivery.breaker import Breaker
from storepulse.domain.delivery.forming import Waiting, form
from storepulse.domain.delivery.model import Destination

_SQL = {name: text.encode() for name, text in named_sql("delivery/queue").items()}

#: Backlogs are counted up to here.
MOST_COUNTED = 100_000


class Row(NamedTuple):
    """One event of a batch, as it is stored. `returns`: it was a dead letter before."""

    store_id: str
    event_id: str
    received_at: datetime
    stream: str
    event_type: str
    value: bytes
    returns: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is ours until `until`; `failures` attempts of it failed before.

    `probe`: the breaker is open, and this finds out whether the destination is back.
    """

    batch_id: str
    failures: int
    until: datetime
    rows: Sequence[Row]
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a destination: events (up to `MOST_COUNTED`), and since when."""

    events: int
    oldest: datetime | None


class _NothingToSend(Exception):
    """A probe without a batch: the breaker stays as it is."""


class Queue:
    """Claims of one process. `owner` is its id for as long as it lives."""

    def __init__(
        self,
        connections: Connections,
        clock: Clock,
        new_batch_id: Callable[[datetime], str],
        owner: str,
        claim_seconds: float,
    ) -> None:
        self._connections = connections
        self._clock = clock
        self._new_batch_id = new_batch_id
        self._claim_for = timedelta(seconds=claim_seconds)
        self.owner = owner

    async def ready(self, destinations: Sequence[Destination], sizes: Sequence[int]) -> list[str]:
        """Ids of those destinations that have something to send; `sizes`: of a full batch."""
        now = self._clock()
        asked = {
            "destination_ids": [d.destination_id for d in destinations],
            "sizes": list(sizes),
            "ripe_before": [now - timedelta(seconds=d.batch_seconds) for d in destinations],
            "now": now,
        }
        async with self._connections.transaction() as connection:
            cursor = await connection.execute(_SQL["ready"], asked)
            return [row[0] for row in await cursor.fetchall()]

    async def claim(
        self,
        destination: Destination,
        size: int,
        most: int,
        held: Collection[str],
        *,
        probe: bool = False,
    ) -> list[Claim]:
        """At most `most` batches of up to `size` events; one if it is a probe.

        `held` are the batches that this process has in hand. Raises Transient.
        """
        now = self._clock()
        terms = {
            "destination_id": destination.destination_id,
            "owner": self.owner,
            "now": now,
            "until": now + self._claim_for,
            "most": 1 if probe else most,
            "held": array_text(held),
        }
        try:
            async with self._connections.transaction() as connection:
                claims = await self._claim(connection, destination, size, terms, probe=probe)
                reach("delivery.before_claim_commit")
        except _NothingToSend:
            return []
        reach("delivery.after_claim_commit")
        return claims

    async def _claim(
        self,
        connection: Connection,
        destination: Destination,
        size: int,
        terms: dict[str, Any],
        *,
        probe: bool,
    ) -> list[Claim]:
        active = "is_active_locked" if destination.ordered else "is_active"
        cursor = await connection.execute(_SQL[active], terms)
        if await cursor.fetchone() != (True,):
            return []
        if probe:
            cursor = await connection.execute(_SQL["claim_probe"], terms)
            if await cursor.fetchone() is None:
                return []
        cursor = await connection.execute(_SQL["claim_due"], terms)
        due = sorted(await cursor.fetchall(), key=lambda row: row[2])
        failures: dict[str, int] = {batch_id: failed for batch_id, failed, _ in due}
        found: list[Any] = []
        if due:
            cursor = await connection.execute(_SQL["rows_of"], {"batch_ids": array_text(failures)})
            found += await cursor.fetchall()
        room = terms["most"] - len(due)
        if room > 0:
            formed = await self._form(connection, destination, size, room, terms)
            found += formed
            failures |= dict.fromkeys((row[0] for row in sorted(formed, key=_place)), 0)
        if probe and not failures:
            raise _NothingToSend
        return _claims(failures, found, terms["until"], probe=probe)

    async def _form(
        self,
        connection: Connection,
        destination: Destination,
        size: int,
        most: int,
        terms: Mapping[str, Any],
    ) -> list[Any]:
        """Rows of the batches that were made of waiting rows."""
        # Rows of one key may have to wait for each other: a few more leave room for that.
        rows = size * most * (2 if destination.ordered else 1)
        statement = "waiting_in_order" if destination.ordered else "waiting"
        cursor = await connection.execute(_SQL[statement], {**terms, "rows": rows}, binary=True)
        waiting = await cursor.fetchall()
        batches = form(
            [Waiting(created_at, key) for _, _, _, created_at, key in waiting],
            size,
            most,
            ordered=destination.ordered,
            ripe_before=terms["now"] - timedelta(seconds=destination.batch_seconds),
        )
        if not batches:
            return []
        ids = [self._new_batch_id(terms["now"]) for _ in batches]
        await connection.execute(
            _SQL["insert_batches"],
            {
                **terms,
                "batch_ids": array_text(ids),
                "events": array_text(len(places) for places in batches),
            },
        )
        taken = [waiting[place] for places in batches for place in places]
        cursor = await connection.execute(
            _SQL["take"],
            {
                "destination_id": destination.destination_id,
                "row_batches": array_text(
                    i for i, places in zip(ids, batches, strict=True) for _ in places
                ),
                "store_ids": array_text(row[0] for row in taken),
                "event_ids": array_text(row[1] for row in taken),
                "received": array_text(row[2] for row in taken),
            },
            binary=True,
        )
        return await cursor.fetchall()

    async def release(self, batch_ids: Sequence[str]) -> None:
        """Gives back what was claimed and not sent. Raises Transient."""
        async with self._connections.transaction() as connection:
            await connection.execute(
                _SQL["release"], {"batch_ids": array_text(batch_ids), "owner": self.owner}
            )

    async def breakers(self) -> dict[str, Breaker]:
        """The breakers by destination, as the processes wrote them last. Raises Transient."""
        async with self._connections.transaction() as connection:
            rows = await (await connection.execute(_SQL["breakers"])).fetchall()
        return {row[0]: Breaker(*row[1:]) for row in rows}

    async def backlogs(self, destination_ids: Sequence[str]) -> dict[str, Backlog]:
        """What waits for each destination. Raises Transient."""
        asked = {"destination_ids": list(destination_ids), "most": MOST_COUNTED}
        async with self._connections.transaction() as connection:
            rows = await (await connection.execute(_SQL["backlog"], asked)).fetchall()
        return {row[0]: Backlog(row[1] + row[2], row[3]) for row in rows}


def _claims(
    failures: Mapping[str, int], found: list[Any], until: datetime, *, probe: bool
) -> list[Claim]:
    rows: dict[str, list[Row]] = {batch_id: [] for batch_id in failures}
    for batch_id, _priority, _sequence, *columns in sorted(found, key=_place):
        rows[batch_id].append(Row._make(columns))
    return [Claim(b, failures[b], until, rows[b], probe) for b in failures]


def _place(row: Sequence[Any]) -> Any:
    """Where a row stands in the order of sending: priority, then sequence."""
    return row[1], row[2]
