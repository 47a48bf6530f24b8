"""Activity rows by pages; funnel, products, searches and sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads, enter_changes

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACTIVITY = "/api/customer-activity"


def event(store: str, at: datetime, **changed: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()), "store_id": store, "session_id": "s-1", "visitor_id": "v-1",
        "correlation_id": "c-1", "occurred_at": at, "received_at": at,
        "activity_type": "page_view", "source": "tracker", "consent_analytics": "granted",
        "consent_marketing": "unknown", "is_bot": False, **changed,
    }  # fmt: skip


def test_a_row_has_every_field_in_its_form(reads: Reads, store: str) -> None:
    row = event(
        store, NOON + timedelta(milliseconds=7), activity_type="purchase", value=Decimal("19.99"),
        currency="EUR", metadata='{"a": [1]}', ip="2001:db8::1", product_name="</script>",
        order_id="1001", items='[{"product_id": "p", "quantity": 1, "price": "19.99"}]',
        view_id="w-1", customer_id="c-1042",
    )  # fmt: skip
    reads.insert("customer_activity", row)
    answer = reads.read(ACTIVITY, store_id=store)
    assert answer["next_cursor"] is None
    (got,) = answer["data"]
    assert got["occurred_at"] == "2026-03-01T12:00:00.007Z"
    assert got["value"] == "19.9900"
    assert got["metadata"] == {"a": [1]}
    assert got["ip"] == "2001:db8::1"
    assert got["product_name"] == "</script>"
    assert got["search_query"] is None
    assert (got["order_id"], got["view_id"], got["name"]) == ("1001", "w-1", None)
    assert got["customer_id"] == "c-1042"
    assert got["items"] == [{"product_id": "p", "quantity": 1, "price": "19.99"}]


def test_custom_events_are_told_apart_by_name(reads: Reads, store: str) -> None:
    for name in ("image_generated", "wish", "wish"):
        reads.insert("customer_activity", event(store, NOON, activity_type="custom", name=name))
    reads.insert("customer_activity", event(store, NOON, name="wish"))
    wishes = reads.read(ACTIVITY, store_id=store, name="wish")["data"]
    assert [(row["activity_type"], row["name"]) for row in wishes] == [("custom", "wish")] * 2
    assert reads.read(ACTIVITY, store_id=store, type="custom", name="wish")["data"] == wishes
    refused = reads.get(ACTIVITY, store_id=store, type="search", name="wish")
    assert refused.status_code == 400
    assert "type=custom" in refused.text


def test_pages_lose_and_repeat_nothing(reads: Reads, store: str) -> None:
    # Three moments only: most rows share theirs with others.
    rows = [event(store, NOON + timedelta(seconds=n % 3, microseconds=5)) for n in range(25)]
    reads.insert("customer_activity", *rows)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = reads.read(ACTIVITY, store_id=store, limit=4, **cursor)
        seen += [row["event_id"] for row in page["data"]]
        # What arrives meanwhile is newer, and moves no page.
        reads.insert("customer_activity", event(store, NOON + timedelta(minutes=1)))
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    expected = sorted(rows, key=lambda r: (-r["occurred_at"].timestamp(), r["event_id"]))
    assert seen == [row["event_id"] for row in expected]


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"session_id": "s-2"}, 1),
        ({"visitor_id": "v-2"}, 1),
        ({"type": "search"}, 1),
        ({"from_": "2026-03-01T12:00:01Z"}, 2),
        ({"to": "2026-03-01T12:00:01Z"}, 1),
        ({"from_": "2026-03-01T13:00:00+01:00", "to": "2026-03-02"}, 3),
        ({"from_": "2026-03-01T12:00:00", "to": "2026-03-01T12:00:00.001"}, 1),
        ({"include_bots": "true"}, 4),
        ({}, 3),
    ],
)
def test_filters(reads: Reads, store: str, parameters: dict[str, str], count: int) -> None:
    reads.insert(
        "customer_activity",
        event(store, NOON),
        event(store, NOON + timedelta(seconds=1), session_id="s-2", activity_type="search"),
        event(store, NOON + timedelta(seconds=2), visitor_id="v-2"),
        event(store, NOON + timedelta(seconds=3), is_bot=True),
        event(str(uuid4()), NOON),
    )
    assert len(reads.read(ACTIVITY, store_id=store, **parameters)["data"]) == count


def test_an_unescaped_plus_is_understood(reads: Reads, store: str) -> None:
    path = f"{ACTIVITY}?store_id={store}&from=2026-03-01T13:00:00+01:00"
    assert reads.get(path).status_code == 200


def test_funnel(reads: Reads, store: str) -> None:
    def day(number: int, step: int, sessions: int, *, bot: bool = False) -> dict[str, Any]:
        return {
            "store_id": store, "day": f"2026-03-0{number}", "step": step, "is_bot": bot,
            "sessions": sessions,
        }  # fmt: skip

    reads.insert(
        "funnel_daily", day(1, 0, 10), day(1, 1, 4), day(2, 0, 10), day(2, 1, 1), day(2, 2, 1),
        day(3, 0, 99), day(1, 0, 50, bot=True),
    )  # fmt: skip
    answer = reads.read(
        "/api/analytics/funnel", store_id=store, from_="2026-03-01T08:00:00Z", to="2026-03-03"
    )
    assert (answer["from"], answer["to"]) == (
        "2026-03-01T00:00:00.000Z",
        "2026-03-03T00:00:00.000Z",
    )
    assert [(s["step"], s["sessions"]) for s in answer["data"]] == [
        ("page_view", 20), ("product_view", 5), ("add_to_cart", 1), ("checkout_start", 0),
        ("purchase", 0),
    ]  # fmt: skip
    assert answer["data"][1]["of_previous"] == 0.25
    assert answer["data"][2]["of_first"] == 0.05
    assert answer["data"][4]["of_previous"] is None
    assert answer["series"] == [
        {"day": "2026-03-01", "sessions": [10, 4, 0, 0, 0], "conversion": 0.0, "complete": True},
        {"day": "2026-03-02", "sessions": [10, 1, 1, 0, 0], "conversion": 0.0, "complete": True},
    ]


def test_products_and_searches(reads: Reads, store: str) -> None:
    def product(name: str, day: int, views: int, adds: int) -> dict[str, Any]:
        return {
            "store_id": store, "day": f"2026-03-0{day}", "product_id": name, "is_bot": False,
            "product_name": f"{name} of day {day}", "views": views, "adds": adds, "removes": 0,
        }  # fmt: skip

    reads.insert(
        "activity_products_daily",
        product("a", 1, 5, 0),
        product("a", 2, 5, 0),
        product("b", 1, 9, 7),
    )
    path = "/api/analytics/products"
    most_viewed = reads.read(path, store_id=store)["data"]
    assert [(p["product_id"], p["views"], p["product_name"]) for p in most_viewed] == [
        ("a", 10, "a of day 2"), ("b", 9, "b of day 1"),
    ]  # fmt: skip
    most_added = reads.read(path, store_id=store, sort="adds", limit=1)["data"]
    assert [p["product_id"] for p in most_added] == ["b"]

    term = {"store_id": store, "day": "2026-03-01", "term": "mug", "is_bot": False, "searches": 3}
    reads.insert("activity_searches_daily", term, {**term, "is_bot": True, "searches": 100},
                 {**term, "term": "hat", "searches": 4})  # fmt: skip
    searches = reads.read("/api/analytics/searches", store_id=store)["data"]
    assert searches == [{"term": "hat", "searches": 4}, {"term": "mug", "searches": 3}]


def test_products_tell_what_was_bought(reads: Reads, store: str) -> None:
    """Lines of orders and sales without an order are one figure; a robot's are none."""
    line: dict[str, Any] = {
        "store_id": store, "order_id": "1", "product_id": "a", "day": "2026-03-01",
        "currency": "EUR", "is_bot": False, "word": "w", "name": None, "units": 2,
        "revenue": Decimal("19.9800"),
    }  # fmt: skip
    reads.insert(
        "order_lines", line, {**line, "order_id": "2", "day": "2026-03-02", "currency": "USD"},
        {**line, "product_id": "b", "name": "Cup", "units": 1, "revenue": 0, "currency": ""},
        {**line, "order_id": "3", "is_bot": True}, {**line, "order_id": "4", "day": "2026-03-03"},
    )  # fmt: skip
    sale = {k: v for k, v in line.items() if k not in ("order_id", "word")}
    reads.insert(
        "product_sales_daily", {**sale, "purchases": 3, "units": 4, "name": "Mug"},
        {**sale, "product_id": "c", "purchases": 9, "units": 9},
        {**sale, "is_bot": True, "purchases": 50},
    )  # fmt: skip
    path, until = "/api/analytics/products", "2026-03-03T00:00:00Z"
    bought = reads.read(path, store_id=store, sort="purchases", to=until)["data"]
    assert [(p["product_id"], p["product_name"]) for p in bought] == [
        ("c", None), ("a", "Mug"), ("b", "Cup"),
    ]  # fmt: skip
    assert bought[1] == {
        "product_id": "a", "product_name": "Mug", "views": 0, "adds": 0, "removes": 0,
        "purchases": 5, "units": 8,
        "revenue": [
            {"currency": "EUR", "revenue": "39.9600"}, {"currency": "USD", "revenue": "19.9800"},
        ],
        "cart_rate": None, "purchase_rate": None,
    }  # fmt: skip
    assert bought[2]["revenue"] == []
    most_pieces = reads.read(path, store_id=store, sort="units", limit=1, to=until)["data"]
    assert most_pieces[0]["product_id"] == "c"
    with_bots = reads.read(path, store_id=store, sort="purchases", include_bots="true")["data"]
    assert with_bots[0]["purchases"] == 3 + 50 + 4


