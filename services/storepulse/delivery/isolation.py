"""Finding the few bad events of a slice by halving it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: Tries a part of a slice and returns why it fails, or None where it does not.
Attempt = Callable[[Sequence[int]], str | None]


def isolate(events: Sequence[int], attempt: Attempt) -> dict[int, str]:
    """The events that fail, each with the reason; about 2·log2(n) attempts an offender.

    Where a part fails but neither half does on its own, the second half is taken for bad: a
    partition goes on in any case, and what is set aside can be sent through again.
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
