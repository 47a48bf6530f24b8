"""Plans: limits, periods, and whom a reached limit stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from storepulse.domain.calendars import calendar_of_zone
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import (
    AGGREGATIONS,
    Aggregation,
    PlanLimit,
    ReachedLimit,
    bounds_of,
    check_limit,
    check_meter,
    check_plan_name,
    meter_label,
    next_period_of,
    reached_level,
    remaining_of,
    stopping_limit,
)

START, END = 1_000.0, 2_000.0


def limit(soft: str | None, hard: str | None) -> PlanLimit:
    return PlanLimit(*(None if text is None else Decimal(text) for text in (soft, hard)))


def reached(meter: str, level: str = "hard", end: float = END) -> ReachedLimit:
    return ReachedLimit(
        "p",
        meter,
        level,  # type: ignore[arg-type] # of the table below
        Decimal(1),
        Decimal(1),
        START,
        end,
    )


@pytest.mark.parametrize(
    ("soft", "hard", "used", "level", "remaining"),
    [
        ("8", "10", "7.9999", None, "2.0001"),
        ("8", "10", "8", "soft", "2"),
        ("8", "10", "9.9999", "soft", "0.0001"),
        ("8", "10", "10", "hard", "0"),
        ("8", "10", "12", "hard", "0"),
        (None, "0", "0", "hard", "0"),
        ("8", None, "100", "soft", None),
        (None, None, "100", None, None),
    ],
)
def test_levels_of_a_figure(
    soft: str | None, hard: str | None, used: str, level: str | None, remaining: str | None
) -> None:
    given = limit(soft, hard)
    assert reached_level(given, Decimal(used)) == level
    left = remaining_of(given, Decimal(used))
    assert left == (None if remaining is None else Decimal(remaining))


@pytest.mark.parametrize(
    ("soft", "hard", "field"),
    [
        ("-1", None, "limits.event.soft"),
        (None, "-0.0001", "limits.event.hard"),
        (None, "NaN", "limits.event.hard"),
        (None, "Infinity", "limits.event.hard"),
        (None, "1000000000000000.0001", "limits.event.hard"),
        ("0.00001", None, "limits.event.soft"),
        ("11", "10", "limits.event.soft"),
    ],
)
def test_a_limit_that_is_none_is_refused(soft: str | None, hard: str | None, field: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_limit("limits.event", limit(soft, hard))
    assert caught.value.field == field


def test_equal_limits_are_stored_alike() -> None:
    assert str(check_limit("", limit("1000.00", "1E+3"))) == str(
        check_limit("", limit("1E+3", "1000"))
    )


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "ü", "a" * 129, "a\n"])
def test_no_meter(name: str) -> None:
    with pytest.raises(Rejected):
        check_meter("meter", name)


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a" * 65, "a\0"])
def test_no_plan(name: str) -> None:
    with pytest.raises(Rejected):
        check_plan_name("plan", name)


def test_a_period_is_a_month_of_the_stores_calendar() -> None:
    tokyo = calendar_of_zone("Asia/Tokyo")
    at = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    start, end = bounds_of(tokyo, date(2026, 12, 1))
    assert (start, end) == (at, datetime(2026, 12, 31, 15, 0, tzinfo=UTC))
    assert next_period_of(date(2026, 12, 1)) == date(2027, 1, 1)
    assert next_period_of(date(2026, 11, 1)) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("meter", "level", "own", "now", "stops"),
    [
        ("event", "hard", (None, None), START, True),
        ("storage_bytes", "hard", ("order", None), START, True),
        ("api_call", "hard", (None, "sms"), END - 1, True),
        ("event", "soft", (None, None), START, False),
        ("event", "hard", (None, None), START - 1, False),
        ("event", "hard", (None, None), END, False),
        ("order", "hard", (None, None), START, False),
        ("order", "hard", ("order", None), START, True),
        ("sms", "hard", (None, None), START, False),
        ("sms", "hard", (None, "sms"), START, True),
        ("sms", "hard", (None, "mail"), START, False),
    ],
)
def test_whom_a_limit_stops(
    meter: str, level: str, own: tuple[str | None, str | None], now: float, *, stops: bool
) -> None:
    assert (stopping_limit([reached(meter, level)], own, now) is not None) is stops


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_meter_that_may_come_down_by_its_next_event_stops_none(aggregation: Aggregation) -> None:
    found = replace(reached("seats"), aggregation=aggregation)
    stops = stopping_limit([found], (None, "seats"), START) is not None
    assert stops is (aggregation != "last")


def test_the_limit_that_holds_longest_is_named() -> None:
    found = stopping_limit([reached("event"), reached("api_call", end=END + 1)], (None,), START)
    assert found is not None
    assert found.meter == "api_call"


@pytest.mark.parametrize(
    ("now", "seconds"), [(END - 4_000, 3_600), (END - 12.5, 13), (END - 0.1, 1), (END + 5, 1)]
)
def test_when_a_refused_sender_comes_again(now: float, seconds: int) -> None:
    assert reached("event").retry_seconds(now) == seconds


def test_metrics_do_not_name_meters_of_shops() -> None:
    assert [meter_label(name) for name in ("event", "sms")] == ["event", "custom"]
