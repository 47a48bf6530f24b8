"""Collects request durations by destination and minute, and writes them to PostgreSQL.

Attempts are added once their outcome is committed, and written every few seconds in a separate
transaction, to rows that no other process writes. Senders never wait for it. A killed process
loses the last few seconds; only these figures depend on them.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.delivery.attempts import EndedAttempt
from storepulse.destinations.rules.latency import COUNTERS, counter_of
from storepulse.domain.errors import Transient

log = logger()

_SQL = named_sql("delivery/minutes")
WRITE_SECONDS = 5.0
MINUTE = timedelta(minutes=1)
#: How long a minute stays in memory for late outcomes, counted from the newest minute.
LATEST = 60 * MINUTE
#: Characters of an error that are kept with a minute.
MOST_CHARACTERS = 500


@dataclass(slots=True)
class SentInMinute:
    """The attempts at a destination within one minute, with details of the newest failure."""

    delivered: list[int] = field(default_factory=lambda: [0] * COUNTERS)
    failed: int = 0
    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    failed_status: int | None = None
    failed_error: str = ""

    def add(self, attempt: EndedAttempt) -> None:
        """Adds an attempt that sent something."""
        if attempt.outcome.verdict == "delivered":
            self.delivered[counter_of(attempt.outcome.seconds)] += 1
            self.delivered_at = max(self.delivered_at or attempt.at, attempt.at)
            return
        self.failed += 1
        if self.failed_at is None or attempt.at >= self.failed_at:
            self.failed_at = attempt.at
            self.failed_status = attempt.outcome.status
            self.failed_error = attempt.error[:MOST_CHARACTERS]


class DeliveryMinutes:
    """The minutes of one process, `owner`."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._by_key: dict[tuple[str, datetime], SentInMinute] = {}
        self._changed: set[tuple[str, datetime]] = set()

    def note(self, attempt: EndedAttempt) -> None:
        """Notes an attempt whose outcome is stored."""
        if not attempt.requested or attempt.outcome.verdict == "oversize":
            return
        key = (attempt.destination.destination_id, attempt.at.replace(second=0, microsecond=0))
        self._by_key.setdefault(key, SentInMinute()).add(attempt)
        self._changed.add(key)

    async def write(self, connections: Pool) -> None:
        """Writes the changed minutes. If it raises Transient, the next call writes them."""
        keys = sorted(self._changed)
        if keys:
            rows = [
                {**asdict(self._by_key[key]), "destination_id": key[0], "minute": key[1]}
                for key in keys
            ]
            async with connections.transaction() as connection:
                await connection.cursor().executemany(
                    _SQL["write"], [{**row, "process": self._owner} for row in rows]
                )
            # A minute that changed during the write stays in `_changed`.
            written = {key for key, row in zip(keys, rows, strict=True) if self._is_same(key, row)}
            self._changed -= written
        self._forget()

    def _is_same(self, key: tuple[str, datetime], row: dict[str, object]) -> bool:
        return asdict(self._by_key[key]).items() <= row.items()

    def _forget(self) -> None:
        """Drops written minutes that are too old for more outcomes."""
        if not self._by_key:
            return
        newest = max(minute for _, minute in self._by_key)
        for key in [key for key in self._by_key if key[1] < newest - LATEST]:
            if key not in self._changed:
                del self._by_key[key]

    async def run(self, connections: Pool, stop: asyncio.Event) -> None:
        """Writes every few seconds until `stop`, then one last time."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WRITE_SECONDS)
            try:
                await self.write(connections)
            except Transient as error:
                log.warning("minutes of deliveries not written", reason=str(error))
                metrics.TRANSIENT_FAULTS.labels("delivery", "minutes").inc()
            if stop.is_set():
                return
