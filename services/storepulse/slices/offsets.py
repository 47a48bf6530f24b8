"""Offsets as the ledger keeps them: sorted, disjoint, half-open ranges of one partition."""

from __future__ import annotations

from collections.abc import Sequence

Ranges = Sequence[tuple[int, int]]


def first_missing(applied: Ranges, beginning: int) -> int:
    """The first offset at or after `beginning` whose effect is not stored yet.

    >>> first_missing([], 0), first_missing([(0, 5), (8, 9)], 0), first_missing([(0, 5)], 7)
    (0, 5, 7)
    """
    position = beginning
    for lower, upper in applied:
        if lower <= position < upper:
            position = upper
    return position


def not_applied(applied: Ranges, offsets: Sequence[int]) -> list[int]:
    """Places in `offsets` (not the offsets themselves) that the ledger does not contain.

    >>> not_applied([(0, 5)], [3, 4, 5, 6])
    [2, 3]
    """
    if not offsets or all(upper <= offsets[0] or lower > offsets[-1] for lower, upper in applied):
        return list(range(len(offsets)))
    return [
        place
        for place, offset in enumerate(offsets)
        if not any(lower <= offset < upper for lower, upper in applied)
    ]
