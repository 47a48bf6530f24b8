"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05


def until(
    condition: Callable[[], T | None],
    what: str | Callable[[], str] = "",
    *,
    seconds: float = 60,
    ignoring: type[Exception] | tuple[()] = (),
) -> T:
    """Asks again and again until the answer is true, and gives it.

    After `seconds` an AssertionError tells `what` was waited for, or how far it got. `ignoring`
    counts as no answer yet, until then.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except ignoring:
            if time.monotonic() > deadline:
                raise
        else:
            if found:
                return found
            if time.monotonic() > deadline:
                told = what if isinstance(what, str) else what()
                raise AssertionError(f"waited for {seconds:g} s: {told}")
        time.sleep(PAUSE_SECONDS)
