"""Halving a slice: every offender is found, nobody else, in few attempts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.delivery.isolation import isolate


class Database:
    """Refuses parts that contain an offender, and counts how often it was asked."""

    def __init__(self, offenders: set[int]) -> None:
        self.offenders = offenders
        self.asked = 0

    def __call__(self, part: Sequence[int]) -> str | None:
        self.asked += 1
        bad = sorted(self.offenders & set(part))
        return f"{bad[0]} is bad" if bad else None


def test_nothing_is_bad() -> None:
    database = Database(set())
    assert isolate(range(20_000), database) == {}
    assert database.asked == 1


@pytest.mark.parametrize("offender", [0, 1, 9_999, 10_000, 19_999])
def test_one_of_many(offender: int) -> None:
    database = Database({offender})
    assert isolate(range(20_000), database) == {offender: f"{offender} is bad"}
    assert database.asked <= 2 * math.ceil(math.log2(20_000)) + 1


def test_only_one_and_bad() -> None:
    assert isolate([7], Database({7})) == {7: "7 is bad"}


def test_no_events_end_at_once_even_where_the_attempt_fails() -> None:
    assert isolate([], lambda _part: "refused") == {}


def test_all_bad() -> None:
    database = Database(set(range(64)))
    assert set(isolate(range(64), database)) == set(range(64))
    assert database.asked == 127


def test_bad_only_together_gives_up_the_second_half_and_ends() -> None:
    asked = 0

    def attempt(part: Sequence[int]) -> str | None:
        nonlocal asked
        asked += 1
        return "too much" if len(part) > 2 else None

    assert isolate([1, 2, 3, 4], attempt) == {3: "too much", 4: "too much"}
    assert asked == 3


@seed(SEED)
@settings(max_examples=100, deadline=None, database=None)
@given(st.integers(1, 300), st.sets(st.integers(0, 299), max_size=12))
def test_any_offenders(size: int, offenders: set[int]) -> None:
    note(f"TEST_SEED={SEED}")
    database = Database({o for o in offenders if o < size})
    found = isolate(range(size), database)
    assert set(found) == database.offenders
    assert all(reason == f"{place} is bad" for place, reason in found.items())
    assert database.asked <= 1 + len(found) * 2 * math.ceil(math.log2(size + 1))
