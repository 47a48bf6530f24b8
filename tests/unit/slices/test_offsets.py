"""Ranges of offsets: examples, and both functions against plain sets."""

from __future__ import annotations

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.slices.offsets import find_first_missing, find_not_applied


@pytest.mark.parametrize(
    ("applied", "beginning", "first"),
    [
        ([], 0, 0),
        ([], 9, 9),
        ([(0, 5)], 0, 5),
        ([(0, 5)], 4, 5),
        ([(0, 5)], 5, 5),
        ([(0, 5)], 7, 7),
        ([(1, 5)], 0, 0),
        ([(0, 5), (5, 8)], 0, 8),
        ([(0, 5), (6, 8)], 0, 5),
        ([(0, 5), (6, 8)], 6, 8),
    ],
)
def test_first_missing(applied: list[tuple[int, int]], beginning: int, first: int) -> None:
    assert find_first_missing(applied, beginning) == first


@pytest.mark.parametrize(
    ("applied", "offsets", "places"),
    [
        ([], [], []),
        ([], [3, 4], [0, 1]),
        ([(0, 5)], [], []),
        ([(0, 5)], [0, 4], []),
        ([(0, 5)], [4, 5], [1]),
        ([(0, 5)], [5, 6], [0, 1]),
        ([(5, 9)], [3, 4], [0, 1]),
        ([(5, 9)], [3, 5, 8, 9], [0, 3]),
        ([(0, 2), (4, 6)], [1, 2, 3, 4, 7], [1, 2, 4]),
    ],
)
def test_not_applied(applied: list[tuple[int, int]], offsets: list[int], places: list[int]) -> None:
    assert find_not_applied(applied, offsets) == places


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 35)), st.integers(0, 35))
def test_both_agree_with_sets(contained: set[int], slice_: set[int], beginning: int) -> None:
    note(f"TEST_SEED={SEED}")
    ranges: list[tuple[int, int]] = []
    for offset in sorted(contained):
        if ranges and ranges[-1][1] == offset:
            ranges[-1] = (ranges[-1][0], offset + 1)
        else:
            ranges.append((offset, offset + 1))
    offsets = sorted(slice_)
    new = [offsets[place] for place in find_not_applied(ranges, offsets)]
    assert new == [o for o in offsets if o not in contained]
    assert find_first_missing(ranges, beginning) == next(
        o for o in range(beginning, 99) if o not in contained
    )
    if offsets and offsets[-1] - offsets[0] == len(offsets) - 1:
        assert find_not_applied(ranges, range(offsets[0], offsets[-1] + 1)) == find_not_applied(
            ranges, offsets
        )
