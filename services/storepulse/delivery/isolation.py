"""Finding the few bad events of a slice by halving it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: Tries a part of a slice and returns why it fails, or None if it succeeds.
Attempt = Callable[[Sequence[int]], str | None]


def isolate(events: Sequence[int], attempt: Attempt) -> dict[int, str]:
    """The events that fail, each with the reason. Makes about 2·log2(n) attempts per bad event.

    If a part fails but neither half fails on its own, the second half counts as bad: the partition
    must continue, and events that were set aside can be replayed.
    """
    reason = attempt(events)
    if reason is None:
        return {}
    if len(events) <= 1:
        return dict.fromkeys(events, reason)
    middle = len(events) // 2
    first, second = events[:middle], events[middle:]
    reasons = isolate(first, attempt) | isolate(second, attempt)
    return reasons or dict.fromkeys(second, reason)
