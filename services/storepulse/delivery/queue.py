"""The queue of deliveries: a sender claims batches from it for a limited time.

A claim is committed before anything is sent. It takes due batches first: retries, and batches of a
process that died. Then it forms new batches of waiting rows. The claim fixes the rows of a batch:
every attempt sends the same rows under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.array_text import array_text
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.delivery.claim_transaction import (
    Claim,
    ClaimLimits,
    ClaimTransaction,
    NothingToSend,
)
from storepulse.destinations.rules.breaker import Breaker
from storepulse.destinations.rules.model import Destination

__all__ = ["Backlog", "Claim", "ClaimLimits", "Queue"]

_SQL = named_sql("delivery/queue")

#: The maximum up to which a backlog is counted.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """The events waiting for a destination (counted up to `MOST_COUNTED`), and since when."""

    events: int
    oldest: datetime | None


class Queue:
    """The claims of one process. `owner` is its id, new at each start."""

    def __init__(
        self,
        connections: Pool,
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
        """Ids of the destinations that have something to send. `sizes`: events of a full batch."""
        now = self._clock()
        terms: dict[str, Any] = {
            "destination_ids": [d.destination_id for d in destinations],
            "sizes": list(sizes),
            "ripe_before": [now - timedelta(seconds=d.batch_seconds) for d in destinations],
            "now": now,
        }
        async with self._connections.transaction() as connection:
            cursor = await connection.execute(_SQL["taken"], terms)
            ((terms["taken"],),) = await cursor.fetchall()
            cursor = await connection.execute(_SQL["ready"], terms)
            return [row[0] for row in await cursor.fetchall()]

    async def claim(self, destination: Destination, limits: ClaimLimits) -> list[Claim]:
        """Claims due batches, then new ones; a probe claims one at most. Raises Transient."""
        now = self._clock()
        until = now + self._claim_for
        try:
            async with self._connections.transaction() as connection:
                transaction = ClaimTransaction(
                    connection, destination, limits, self.owner, now, until, self._new_batch_id
                )
                claims = await transaction.run()
                reach("delivery.before_claim_commit")
        except NothingToSend:
            return []
        reach("delivery.after_claim_commit")
        return claims

    async def release(self, batch_ids: Sequence[str]) -> None:
        """Gives back batches that were claimed and not sent. Raises Transient."""
        async with self._connections.transaction() as connection:
            await connection.execute(
                _SQL["release"], {"batch_ids": array_text(batch_ids), "owner": self.owner}
            )

    async def breakers(self) -> dict[str, Breaker]:
        """The stored breakers by destination id. Raises Transient."""
        async with self._connections.transaction() as connection:
            rows = await (await connection.execute(_SQL["breakers"])).fetchall()
        return {row[0]: Breaker(*row[1:]) for row in rows}

    async def backlogs(self, destination_ids: Sequence[str]) -> dict[str, Backlog]:
        """The backlog of each destination. Raises Transient."""
        terms = {"destination_ids": list(destination_ids), "most": MOST_COUNTED}
        async with self._connections.transaction() as connection:
            rows = await (await connection.execute(_SQL["backlog"], terms)).fetchall()
        return {row[0]: Backlog(row[1] + row[2], row[3]) for row in rows}
