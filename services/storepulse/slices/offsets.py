"""Offsets as the ledger keeps them: sorted, disjoint, half-open ranges of one partition."""

from __future__ import annotations

from collections.abc import Sequence

Ranges = Sequence[tuple[int, int]]


def find_first_missing(applied: Ranges, beginning: int) -> int:
    """The first offset at or after `beginning` whose effect is not stored yet.

    >>> find_first_missing([], 0), find_first_missing([(0, 5), (8, 9)], 0)
    (0, 5)
    >>> find_first_missing([(0, 5)], 7)
    7
    """
    position = beginning
    for lower, upper in applied:
        if lower <= position < upper:
            position = upper
    return position


def find_not_applied(applied: Ranges, offsets: Sequence[int]) -> list[int]:
    """Return the indexes in `offsets` (not the offsets) that the ledger does not contain.

    >>> find_not_applied([(0, 5)], [3, 4, 5, 6])
    [2, 3]
    """
    if not offsets or all(upper <= offsets[0] or lower > offsets[-1] for lower, upper in applied):
        return list(range(len(offsets)))
    return [
        index
        for index, offset in enumerate(offsets)
        if not any(lower <= offset < upper for lower, upper in applied)
    ]
