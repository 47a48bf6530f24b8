"""Taking a slice apart: every record ends applied or refused, once and in order, at known cost."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storepulse.slices.bisection import MOST_REFUSED, SINGLE_ATTEMPTS, Bisection


def take_apart(records: int, bad: set[int]) -> tuple[list[int], dict[int, str], int]:
    """What is applied, what is refused, and how many parts were tried; `bad` never apply."""
    parts = Bisection(records)
    applied: list[int] = []
    refused: dict[int, str] = {}
    tries = 0
    while not parts.is_done:
        tries += 1
        assert len(parts.refused) <= MOST_REFUSED, "so many are written together"
        part = range(parts.start, parts.stop)
        set_aside = {parts.start + index: reason for index, reason in parts.refused.items()}
        if bad & (set(part) - set_aside.keys()):
            assert parts.has_untried
            parts.reject(f"{min(bad & (set(part) - set_aside.keys()))}", may_pass=False)
        else:
            applied += [index for index in part if index not in set_aside]
            refused |= set_aside
            parts.accept()
    assert parts.refused_count == len(refused)
    return applied, refused, tries


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 700).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_each_record_ends_once_and_in_order(world: tuple[int, set[int]]) -> None:
    records, bad = world
    applied, refused, _ = take_apart(records, bad)
    assert applied == [n for n in range(records) if n not in bad]
    assert refused == {n: str(n) for n in bad}


@settings(max_examples=200, deadline=None)
@given(st.integers(2, 20_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_one_bad_record_costs_a_few_logarithms(world: tuple[int, int]) -> None:
    records, bad = world
    assert take_apart(records, {bad})[2] <= 4 * ceil(log2(records)) + 4


@pytest.mark.parametrize("records", [1, 2, MOST_REFUSED - 1, MOST_REFUSED, 3 * MOST_REFUSED + 1])
def test_where_all_are_bad_each_costs_one_try_and_many_are_written_together(records: int) -> None:
    applied, refused, tries = take_apart(records, set(range(records)))
    assert (applied, len(refused)) == ([], records)
    assert tries <= records + ceil(records / MOST_REFUSED) + ceil(log2(records + 1))


def test_what_may_pass_is_tried_again_alone_before_it_is_refused() -> None:
    parts = Bisection(1)
    for _ in range(SINGLE_ATTEMPTS - 1):
        parts.reject("in the way", may_pass=True)
        assert (parts.refused, parts.has_untried) == ({}, True)
    parts.reject("in the way", may_pass=True)
    assert parts.refused == {0: "in the way"}
    assert not parts.has_untried, "what is left to write are the refused ones"


def test_a_record_that_applies_after_all_ends_the_count_of_its_tries() -> None:
    parts = Bisection(2)
    parts.reject("in the way", may_pass=True)
    parts.accept()
    for _ in range(SINGLE_ATTEMPTS - 1):
        parts.reject("in the way", may_pass=True)
    assert not parts.refused
