"""The transaction of one claim: first batches that are due, then new batches of waiting rows.

It locks the destination's row first, so that a destination has one claim at a time. If the
destination is not ordered, the first claim of a batch updates none of its rows: the batch names
them (`members`), and each row is updated once, when the batch is sent. In every other case (a
retry, a second claim, events with different outcomes) the rows get the batch id before that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storepulse.adapters.postgres.array_text import array_text
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.delivery.connections import Connection
from storepulse.destinations.rules.body_sizes import json_bytes
from storepulse.destinations.rules.forming import BatchLimits, Waiting, form
from storepulse.destinations.rules.model import Destination

_SQL = named_sql("delivery/queue")


class Row(NamedTuple):
    """One event of a batch, as it is stored. `returns`: its row has a dead letter."""

    store_id: str
    event_id: str
    received_at: datetime
    stream: str
    event_type: str
    value: bytes
    returns: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this process owns until `until`, after `failures` failed attempts.

    `probe`: the breaker is open, and this batch tests whether the destination is back.
    """

    batch_id: str
    failures: int
    until: datetime
    rows: Sequence[Row]
    probe: bool = False

    @property
    def bytes(self) -> int:
        """Size of the events as stored."""
        return sum(len(row.value) for row in self.rows)


@dataclass(frozen=True, slots=True)
class ClaimLimits:
    """At most `most` batches of up to `size` events, until they have `bytes` in total.

    `body_bytes` is the maximum request body of a batch with several events, None for no maximum.
    `in_hand` has the ids of the batches that this process holds already.
    """

    size: int
    most: int
    bytes: int
    in_hand: Collection[str] = ()
    probe: bool = False
    body_bytes: int | None = None


class NothingToSend(Exception):
    """A probe found no batch. The transaction is rolled back, and the breaker does not change."""


