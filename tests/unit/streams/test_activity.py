"""Activity to rows, counts, revenue, products, searches, pieces of sessions and funnel steps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.ingest_records import NOW_MS, STORE, event_id
from tests.unit.streams.frames import HOUR, MINUTE, frame, rows

from storepulse.streams.activity import rollup as activity

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
DAY = date(2026, 11, 21)


def at(ms: int, **fields: Any) -> dict[str, Any]:
    return {"occurred_at": NOW_MS + ms} | fields


def reduced(*events: dict[str, Any]) -> Any:
    return activity.reduce(frame("activity", *events), None)


def test_sums_of_a_slice_are_larger_than_what_is_summed() -> None:
    result = reduced(*(at(n, quantity=2**31 - 1) for n in range(5)))
    assert rows(result, "activity_hourly", "quantity") == [(5 * (2**31 - 1),)]


def test_hourly_counts_by_type_hour_and_bot() -> None:
    result = reduced(
        at(0, quantity=2),
        at(HOUR - 1, quantity=3),
        at(HOUR),
        at(-1),
        at(0, is_bot=True),
        at(0, activity_type="custom"),
    )
    columns = ("hour", "activity_type", "is_bot", "events", "quantity")
    assert rows(result, "activity_hourly", *columns) == sorted(
        [
            (NOW, "page_view", False, 2, 5),
            (NOW + timedelta(hours=1), "page_view", False, 1, 0),
            (NOW - timedelta(hours=1), "page_view", False, 1, 0),
            (NOW, "page_view", True, 1, 0),
            (NOW, "custom", False, 1, 0),
        ],
        key=repr,
    )
    assert result.tables["customer_activity"].height == 6


def test_revenue_is_exact_by_currency_of_purchases_with_a_value() -> None:
    def bought(value: str | None, currency: str | None, **more: Any) -> dict[str, Any]:
        return at(0, activity_type="purchase", value=value, currency=currency, **more)

    result = reduced(
        bought("0.1000", "USD"),
        bought("0.2000", "USD"),
        bought("99999999999999.9999", "EUR"),
        bought("99999999999999.9999", "EUR"),
        bought("5.0000", None),
        bought("7.0000", ""),
        bought(None, "USD"),
        bought("1.0000", "USD", is_bot=True),
        at(0, activity_type="add_to_cart", value="9.0000", currency="USD"),
    )
    assert rows(
        result, "activity_revenue_hourly", "currency", "is_bot", "purchases", "revenue"
    ) == [
        ("", False, 2, Decimal("12.0000")),
        ("EUR", False, 2, Decimal("199999999999999.9998")),
        ("USD", False, 2, Decimal("0.3000")),
        ("USD", True, 1, Decimal("1.0000")),
    ]


def test_products_are_counted_by_what_was_done_with_them() -> None:
    kinds = [
        "product_view",
        "product_view",
        "add_to_cart",
        "remove_from_cart",
        "search",
    ]
    events = [
        at(n, activity_type=kind, product_id="p", product_name="A") for n, kind in enumerate(kinds)
    ]
    result = reduced(
        *events,
        at(9, activity_type="product_view", product_id="p", product_name="Éclair"),
        at(9, activity_type="product_view", product_id="p", product_name=None),
        at(9, activity_type="product_view", product_id=None),
        at(9, activity_type="page_view", product_id="q"),
    )
    columns = ("day", "product_id", "product_name", "views", "adds", "removes")
    assert rows(result, "activity_products_daily", *columns) == [(DAY, "p", "Éclair", 4, 1, 1)]


def test_a_purchase_without_an_order_sells_its_list_else_its_product() -> None:
    sold: dict[str, Any] = {"activity_type": "purchase", "currency": "EUR", "value": "9.5000"}
    items = (
        '[{"product_id":"p","name":"A","quantity":2,"price":"9.5"},'
        '{"product_id":"p","name":"B","quantity":1,"price":"0.0001"},'
        '{"product_id":"q","quantity":0,"price":"3"}]'
    )
    result = reduced(
        at(0, **sold, product_id="p", product_name="C", quantity=3),
        at(1, **sold, product_id="p"),
        at(2, **sold, product_id="p", items=items),
        at(3, **sold, product_id="p", order_id="1", items=items),
        at(4, activity_type="purchase", product_id="q"),
    )
    columns = ("product_id", "currency", "name", "purchases", "units", "revenue")
    assert rows(result, "product_sales_daily", *columns) == [
        ("p", "EUR", "C", 3, 7, Decimal("38.0001")),
        ("q", "", None, 1, 1, Decimal("0.0000")),
        ("q", "EUR", None, 1, 0, Decimal("0.0000")),
    ]


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("  Red   Shoes\t", "red shoes"),
        ("cafe\u0301", "caf\u00e9"),
        ("ÜBER", "über"),
        ("\u00a0x\u2003", "x"),
        ("x" * 250, "x" * 200),
        ("   ", None),
        ("", None),
        (None, None),
    ],
)
def test_search_terms_are_trimmed_lowered_and_cut(query: str | None, term: str | None) -> None:
    result = reduced(at(0, activity_type="search", search_query=query), at(0, search_query="other"))
    expected = [] if term is None else [(DAY, term, 1)]
    assert rows(result, "activity_searches_daily", "day", "term", "searches") == expected


LATER = 30 * MINUTE + 1
RUNS = [
    ("one event", [0], [(0, 0, 1)]),
    ("exactly 30 minutes", [0, 30 * MINUTE], [(0, 30 * MINUTE, 2)]),
    ("a millisecond more", [0, LATER], [(0, 0, 1), (LATER, LATER, 1)]),
    ("out of order", [40 * MINUTE, 0, 20 * MINUTE], [(0, 40 * MINUTE, 3)]),
    ("over 24 hours", [n * 20 * MINUTE for n in range(80)], [(0, 79 * 20 * MINUTE, 80)]),
]  # fmt: skip


@pytest.mark.parametrize(("moments", "expected"), [r[1:] for r in RUNS], ids=[r[0] for r in RUNS])
def test_pieces_of_sessions(moments: list[int], expected: list[tuple[int, int, int]]) -> None:
    result = reduced(*(at(ms) for ms in moments))
    found = rows(result, "sessions", "started_at", "ended_at", "events")
    assert found == [
        (NOW + timedelta(milliseconds=a), NOW + timedelta(milliseconds=b), n)
        for a, b, n in expected
    ]


def test_a_piece_has_the_entry_the_exit_and_the_origin_of_its_events() -> None:
    """A custom event without a page first, a purchase by the shop's server last."""
    referrer = "https://me:pw@WWW.News.Example:81/x"
    landing = "https://s.example/landing?utm_source=Mail&utm_campaign=Mai%20%2B1#utm_term=no"
    result = reduced(
        at(9, page_url=None, activity_type="purchase", visitor_id="b"),
        at(5, page_url="https://s.example/last", activity_type="checkout_start"),
        at(1, page_url=landing, referrer=referrer, visitor_id="a", country="DE"),
        at(0, page_url=None, activity_type="custom", country="FR"),
        at(3, session_id="other"),
        at(3, store_id=event_id(77)),
    )
    columns = (
        "store_id", "session_id", "entry_event_id", "exit_event_id", "origin_event_id",
        "entry_page", "exit_page", "source", "utm_source", "utm_medium", "utm_campaign",
        "utm_term", "country", "visitor_id", "steps", "pages", "events", "is_bot",
    )  # fmt: skip
    found = {(row[0], row[1]): row[2:] for row in rows(result, "sessions", *columns)}
    assert len(found) == 3
    assert found[STORE, "s-1"] == (
        event_id(2), event_id(1), event_id(2), "/landing", "/last", "news.example", "mail", None,
        "Mai +1", None, "DE", "b", 25, 1, 4, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://www.google.com/search?q=x", "google.com"),
        ("https://[::1]/x", "::1"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("https://www.s.example/before", None),
        ("https://S.example:443", None),
        ("https://shop.s.example/", "shop.s.example"),
        ("mailto:x", None),
        (None, None),
    ],
)
def test_the_source_is_the_referrers_host_unless_it_is_the_shop(
    referrer: str | None, source: str | None
) -> None:
    result = reduced(at(0, page_url="https://s.example/a", referrer=referrer))
    assert rows(result, "sessions", "source") == [(source,)]


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("?utm_term=a&utm_term=b", "a"),
        ("?x=utm_term=a", None),
        ("?utm_termx=a", None),
        ("?utm_term=", None),
        ("?utm_term=%20+", None),
        ("?utm_term=%ff", "\ufffd"),
        ("?utm_term=" + "x" * 300, "x" * 200),
        ("?a#?utm_term=a", None),
    ],
)
def test_utm_values_are_decoded_trimmed_and_cut(query: str, term: str | None) -> None:
    result = reduced(at(0, page_url=f"https://s.example/{query}"))
    assert rows(result, "sessions", "utm_term") == [(term,)]


def test_events_of_one_moment_are_ordered_by_their_ids() -> None:
    first, last = sorted([event_id(0), event_id(1)])
    result = reduced(*(at(0, page_url="https://s.example/") for _ in range(2)))
    assert rows(result, "sessions", "entry_event_id", "exit_event_id") == [(first, last)]


@pytest.mark.parametrize(
    ("kinds", "mask"),
    [
        (["page_view"], 1),
        (["page_view", "page_view", "product_view"], 3),
        (["purchase"], 16),
        (["purchase", "checkout_start", "add_to_cart", "product_view", "page_view"], 31),
        (["page_view", "search", "add_to_cart"], 5),
        (["search", "custom", "remove_from_cart"], 0),
    ],
)
def test_funnel_steps_are_a_mask(kinds: list[str], mask: int) -> None:
    result = reduced(*(at(n, activity_type=kind) for n, kind in enumerate(kinds)))
    assert rows(result, "sessions", "steps") == [(mask,)]
