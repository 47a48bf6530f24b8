"""Visitors, sources, countries and pages: each figure against the rows that it is made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.integration.query.conftest import Reads

VISITORS = "/api/analytics/visitors"
SOURCES = "/api/analytics/sources"
COUNTRIES = "/api/analytics/countries"
PAGES = "/api/analytics/pages"
MARCH = date(2026, 3, 1)


def visitor(store: str, day: int, name: str) -> dict[str, Any]:
    return {"store_id": store, "day": MARCH + timedelta(days=day - 1), "visitor": name}


def sessions(store: str, day: int, number: int, **more: Any) -> dict[str, Any]:
    return {
        "store_id": store, "day": MARCH + timedelta(days=day - 1), "is_bot": False, "source": "",
        "medium": "", "campaign": "", "country": "", "sessions": number, "events": number,
        "pages": 2 * number, "bounces": 0, "purchases": 0, "duration_ms": 0, **more,
    }  # fmt: skip


def views(store: str, day: int, page: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "store_id": store, "day": MARCH + timedelta(days=day - 1), "page_hash": page.encode(),
        "is_bot": False, "page": page, "views": number, **more,
    }  # fmt: skip


def test_visitors_of_a_period_are_distinct(reads: Reads, store: str) -> None:
    reads.insert(
        "visitors_daily", visitor(store, 1, "v-1"), visitor(store, 1, "s:a"),
        visitor(store, 2, "v-1"), visitor(store, 3, "v-2"), visitor(store, 9, "v-9"),
    )  # fmt: skip
    reads.insert("sessions_daily", sessions(store, 1, 3), sessions(store, 2, 4, source="a"),
                 sessions(store, 2, 50, is_bot=True))  # fmt: skip
    reads.insert("pages_daily", views(store, 1, "/", 5), views(store, 3, "/a", 6),
                 views(store, 4, "/", 70, is_bot=True))  # fmt: skip
    answer = reads.read(VISITORS, store_id=store, from_="2026-03-01", to="2026-03-05")
    assert answer["totals"] == {"visitors": 3, "sessions": 7, "views": 11}
    assert answer["series"] == [
        {"day": "2026-03-01", "visitors": 2, "sessions": 3, "views": 5, "complete": True},
        {"day": "2026-03-02", "visitors": 1, "sessions": 4, "views": 0, "complete": True},
        {"day": "2026-03-03", "visitors": 1, "sessions": 0, "views": 6, "complete": True},
    ]
    assert (answer["from"], answer["tz"]) == ("2026-03-01T00:00:00.000Z", "UTC")
    assert answer["comparison"] is None
    # Robots have sessions and views. They are nobody's visitors.
    bots = reads.read(VISITORS, store_id=store, to="2026-03-05", include_bots="true")
    assert bots["totals"] == {"visitors": 3, "sessions": 57, "views": 81}
    assert reads.read(VISITORS, store_id=store)["totals"]["visitors"] == 4


def test_what_is_remembered_of_a_period_is_never_out_of_date(reads: Reads, store: str) -> None:
    period = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-03"}
    reads.insert("visitors_daily", visitor(store, 1, "v-1"), visitor(store, 2, "v-1"))

    def told() -> tuple[int, list[int]]:
        answer = reads.read(VISITORS, **period)
        return answer["totals"]["visitors"], [day["visitors"] for day in answer["series"]]

    assert told() == told() == (1, [1, 1])
    reads.insert("visitors_daily", visitor(store, 1, "v-2"))
    assert told() == (2, [2, 1])
    reads.insert("visitors_daily", visitor(store, 2, "v-2"))
    assert told() == (2, [2, 2])


def test_visitors_beside_those_of_an_earlier_period(reads: Reads, store: str) -> None:
    reads.insert("visitors_daily", visitor(store, 1, "v-1"), visitor(store, 2, "v-1"),
                 visitor(store, 3, "v-1"), visitor(store, 4, "v-2"))  # fmt: skip
    reads.insert("sessions_daily", sessions(store, 2, 3), sessions(store, 3, 4))
    answer = reads.read(
        VISITORS, store_id=store, from_="2026-03-03", to="2026-03-05", compare="previous_period"
    )
    assert answer["totals"] == {"visitors": 2, "sessions": 4, "views": 0}
    assert answer["comparison"] == {
        "from": "2026-03-01T00:00:00.000Z", "to": "2026-03-03T00:00:00.000Z", "tz": "UTC",
        "totals": {"visitors": 1, "sessions": 3, "views": 0},
    }  # fmt: skip
    refused = reads.get(VISITORS, store_id=store, compare="previous_period")
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "compare")


def test_today_is_not_complete(reads: Reads, store: str) -> None:
    today = datetime.now(UTC).date()
    reads.insert(
        "visitors_daily",
        {"store_id": store, "day": today - timedelta(days=2), "visitor": "v"},
        # Events may lie ahead by a day: whatever the time is, this day is not over.
        {"store_id": store, "day": today + timedelta(days=1), "visitor": "v"},
    )
    series = reads.read(VISITORS, store_id=store)["series"]
    assert [day["complete"] for day in series] == [True, False]


def insert_sessions(reads: Reads, store: str) -> None:
    reads.insert(
        "sessions_daily",
        sessions(store, 1, 6, source="news", medium="mail", campaign="Sale", country="DE",
                 bounces=3, purchases=3, pages=9),
        sessions(store, 2, 2, source="news", medium="mail", country="AT", bounces=1),
        sessions(store, 2, 4, source="a.example", country="DE", purchases=1),
        sessions(store, 2, 4, bounces=4, pages=4),
        # A late event has moved its sessions elsewhere.
        sessions(store, 2, 0, source="gone.example"),
        sessions(store, 2, 90, source="bot.example", is_bot=True),
    )  # fmt: skip


def test_sources(reads: Reads, store: str) -> None:
    insert_sessions(reads, store)
    answer = reads.read(SOURCES, store_id=store)
    assert answer["data"][0] == {
        "source": "news", "sessions": 8, "bounces": 4, "bounce_rate": 0.5,
        "pages_per_session": 1.625, "purchases": 3, "conversion": 0.375,
    }  # fmt: skip
    assert [one["source"] for one in answer["data"]] == ["news", None, "a.example"]
    assert answer["totals"] == {
        "sessions": 16, "bounces": 8, "bounce_rate": 0.5, "pages_per_session": 1.5625,
        "purchases": 4, "conversion": 0.25,
    }  # fmt: skip
    assert (answer["total"], answer["more"]) == (3, False)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"by": "medium"}, [(None, 8), ("mail", 8)]),
        ({"by": "campaign"}, [(None, 10), ("Sale", 6)]),
        ({"sort": "purchases"}, [("news", 8), ("a.example", 4), (None, 4)]),
        ({"sort": "conversion"}, [("news", 8), ("a.example", 4), (None, 4)]),
        ({"sort": "bounce_rate"}, [(None, 4), ("news", 8), ("a.example", 4)]),
        ({"sort": "pages_per_session"}, [("a.example", 4), ("news", 8), (None, 4)]),
        ({"to": "2026-03-02"}, [("news", 6)]),
        ({"include_bots": "true", "limit": "1"}, [("bot.example", 90)]),
    ],
)
def test_orders_of_sources(
    reads: Reads, store: str, parameters: dict[str, str], expected: list[Any]
) -> None:
    insert_sessions(reads, store)
    answer = reads.read(SOURCES, store_id=store, **parameters)
    assert [(one["source"], one["sessions"]) for one in answer["data"]] == expected


def test_sources_beside_an_earlier_period(reads: Reads, store: str) -> None:
    insert_sessions(reads, store)
    answer = reads.read(
        SOURCES, store_id=store, from_="2026-03-02", to="2026-03-03", compare="previous_period"
    )
    assert (answer["totals"]["sessions"], answer["totals"]["purchases"]) == (10, 1)
    assert answer["comparison"] == {
        "from": "2026-03-01T00:00:00.000Z", "to": "2026-03-02T00:00:00.000Z", "tz": "UTC",
        "totals": {
            "sessions": 6, "bounces": 3, "bounce_rate": 0.5, "pages_per_session": 1.5,
            "purchases": 3, "conversion": 0.5,
        },
    }  # fmt: skip
    refused = reads.get(SOURCES, store_id=store, compare="previous_period")
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "compare")


def test_an_earlier_day_ends_at_the_same_hour(reads: Reads, store: str) -> None:
    """The last day of the earlier period is counted of its sessions, those before it by day."""
    now = datetime.now(UTC)
    today, cut = now.date(), now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = today - timedelta(days=1)

    def session(name: str, at: datetime, **more: Any) -> dict[str, Any]:
        return {
            "store_id": store, "session_id": name, "started_at": at, "ended_at": at,
            "day": at.date(), "steps": 1, "pages": 1, "events": 1, "is_bot": False, **more,
        }  # fmt: skip

    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    last = min(cut - timedelta(days=1), midnight + timedelta(days=1)) - timedelta(seconds=1)
    reads.insert(
        "sessions", session("bounced", midnight), session("bought", last, steps=17, pages=3),
        session("robot", last, is_bot=True),
    )  # fmt: skip
    after = last + timedelta(seconds=1)
    if after.date() == day:
        reads.insert("sessions", session("later", after))
    reads.insert("sessions_daily", {**sessions(store, 1, 99), "day": day},
                 {**sessions(store, 1, 5), "day": day - timedelta(days=1)})  # fmt: skip
    answer = reads.read(
        SOURCES, store_id=store, from_=str(today), to=str(today + timedelta(days=1)),
        compare="previous_period",
    )["comparison"]  # fmt: skip
    figures = ("sessions", "bounces", "purchases")
    assert [answer["totals"][name] for name in figures] == [2, 1, 1], "unless midnight has passed"
    two_days = reads.read(
        SOURCES, store_id=store, from_=str(day), to=str(today + timedelta(days=1)),
        compare="previous_period",
    )["comparison"]  # fmt: skip
    assert two_days["totals"]["sessions"] == 0


def test_countries(reads: Reads, store: str) -> None:
    insert_sessions(reads, store)
    answer = reads.read(COUNTRIES, store_id=store)
    assert [(c["country"], c["sessions"], c["purchases"]) for c in answer["data"]] == [
        ("DE", 10, 4), (None, 4, 0), ("AT", 2, 0),
    ]  # fmt: skip
    # What is said twice is the same.
    assert answer["totals"] == reads.read(SOURCES, store_id=store, limit=1)["totals"]
    assert (
        answer["totals"]["sessions"] == reads.read(VISITORS, store_id=store)["totals"]["sessions"]
    )


def test_pages(reads: Reads, store: str) -> None:
    reads.insert(
        "pages_daily",
        views(store, 1, "/", 9, entries=1),
        views(store, 2, "/", 1, entries=1),
        views(store, 1, "/mug", 4, entries=1, exits=2),
        views(store, 1, "", 2),
        views(store, 3, "/only-left", 0, exits=1),
        views(store, 3, "/left-again", 0),  # of a session that another joined
        views(store, 1, "/", 100, is_bot=True, entries=1, exits=1),
        views(store, 8, "/next", 0, entries=1, exits=1),
    )
    period = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-05"}
    answer = reads.read(PAGES, **period)
    assert answer["data"] == [
        {"page": "/", "views": 10, "entries": 2, "exits": 0},
        {"page": "/mug", "views": 4, "entries": 1, "exits": 2},
        {"page": None, "views": 2, "entries": 0, "exits": 0},
        {"page": "/only-left", "views": 0, "entries": 0, "exits": 1},
    ]
    assert answer["totals"] == {"views": 16, "entries": 3, "exits": 3}
    assert (answer["total"], answer["more"]) == (4, False)
    left = reads.read(PAGES, **period, sort="exits", limit=2)
    assert [page["page"] for page in left["data"]] == ["/mug", "/only-left"]
    assert (left["totals"], left["total"]) == (answer["totals"], 4)
    entered = reads.read(PAGES, **period, sort="entries")["data"]
    assert [page["page"] for page in entered[:2]] == ["/", "/mug"]


@pytest.mark.parametrize("path", [SOURCES, COUNTRIES, PAGES])
def test_an_empty_list_has_totals(reads: Reads, store: str, path: str) -> None:
    answer = reads.read(path, store_id=store)
    assert (answer["data"], answer["total"], answer["more"]) == ([], 0, False)
    assert set(answer["totals"].values()) == {0} | ({None} if path != PAGES else set())


@pytest.mark.parametrize("path", [VISITORS, SOURCES, COUNTRIES, PAGES])
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "store_id"),
        ({"store_id": "STORE", "tz": "Europe/Berlin"}, "tz"),
        ({"store_id": "STORE", "sort": "'; DROP"}, "sort"),
        ({"store_id": "STORE", "by": "city"}, "by"),
        ({"store_id": "STORE", "from_": "2026-03-02", "to": "2026-03-01"}, "to"),
    ],
)
def test_bad_parameters_are_named(
    reads: Reads, store: str, path: str, parameters: dict[str, str], field: str
) -> None:
    sent = {name: store if value == "STORE" else value for name, value in parameters.items()}
    answer = reads.get(path, **sent)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field), answer.text
