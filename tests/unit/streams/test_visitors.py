"""Who visited on which day, and which pages were viewed: what a slice adds."""

from __future__ import annotations

from datetime import date

import pytest
from tests.support.ingest_records import NOW_MS
from tests.unit.streams.frames import frame, rows

from storepulse.exactness.model.events import moment
from storepulse.streams.reducers import reducer_of


@pytest.mark.parametrize("stream", ["activity", "landing"])
def test_a_visitor_counts_once_a_day_and_no_bot_does(stream: str) -> None:
    events = frame(
        stream,
        {"visitor_id": "v-1", "session_id": "s-1", "is_bot": False},
        {"visitor_id": "v-1", "session_id": "s-2", "is_bot": False},
        {"visitor_id": None, "session_id": "s-3", "is_bot": False},
        {"visitor_id": "v-bot", "session_id": "s-4", "is_bot": True},
    )
    visitors = rows(reducer_of(stream)(events, None), "visitors_daily", "visitor")
    assert visitors == [("s:s-3",), ("v-1",)]


@pytest.mark.parametrize("stream", ["activity", "landing"])
def test_a_visitor_counts_once_in_each_hour(stream: str) -> None:
    seen = {"visitor_id": "v-1", "is_bot": False}
    hour = 3_600_000
    begins = NOW_MS // hour * hour
    events = frame(
        stream,
        *({**seen, "occurred_at": begins + more} for more in (0, 60_000, hour - 1, hour)),
        {**seen, "visitor_id": "v-bot", "is_bot": True, "occurred_at": begins},
    )
    found = rows(reducer_of(stream)(events, None), "visitors_hourly", "hour", "visitor")
    assert found == [(moment(begins), "v-1"), (moment(begins + hour), "v-1")]


def test_page_views_count_by_path_and_bots_apart() -> None:
    shop = "https://shop.example"
    seen = {"activity_type": "page_view", "is_bot": False}
    events = frame(
        "activity",
        {**seen, "page_url": f"{shop}/mugs?colour=red#top"},
        {**seen, "page_url": f"{shop}/mugs"},
        {**seen, "page_url": f"{shop}/mugs", "is_bot": True},
        {**seen, "page_url": shop},
        {**seen, "page_url": None},
        {**seen, "activity_type": "search", "page_url": f"{shop}/search"},
    )
    reduction = reducer_of("activity")(events, None)
    assert rows(reduction, "pages_daily", "page", "is_bot", "views") == [
        ("", False, 1),
        ("/", False, 1),
        ("/mugs", False, 2),
        ("/mugs", True, 1),
    ]
    assert all(isinstance(day, date) for (day,) in rows(reduction, "pages_daily", "day"))
