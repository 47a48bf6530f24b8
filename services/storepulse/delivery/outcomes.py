"""Group commit: attempts that ended within a moment are written in one transaction.

Two lanes, each one transaction at a time: events that fail for good wait for Kafka to have their
dead letters, and nothing else waits with them. What cannot be written now is written later; its
batches stay ours meanwhile, and where the claim runs out, another process sends them again under
the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.connections import Connections
from storepulse.delivery.outcome_transaction import Written, write
from storepulse.delivery.undelivered import Undelivered
from storepulse.domain.errors import Transient
from storepulse.slices.pipeline import leave

log = logger()

MOST_BATCHES = 500
#: How long an outcome waits for others, and how long where nobody waits for any of them: plain
#: successes, fewer than `ENOUGH`. A transaction costs as much as writing a hundred events.
LINGER_SECONDS = 0.01
LONG_LINGER_SECONDS = 0.05
ENOUGH = 64
LONGEST_PAUSE_SECONDS = 2.0

#: Told of each attempt once its outcome is stored, or was found to be another process's business.
Settled = Callable[[EndedAttempt], None]


class Outcomes:
    """Takes outcomes from the senders and writes them. `run` until `close` and all is written."""

    def __init__(
        self,
        connections: Connections,
        owner: str,
        breakers: Breakers,
        undelivered: Undelivered,
        clock: Clock,
    ) -> None:
        self._lanes = {
            final: _Lane(connections, owner, breakers, undelivered, clock)
            for final in (False, True)
        }

    def put(self, ended: EndedAttempt, settled: Settled) -> None:
        """Hands over an outcome; `settled` is called when it is stored."""
        self._lanes[bool(ended.settlement.failed)].put(ended, settled)

    async def run(self) -> None:
        """Writes outcomes until `close`, then what is left."""
        await asyncio.gather(*(lane.run() for lane in self._lanes.values()))

    def close(self) -> None:
        """No more outcomes will come."""
        for lane in self._lanes.values():
            lane.close()


class _Lane:
    def __init__(
        self,
        connections: Connections,
        owner: str,
        breakers: Breakers,
        undelivered: Undelivered,
        clock: Clock,
    ) -> None:
        self._connections = connections
        self._owner = owner
        self._breakers = breakers
        self._undelivered = undelivered
        self._clock = clock
        self._waiting: deque[tuple[EndedAttempt, Settled]] = deque()
        self._some = asyncio.Event()
        self._enough = asyncio.Event()
        self._closed = False

    def put(self, ended: EndedAttempt, settled: Settled) -> None:
        self._waiting.append((ended, settled))
        self._some.set()
        if len(self._waiting) >= ENOUGH or _is_awaited(ended):
            self._enough.set()

    def close(self) -> None:
        self._closed = True
        self._some.set()
        self._enough.set()

    async def run(self) -> None:
        while True:
            await self._some.wait()
            if not self._waiting and self._closed:
                return
            if not self._closed:
                await self._linger()
            group = [self._waiting.popleft() for _ in range(min(MOST_BATCHES, len(self._waiting)))]
            if not self._waiting and not self._closed:
                self._some.clear()
            if group:
                written = await self._write([ended for ended, _ in group])
                self._breakers.learn(written.breakers)
                for ended in written.ended:
                    _observe(ended)
                for ended, settled in group:
                    settled(ended)

    async def _linger(self) -> None:
        await asyncio.sleep(LINGER_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONG_LINGER_SECONDS - LINGER_SECONDS):
                await self._enough.wait()
        self._enough.clear()

    async def _write(self, ended: list[EndedAttempt]) -> Written:
        """Writes a group, however long that takes."""
        attempt = 0
        while True:
            try:
                async with self._connections.transaction() as connection:
                    written = await write(
                        connection,
                        ended,
                        self._owner,
                        self._breakers,
                        self._undelivered,
                        self._clock(),
                    )
                reach("delivery.after_outcome_commit")
                return written
            except Transient as error:
                log.warning("outcomes wait for a fault to pass", reason=str(error))
                metrics.TRANSIENT_FAULTS.labels("delivery", "outcomes").inc()
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - nothing sensible can follow here
                # The claims run out, and another process goes on with them.
                leave("outcomes cannot be written", error=repr(error))
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(attempt, 10)))
            attempt += 1


def _is_awaited(ended: EndedAttempt) -> bool:
    """Whether something goes on by it: a key's next event, a retry, a breaker, a dead letter."""
    settlement = ended.settlement
    plain = settlement.batch == "finished" and not (settlement.failed or settlement.left_out)
    return not plain or ended.claim.probe or ended.destination.ordered


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
    sent = len(settlement.sent)
    if settlement.batch == "finished":
        sent = len(ended.claim.rows) - failed - left_out
    if sent:
        metrics.DELIVERIES.labels(name, "sent").inc(sent)
    if settlement.batch == "disabled":
        log.error("destination disabled", destination=name, reason=ended.error)
