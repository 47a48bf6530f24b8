"""Days of stores in the plain model, against days that were worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from storepulse.exactness.model.days import local_day, with_days
from storepulse.exactness.model.events import day_of
from storepulse.exactness.model.tables import expected

BERLIN = [(date(2026, 3, 1), "Europe/Berlin")]
MOVED = [(date(2026, 3, 2), "Europe/Berlin"), (date(2026, 3, 5), "America/New_York")]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def landing(number: int, store: str, when: datetime) -> dict[str, Any]:
    return {
        "stream": "landing", "store_id": store, "event_id": f"e{number}", "session_id": "s",
        "visitor_id": None, "occurred_at": int(when.timestamp() * 1000), "is_bot": False,
        "event_type": "PageView", "landing_page_id": "p", "campaign_id": None, "value": None,
        "currency": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("zones", "when", "day"),
    [
        ([], "2026-03-01T23:59:59.999", "2026-03-01"),
        (BERLIN, "2026-02-28T23:30", "2026-02-28"),  # on UTC still
        (BERLIN, "2026-03-28T22:59:59.999", "2026-03-28"),
        (BERLIN, "2026-03-28T23:00", "2026-03-29"),  # a day of 23 hours
        (BERLIN, "2026-03-29T22:00", "2026-03-30"),
        (BERLIN, "2026-10-25T22:59:59.999", "2026-10-25"),  # a day of 25
        (BERLIN, "2026-10-25T23:00", "2026-10-26"),
        ([(date(2026, 3, 1), "Asia/Kathmandu")], "2026-03-01T18:14:59.999", "2026-03-01"),
        ([(date(2026, 3, 1), "Asia/Kathmandu")], "2026-03-01T18:15", "2026-03-02"),
        (MOVED, "2026-03-04T22:59:59.999", "2026-03-04"),
        (MOVED, "2026-03-04T23:00", "2026-03-04"),  # New York, where the day is not over
        (MOVED, "2026-03-05T05:00", "2026-03-05"),
    ],
)
def test_an_event_lies_on_its_stores_day(
    zones: list[tuple[date, str]], when: str, day: str
) -> None:
    assert str(local_day(zones, at(when))) == day


def test_events_of_each_store_have_its_days() -> None:
    midnight = at("2026-03-01T23:30")
    events = [landing(1, "far", midnight), landing(2, "plain", midnight)]
    assert [str(day_of(e)) for e in with_days(events, {"far": BERLIN})] == [
        "2026-03-02",
        "2026-03-01",
    ]
    visitors = expected(events, zones={"far": BERLIN})["visitors_daily"]
    assert set(visitors) == {
        ("far", date(2026, 3, 2), "s:s"),
        ("plain", date(2026, 3, 1), "s:s"),
    }
