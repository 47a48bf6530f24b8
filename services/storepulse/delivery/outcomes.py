"""Group commit: attempts that end within a few milliseconds are written in one transaction.

There are two committers with one transaction at a time each. Outcomes with dead letters wait for
Kafka to acknowledge the letters; the second committer keeps other outcomes from waiting for that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.outcome_writer import OutcomeWriter

MOST_BATCHES = 500
#: How long an outcome waits for others. The long time applies while all waiting outcomes are plain
#: successes and fewer than `ENOUGH`. A transaction costs as much as writing a hundred events.
LINGER_SECONDS = 0.01
LONG_LINGER_SECONDS = 0.05
ENOUGH = 64

#: Called with each attempt once its outcome is stored, or dropped because another process has
#: claimed the batch.
OnSettled = Callable[[EndedAttempt], None]


class Outcomes:
    """Takes outcomes from the senders and writes them."""

    def __init__(self, writer: OutcomeWriter) -> None:
        self._final, self._others = _Committer(writer), _Committer(writer)

    def put(self, ended: EndedAttempt, on_settled: OnSettled) -> None:
        """Hands over an outcome; `on_settled` is called when it is stored."""
        committer = self._final if ended.settlement.failed else self._others
        committer.put(ended, on_settled)

    async def run(self) -> None:
        """Writes outcomes until `close` was called and everything is written."""
        await asyncio.gather(self._final.run(), self._others.run())

    def close(self) -> None:
        """Tells the committers that no more outcomes will come."""
        self._final.close()
        self._others.close()


class _Committer:
    """Gathers outcomes and writes each group in one transaction."""

    def __init__(self, writer: OutcomeWriter) -> None:
        self._writer = writer
        self._waiting: deque[tuple[EndedAttempt, OnSettled]] = deque()
        self._has_some = asyncio.Event()
        self._has_enough = asyncio.Event()
        self._is_closed = False

    def put(self, ended: EndedAttempt, on_settled: OnSettled) -> None:
        self._waiting.append((ended, on_settled))
        self._has_some.set()
        if len(self._waiting) >= ENOUGH or is_awaited(ended):
            self._has_enough.set()

    def close(self) -> None:
        self._is_closed = True
        self._has_some.set()
        self._has_enough.set()

    async def run(self) -> None:
        while True:
            await self._has_some.wait()
            if not self._waiting and self._is_closed:
                return
            if not self._is_closed:
                await self._linger()
            group = [self._waiting.popleft() for _ in range(min(MOST_BATCHES, len(self._waiting)))]
            if not self._waiting and not self._is_closed:
                self._has_some.clear()
            if group:
                await self._writer.write([ended for ended, _ in group])
                for ended, on_settled in group:
                    on_settled(ended)

    async def _linger(self) -> None:
        await asyncio.sleep(LINGER_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONG_LINGER_SECONDS - LINGER_SECONDS):
                await self._has_enough.wait()
        self._has_enough.clear()


def is_awaited(ended: EndedAttempt) -> bool:
    """Whether something waits for this outcome: a key's next event, a retry, the breaker or a
    dead letter."""
    settlement = ended.settlement
    is_plain = settlement.batch == "finished" and not (settlement.failed or settlement.left_out)
    return not is_plain or ended.claim.probe or ended.destination.ordered
