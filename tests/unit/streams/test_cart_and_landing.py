"""Cart and landing events to rows, counts, products, revenue and sessions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.ingest_records import NOW_MS, event_id
from tests.unit.streams.frames import HOUR, frame, rows

from storepulse.streams.cart import rollup as cart
from storepulse.streams.landing import rollup as landing

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
LINK = "https://img.example/1"


def test_carts_by_store_hour_and_name_with_their_images() -> None:
    result = cart.reduce(
        frame(
            "cart",
            {"generated_image_url": LINK, "person_image_url": LINK},
            {"clothing_image_url": LINK, "session_id": None},
            {"occurred_at": NOW_MS + HOUR},
            {"store_name": "other.myshopify.com"},
            {"is_bot": True, "generated_image_url": ""},
        ),
        None,
    )
    columns = (
        "hour", "store_name", "is_bot", "carts", "generated_images", "person_images",
        "clothing_images",
    )  # fmt: skip
    name = "shop.myshopify.com"
    assert rows(result, "cart_hourly", *columns) == sorted(
        [
            (NOW, name, False, 2, 1, 1, 1),
            (NOW + timedelta(hours=1), name, False, 1, 0, 0, 0),
            (NOW, "other.myshopify.com", False, 1, 0, 0, 0),
            (NOW, name, True, 1, 1, 0, 0),
        ],
        key=repr,
    )


def test_cart_products_and_rows() -> None:
    events: list[dict[str, Any]] = [
        {"product_id": "p", "product_title": "A", "generated_image_url": LINK},
        {"product_id": "p", "product_title": "B"},
        {"product_id": "p", "product_title": None},
        {"product_id": None, "product_title": "none"},
        {"product_id": "q", "ip": "2001:db8::1", "received_at": NOW_MS + 5},
    ]
    result = cart.reduce(frame("cart", *events), None)
    columns = ("day", "product_id", "product_title", "carts", "generated_images")
    day = date(2026, 11, 21)
    assert rows(result, "cart_products_daily", *columns) == [
        (day, "", None, 1, 0), (day, "p", "B", 3, 1), (day, "q", None, 1, 0),
    ]  # fmt: skip
    stored = rows(result, "cart_tracking_events", "id", "event_id", "ip_address", "created_at")
    assert len(stored) == 5
    assert (
        f"cart-event-{NOW_MS}-a000004", event_id(4), "2001:db8::1", NOW + timedelta(milliseconds=5),
    ) in stored  # fmt: skip
    assert result.carry is None


def test_landing_counts_by_page_campaign_hour_store_and_bot() -> None:
    kinds = ["PageView", "PageView", "AddToCart", "Purchase", "WebVitals", "Custom"]
    result = landing.reduce(
        frame(
            "landing",
            *({"event_type": kind} for kind in kinds),
            {"campaign_id": ""},
            {"campaign_id": "c"},
            {"landing_page_id": "lp_2"},
            {"is_bot": True},
            {"occurred_at": NOW_MS - 1},
        ),
        None,
    )
    columns = (
        "landing_page_id",
        "campaign_id",
        "hour",
        "is_bot",
        "views",
        "clicks",
        "purchases",
        "others",
    )
    assert rows(result, "landing_hourly", *columns) == sorted(
        [
            ("lp_1", "", NOW, False, 3, 1, 1, 2),
            ("lp_1", "c", NOW, False, 1, 0, 0, 0),
            ("lp_2", "", NOW, False, 1, 0, 0, 0),
            ("lp_1", "", NOW, True, 1, 0, 0, 0),
            ("lp_1", "", NOW - timedelta(hours=1), False, 1, 0, 0, 0),
        ],
        key=repr,
    )  # fmt: skip


def test_landing_revenue_and_sessions() -> None:
    def bought(value: str | None, currency: str | None) -> dict[str, Any]:
        return {"event_type": "Purchase", "value": value, "currency": currency}

    result = landing.reduce(
        frame(
            "landing",
            bought("0.1000", "EUR"),
            bought("0.2000", "EUR"),
            bought("1.0000", None),
            bought("2.0000", ""),
            bought(None, "EUR"),
            {"event_type": "Custom", "value": "9.0000", "currency": "EUR"},
            {"session_id": "s-2"},
            {"session_id": "s-2"},
        ),
        None,
    )
    assert rows(result, "landing_revenue_hourly", "currency", "purchases", "revenue") == [
        ("", 2, Decimal("3.0000")), ("EUR", 2, Decimal("0.3000")),
    ]  # fmt: skip
    assert rows(result, "landing_sessions", "session_id") == [("s-1",), ("s-2",)]
    assert result.tables["landing_events"].height == 8


def test_marked_landing_pages_count_together_and_keep_their_rows() -> None:
    def bought(page: str, folded: int | None) -> dict[str, Any]:
        return {
            "event_type": "Purchase", "value": "1.0000", "currency": "EUR",
            "landing_page_id": page, "folded": folded, "session_id": f"s-{page}",
        }  # fmt: skip

    events = [bought("a", None), bought("b", 4), bought("c", 4), bought("d", 3), bought("a", 0)]
    result = landing.reduce(frame("landing", *events), None)
    assert rows(result, "landing_hourly", "landing_page_id", "purchases") == [
        ("(other)", 2), ("a", 2), ("d", 1),
    ]  # fmt: skip
    revenue = rows(result, "landing_revenue_hourly", "landing_page_id", "revenue")
    assert revenue == [("(other)", Decimal(2)), ("a", Decimal(2)), ("d", Decimal(1))]
    assert rows(result, "landing_sessions", "landing_page_id", "session_id") == [
        ("(other)", "s-b"), ("(other)", "s-c"), ("a", "s-a"), ("d", "s-d"),
    ]  # fmt: skip
    stored = rows(result, "landing_events", "landing_page_id")
    assert stored == [("a",), ("a",), ("b",), ("c",), ("d",)]
