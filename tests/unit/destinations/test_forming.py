"""Which waiting events make a batch, drawn as lines of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storepulse.destinations.rules.forming import BatchLimits, Waiting, form

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def waiting(keys: str, ages: str = "") -> list[Waiting]:
    """One event a letter, its key (`-`: none); a digit of `ages` is its age in seconds."""
    return [
        Waiting(
            NOW - timedelta(seconds=int(age)), str(place), None if key == "-" else key
        )
        for place, (key, age) in enumerate(zip(keys, ages or "0" * len(keys), strict=True))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ages", "most", "expected"),
    [
        ("", 9, []),
        ("00", 9, []),
        ("000", 9, [[0, 1, 2]]),
        ("0000", 9, [[0, 1, 2]]),
        ("0005", 9, [[0, 1, 2], [3]]),
        # One ripe event takes its neighbours along.
        ("00050", 9, [[0, 1, 2], [3, 4]]),
        ("500000", 1, [[0, 1, 2]]),
        ("04", 9, []),
        ("05", 9, [[0, 1]]),
    ],
)
def test_full_or_ripe(ages: str, most: int, expected: list[list[int]]) -> None:
    line = waiting("-" * len(ages), ages)
    ripe = NOW - timedelta(seconds=5)
    assert form(line, BatchLimits(3), most, ordered=False, ripe_before=ripe) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("aabb", [[0, 1], [2, 3]]),
        # The third `a` must not overtake the first two, nor go beside them.
        ("aaab", [[0, 1], [3]]),
        ("aaaa", [[0, 1]]),
        ("abab", [[0, 1]]),
        ("a-a-", [[0, 1], [3]]),
        ("abcab", [[0, 1], [2]]),
        ("----", [[0, 1], [2, 3]]),
    ],
)
def test_batches_side_by_side_share_no_key(keys: str, expected: list[list[int]]) -> None:
    assert form(waiting(keys), BatchLimits(2), 9, ordered=True, ripe_before=NOW) == expected


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ("4433", [[0, 1], [2, 3]]),
        ("55", [[0, 1]]),
        ("555", [[0, 1], [2]]),
        # What is above the limit stands alone.
        ("1991", [[0], [1], [2], [3]]),
        ("1111111", [[0, 1, 2, 3, 4], [5, 6]]),
    ],
)
def test_a_batch_is_full_before_its_body_is_too_large(
    sizes: str, expected: list[list[int]]
) -> None:
    line = [
        Waiting(NOW, str(place), None, int(size) + (9 if size == "9" else 0))
        for place, size in enumerate(sizes)
    ]
    assert form(line, BatchLimits(5, 10), 9, ordered=False, ripe_before=NOW) == expected
    # The last batch may become fuller; the others wait for nothing.
    early = form(line, BatchLimits(5, 10), 9, ordered=False, ripe_before=NOW - timedelta(seconds=1))
    assert early == (expected if len(sizes) % 5 == 0 else expected[:-1])
    assert form(line, BatchLimits(5, 10), 1, ordered=False, ripe_before=NOW) == expected[:1]


def test_what_is_full_by_bytes_holds_its_keys_too() -> None:
    line = [Waiting(NOW, str(place), key, 6) for place, key in enumerate("aab")]
    assert form(line, BatchLimits(5, 10), 9, ordered=True, ripe_before=NOW) == [[0], [2]]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("abc", [[0, 1, 2]]),
        ("aab", [[0], [1, 2]]),
        ("aba", [[0, 1], [2]]),
        ("aaa", [[0], [1], [2]]),
    ],
)
def test_events_of_one_id_are_in_two_batches(ids: str, expected: list[list[int]]) -> None:
    line = [Waiting(NOW, event_id) for event_id in ids]
    assert form(line, BatchLimits(5), 9, ordered=False, ripe_before=NOW) == expected
    assert form(line, BatchLimits(5), 1, ordered=True, ripe_before=NOW) == expected[:1]
