"""Times, periods, cursors and money as they stand on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.domain.errors import Rejected
from storepulse.domain.times import utc_text
from storepulse.query import pages
from storepulse.query.heatmaps import scroll_reach
from storepulse.query.periods import CoveredPeriod, Period, StoreClock
from storepulse.query.wire import instant, plain, quantity_text

HALF_PAST_EIGHT = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:30", HALF_PAST_EIGHT),
        ("2026-01-31T08:30:00Z", HALF_PAST_EIGHT),
        ("2026-01-31t08:30:00z", HALF_PAST_EIGHT),
        ("2026-01-31T08:30:00.000Z", HALF_PAST_EIGHT),
        ("2026-01-31T10:30:00+02:00", HALF_PAST_EIGHT),
        ("2026-01-31T10:30:00 02:00", HALF_PAST_EIGHT),
        ("2026-01-31T03:30:00-0500", HALF_PAST_EIGHT),
    ],
)
def test_times_that_are_understood(text: str, at: datetime) -> None:
    assert instant(text) == at


@pytest.mark.parametrize(
    "text",
    ["", "now", "0", "20260131", "2026-1-31", "2026-01-32", "2026-01-31T25:00", "2026-W05",
     "2026-01-31T08:30:00+99:00", "0001-01-01T00:00+14:00", "2026-01-31 08:30", "٢٠٢٦-01-31"],
)  # fmt: skip
def test_times_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must be|is not a) "):
        instant(text)


@seed(SEED)
@settings(database=None, max_examples=50)
@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))])))
def test_times_leave_in_one_form(at: datetime) -> None:
    if not 2 <= at.year <= 9998:
        return
    text = utc_text(at)
    assert len(text) == 24
    assert text.endswith("Z")
    assert timedelta(0) <= at - instant(text) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("unit", "start", "end", "from_", "to"),
    [
        ("day", "2026-01-31T08:30Z", "2026-01-31T08:31Z", "01-31T00", "02-01T00"),
        ("day", "2026-01-31", "2026-02-01", "01-31T00", "02-01T00"),
        ("hour", "2026-01-31T08:30Z", "2026-01-31T09:00Z", "01-31T08", "01-31T09"),
        ("hour", "2026-01-31T08:00Z", "2026-01-31T23:00:00.001Z", "01-31T08", "02-01T00"),
    ],
)
def test_periods_are_widened(unit: str, start: str, end: str, from_: str, to: str) -> None:
    period = Period.model_validate({"from": start, "to": end})
    clock = StoreClock(HALF_PAST_EIGHT)
    window = period.in_own_days(clock) if unit == "day" else period.in_hours(clock)
    said = CoveredPeriod(**window.fields).model_dump(by_alias=True)
    assert said == {
        "from": f"2026-{from_}:00:00.000Z",
        "to": f"2026-{to}:00:00.000Z",
        "tz": "UTC",
    }


@seed(SEED)
@settings(database=None, max_examples=50)
@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.uuids())
def test_a_cursor_leads_back(at: datetime, first: object, second: object) -> None:
    place = pages.Position(at, (str(first), str(second)))
    sent = pages.cursor_of("carts", place)
    assert pages.position_of("carts", sent, 2) == place
    with pytest.raises(Rejected, match="cursor"):
        pages.position_of("sessions", sent, 2)


@seed(SEED)
@settings(database=None, max_examples=200)
@given(st.text() | st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789_-"))
def test_no_text_but_a_cursor_is_one(text: str) -> None:
    with pytest.raises(Rejected, match="cursor"):
        pages.position_of("carts", text, 2)


def test_money_has_four_decimals() -> None:
    assert [plain(Decimal(text)) for text in ("1E+3", "0", "-19.99", "174.6500")] == [
        "1000.0000", "0.0000", "-19.9900", "174.6500",
    ]  # fmt: skip


def test_scroll_reach_counts_those_who_came_further() -> None:
    parts = scroll_reach({20: 1, 10: 2, 0: 1})
    assert [(p.percent, p.views) for p in parts if p.percent in (0, 5, 50, 55, 100)] == [
        (0, 4), (5, 3), (50, 3), (55, 1), (100, 1),
    ]  # fmt: skip
    assert scroll_reach({})[0].share is None


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("80", "80"),
        ("80.0000", "80"),
        ("12.5000", "12.5"),
        ("1E+3", "1000"),
        ("-1.0000", "-1"),
        ("0E-4", "0"),
        ("1000000000000000.0001", "1000000000000000.0001"),
    ],
)
def test_a_quantity_has_no_trailing_zeros_and_no_exponent(quantity: str, text: str) -> None:
    assert quantity_text(Decimal(quantity)) == text