def test_a_list_says_how_many_entries_it_has(reads: Reads, store: str) -> None:
    paths = ("/api/analytics/products", "/api/analytics/searches")

    def totals() -> list[tuple[int, int, bool]]:
        answers = [reads.read(path, store_id=store, limit=1) for path in paths]
        return [(len(one["data"]), one["total"], one["more"]) for one in answers]

    assert totals() == [(0, 0, False)] * 2
    with reads.world.connect() as connection:
        for number, count in ((10_000, 10_000), (1, 10_001)):
            connection.execute(
                "INSERT INTO activity_products_daily SELECT %s, '2026-03-01', 'p' || %s || n,"
                " false, null, 1, 0, 0 FROM generate_series(1, %s) AS n",
                [store, count, number],
            )
            connection.execute(
                "INSERT INTO activity_searches_daily SELECT %s, '2026-03-01', 't' || %s || n,"
                " false, 1 FROM generate_series(1, %s) AS n",
                [store, count, number],
            )
            for table in ("activity_products_daily", "activity_searches_daily"):
                enter_changes(connection, table)
            assert totals() == [(1, 10_000, count > 10_000)] * 2


def test_sessions_by_pages(reads: Reads, store: str) -> None:
    for number in range(5):
        reads.insert(
            "sessions",
            {
                "store_id": store, "session_id": f"s-{number}", "started_at": NOON,
                "ended_at": NOON + timedelta(seconds=90), "day": "2026-03-01", "steps": 17,
                "entry_page": "/", "exit_page": "/cart", "source": "search.example",
                "utm_source": "news", "country": "DE", "pages": 2, "events": 3, "is_bot": False,
            },
        )  # fmt: skip
    path = "/api/analytics/sessions"
    first = reads.read(path, store_id=store, limit=3)
    second = reads.read(path, store_id=store, limit=3, cursor=first["next_cursor"])
    names = [row["session_id"] for row in first["data"] + second["data"]]
    assert names == [f"s-{number}" for number in range(5)]
    assert second["next_cursor"] is None
    assert first["data"][0]["duration_seconds"] == 90
    assert first["data"][0]["steps"] == ["page_view", "purchase"]
    assert first["data"][0]["utm_source"] == "news"
    assert first["data"][0]["is_long"] is False


@pytest.mark.parametrize(("more", "is_long"), [(0, False), (1, True)])
def test_a_session_of_over_24_hours_is_flagged(
    reads: Reads, store: str, more: int, *, is_long: bool
) -> None:
    reads.insert(
        "sessions",
        {
            "store_id": store, "session_id": "undefined", "started_at": NOON,
            "ended_at": NOON + timedelta(hours=24, milliseconds=more), "day": "2026-03-01",
            "steps": 0, "pages": 0, "events": 2, "is_bot": False,
        },
    )  # fmt: skip
    (session,) = reads.read("/api/analytics/sessions", store_id=store)["data"]
    assert session["is_long"] is is_long