@dataclass(frozen=True, slots=True)
class ClaimTransaction:
    """Claims for `owner`, from `now` until `until`."""

    connection: Connection
    destination: Destination
    limits: ClaimLimits
    owner: str
    now: datetime
    until: datetime
    new_batch_id: Callable[[datetime], str]

    async def run(self) -> list[Claim]:
        """The claims, which the owner has once the transaction commits. Raises NothingToSend."""
        if await self._all("begin") != [(True,)]:
            return []
        if self.limits.probe and not await self._all("claim_probe"):
            return []
        most = 1 if self.limits.probe else self.limits.most
        claims, size = await self._claim_due(most)
        most, size = most - len(claims), self.limits.bytes - size
        if most > 0 and size > 0:
            ((sequences,),) = await self._all("taken")
            form_batches = self._form_in_order if self.destination.ordered else self._form_named
            claims += await form_batches(most, size, sequences)
        if self.limits.probe and not claims:
            raise NothingToSend
        return claims

    async def _all(self, statement: str, **more: Any) -> list[Any]:
        terms = {
            "destination_id": self.destination.destination_id,
            "destination_ids": [self.destination.destination_id],
            "ordered": self.destination.ordered,
            "owner": self.owner,
            "now": self.now,
            "until": self.until,
            **more,
        }
        cursor = await self.connection.execute(_SQL[statement], terms, binary=True)
        return await cursor.fetchall() if cursor.description else []

    async def _claim_due(self, most: int) -> tuple[list[Claim], int]:
        """Existing batches that are due, oldest due time first, and their total bytes."""
        due = await self._all(
            "claim_due", most=most, bytes=self.limits.bytes, held=array_text(self.limits.in_hand)
        )
        if not due:
            return [], 0
        if with_members := [row[0] for row in due if row[4]]:
            await self._all("mark_members", batch_ids=array_text(with_members))
        due.sort(key=lambda row: row[2])
        ids = array_text(row[0] for row in due)
        rows = _by_batch(await self._all("rows_of", batch_ids=ids))
        claims = [self._claim_of(row[0], rows.get(row[0], []), failures=row[1]) for row in due]
        return claims, sum(row[3] for row in due)

    async def _form_named(self, most: int, size: int, sequences: str) -> list[Claim]:
        """New batches that name their rows, which are not updated."""
        count = self.limits.size * most
        if self.limits.body_bytes is not None:
            # A body is larger than its events as stored: more bytes would not fit `most` bodies.
            size = min(size, most * self.limits.body_bytes)
        waiting = await self._all("waiting", rows=count, bytes=size, taken=sequences)
        cut = sum(len(row[8]) for row in waiting) >= size
        events = [Waiting(row[0], row[4], None, json_bytes(row[6], len(row[8]))) for row in waiting]
        batches = self._form(events, most, cut=cut)
        claims = [
            self._claim_of(self.new_batch_id(self.now), [Row._make(waiting[i][3:]) for i in batch])
            for batch in batches
        ]
        members = [array_text(waiting[i][2] for i in batch) for batch in batches]
        await self._insert(claims, [claim.bytes for claim in claims], members, batches)
        return claims

    async def _form_in_order(self, most: int, size: int, sequences: str) -> list[Claim]:
        """New batches whose rows get the batch id at once, which marks their keys as in flight."""
        # Rows of one key may have to wait for each other, so read more than fits.
        count = self.limits.size * most * 2
        waiting = await self._all("waiting_in_order", rows=count, taken=sequences)
        rows = _up_to(size, waiting)
        cut = len(rows) < len(waiting)
        events = [Waiting(row[3], row[1], row[4], json_bytes(row[6], row[5])) for row in rows]
        batches = self._form(events, most, cut=cut)
        if not batches:
            return []
        claims = [self._claim_of(self.new_batch_id(self.now), []) for _ in batches]
        sizes = [sum(rows[i][5] for i in batch) for batch in batches]
        await self._insert(claims, sizes, [None] * len(claims), batches)
        pairs = [(c.batch_id, rows[i]) for c, b in zip(claims, batches, strict=True) for i in b]
        stored_rows = _by_batch(
            await self._all(
                "take",
                row_batches=array_text(batch_id for batch_id, _ in pairs),
                store_ids=array_text(row[0] for _, row in pairs),
                event_ids=array_text(row[1] for _, row in pairs),
                received=array_text(row[2] for _, row in pairs),
                streams=array_text(row[6] for _, row in pairs),
            )
        )
        return [self._claim_of(claim.batch_id, stored_rows[claim.batch_id]) for claim in claims]

    def _form(self, waiting: list[Waiting], most: int, *, cut: bool) -> list[list[int]]:
        """Divide waiting rows into batches. `cut`: more rows wait than the limits allowed."""
        full, ordered = (
            BatchLimits(self.limits.size, self.limits.body_bytes),
            self.destination.ordered,
        )
        ripe_before = self.now - timedelta(seconds=self.destination.batch_seconds)
        batches = form(waiting, full, most, ordered=ordered, ripe_before=ripe_before)
        if cut and not batches:
            # The byte limit is reached before a batch is full, so waiting would not fill one.
            oldest = min(row.created_at for row in waiting)
            batches = form(waiting, full, 1, ordered=ordered, ripe_before=oldest)
        return batches

    async def _insert(
        self,
        claims: Sequence[Claim],
        sizes: Sequence[int],
        members: Sequence[str | None],
        batches: Sequence[Sequence[int]],
    ) -> None:
        if claims:
            await self._all(
                "insert_batches",
                batch_ids=array_text(claim.batch_id for claim in claims),
                events=array_text(len(batch) for batch in batches),
                sizes=array_text(sizes),
                members=list(members),
            )

    def _claim_of(self, batch_id: str, rows: Sequence[Row], failures: int = 0) -> Claim:
        return Claim(batch_id, failures, self.until, rows, self.limits.probe)


def _up_to(size: int, rows: Sequence[Any]) -> list[Any]:
    """The first rows, including the one that reaches `size` bytes."""
    first, total = [], 0
    for row in rows:
        if total >= size:
            break
        first.append(row)
        total += row[5]
    return first


def _by_batch(stored_rows: list[Any]) -> dict[str, list[Row]]:
    """Rows by batch, in the order of sending: by priority, then sequence."""
    rows: dict[str, list[Row]] = {}
    for batch_id, _priority, _sequence, *columns in sorted(stored_rows, key=lambda row: row[1:3]):
        rows.setdefault(batch_id, []).append(Row._make(columns))
    return rows
