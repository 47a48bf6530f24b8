"""Distinct visitors of a period are counted again when its days have changed, and only then."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import uuid4

import pytest

from storepulse.query.visitor_counts import VisitorCounts

STORE, OTHER = uuid4(), uuid4()
FIRST, SECOND, THIRD = (date(2026, 3, day) for day in (1, 2, 3))
TWO_DAYS = [(FIRST, 2), (SECOND, 2)]


class Counting:
    """Counts, and remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> int:
        self.asked += 1
        return 3


def asked(counts: VisitorCounts, count: Counting, *periods: tuple[object, list[object]]) -> int:
    """How often these periods are counted, one after the other."""

    async def ask() -> None:
        for store, days in periods:
            await counts.count_distinct(store, days, count)  # type: ignore[arg-type]

    asyncio.run(ask())
    return count.asked


@pytest.mark.parametrize(
    ("store", "days", "times"),
    [
        (STORE, TWO_DAYS, 1),
        # Days of no visitors say nothing.
        (STORE, [*TWO_DAYS, (THIRD, 0)], 1),
        (STORE, [(FIRST, 2), (SECOND, 3)], 2),
        (STORE, [(FIRST, 2), (THIRD, 2)], 2),
        (STORE, [*TWO_DAYS, (THIRD, 1)], 2),
        (OTHER, TWO_DAYS, 2),
    ],
)
def test_a_period_is_counted_once_while_its_days_stay(
    store: object, days: list[object], times: int
) -> None:
    assert asked(VisitorCounts(), Counting(), (STORE, [*TWO_DAYS]), (store, days)) == times


def test_what_is_asked_for_last_is_remembered() -> None:
    counts, count = VisitorCounts(periods=2), Counting()
    one, two, three = ((STORE, [(FIRST, 1), (SECOND, n)]) for n in (1, 2, 3))
    assert asked(counts, count, one, two, one, three) == 3  # type: ignore[arg-type]
    assert asked(counts, count, one, three) == 3  # type: ignore[arg-type]
    assert asked(counts, count, two) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "visitors"), [([], 0), ([(FIRST, 0)], 0), ([(FIRST, 7), (SECOND, 0)], 7)]
)
def test_no_day_and_one_day_are_not_counted(days: list[tuple[date, int]], visitors: int) -> None:
    count = Counting()
    assert asyncio.run(VisitorCounts().count_distinct(STORE, days, count)) == visitors
    assert count.asked == 0
