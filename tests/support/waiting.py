"""The one way to wait for what another process, thread or task does.

`wait_until` blocks its thread; `wait_until_async` lets the event loop run meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05
#: On an event loop a look costs little.
ASYNC_PAUSE_SECONDS = 0.01

What = str | Callable[[], str]
Ignored = type[Exception] | tuple[()]


def wait_until(
    condition: Callable[[], T | None],
    what: What = "",
    *,
    seconds: float = 60,
    ignoring: Ignored = (),
    pause: float = PAUSE_SECONDS,
) -> T:
    """Asks again and again until the answer is true, and gives it.

    After `seconds` an AssertionError tells `what` was waited for, or how far it got. `ignoring`
    counts as no answer yet, until then.
    """
    wait = _Wait[T](what, seconds, ignoring)
    while not (answer := wait.ask(condition)):
        time.sleep(pause)
    return answer


async def wait_until_async(
    condition: Callable[[], T | None],
    what: What = "",
    *,
    seconds: float = 60,
    ignoring: Ignored = (),
    pause: float = ASYNC_PAUSE_SECONDS,
    in_thread: bool = False,
) -> T:
    """The same on the event loop.

    `in_thread`: the condition blocks, and is asked in a thread.
    """
    wait = _Wait[T](what, seconds, ignoring)
    while True:
        answer = await asyncio.to_thread(wait.ask, condition) if in_thread else wait.ask(condition)
        if answer:
            return answer
        await asyncio.sleep(pause)


class _Wait(Generic[T]):
    """One wait with its end."""

    def __init__(self, what: What, seconds: float, ignoring: Ignored) -> None:
        self._what, self._seconds, self._ignoring = what, seconds, ignoring
        self._deadline = time.monotonic() + seconds

    def ask(self, condition: Callable[[], T | None]) -> T | None:
        """The answer; raises where it is none and the time is up."""
        try:
            answer = condition()
        except self._ignoring:
            if self._is_over:
                raise
            return None
        if not answer and self._is_over:
            what = self._what if isinstance(self._what, str) else self._what()
            raise AssertionError(f"waited for {self._seconds:g} s: {what}")
        return answer

    @property
    def _is_over(self) -> bool:
        return time.monotonic() > self._deadline
