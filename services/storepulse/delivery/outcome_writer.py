"""Writes groups of outcomes, retrying until they are stored, and counts them.

The batches of an unwritten group stay claimed. If the claim expires first, another process sends
them again under the same batch id.
"""

from __future__ import annotations

import asyncio

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.pool import Pool
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.minutes import DeliveryMinutes
from storepulse.delivery.outcome_transaction import Written, write
from storepulse.delivery.undelivered import Undelivered
from storepulse.domain.errors import Transient
from storepulse.slices.process_exit import leave

log = logger()

LONGEST_PAUSE_SECONDS = 2.0


class OutcomeWriter:
    """Writes the outcomes of `owner` and updates its breakers."""

    def __init__(
        self,
        connections: Pool,
        owner: str,
        breakers: Breakers,
        undelivered: Undelivered,
        minutes: DeliveryMinutes,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._owner = owner
        self._breakers = breakers
        self._undelivered = undelivered
        self._minutes = minutes
        self._clock = clock

    async def write(self, ended: list[EndedAttempt]) -> None:
        """Writes a group. Retries transient faults; any other fault ends the process."""
        tries = 0
        while True:
            try:
                written = await self._commit(ended)
                break
            except Transient as error:
                log.warning("outcomes wait for a fault to pass", reason=str(error))
                metrics.TRANSIENT_FAULTS.labels("delivery", "outcomes").inc()
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - nothing sensible can follow here
                # The claims expire, and another process takes the batches over.
                leave("outcomes cannot be written", error=repr(error))
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(tries, 10)))
            tries += 1
        self._breakers.learn(written.breakers)
        for attempt in written.ended:
            _observe(attempt)
            self._minutes.note(attempt)

    async def _commit(self, ended: list[EndedAttempt]) -> Written:
        async with self._connections.transaction() as connection:
            written = await write(
                connection, ended, self._owner, self._breakers, self._undelivered, self._clock()
            )
        reach("delivery.after_outcome_commit")
        return written


def _observe(ended: EndedAttempt) -> None:
    name, settlement = ended.destination.name, ended.settlement
    if ended.requested:
        metrics.DELIVERY_ATTEMPTS.labels(name, ended.outcome.verdict).inc()
        metrics.DELIVERY_SECONDS.labels(name).observe(ended.outcome.seconds)
    failed, left_out = len(settlement.failed), len(settlement.left_out)
    if failed:
        metrics.DELIVERIES.labels(name, "failed").inc(failed)
        log.warning(
            "events not delivered",
            destination=name,
            events=failed,
            reason=next(iter(settlement.failed.values())),
        )
    if left_out:
        metrics.DELIVERIES.labels(name, "skipped").inc(left_out)
    sent = len(settlement.sent)
    if settlement.batch == "finished":
        waiting = sum(len(part.events) for part in settlement.parts)
        sent = len(ended.claim.rows) - failed - left_out - waiting
    if sent:
        metrics.DELIVERIES.labels(name, "sent").inc(sent)
    if settlement.batch == "disabled":
        log.error("destination disabled", destination=name, reason=ended.error)
