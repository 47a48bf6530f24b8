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
        "purchase",
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
    columns = ("day", "product_id", "product_name", "views", "adds", "removes", "purchases")
    assert rows(result, "activity_products_daily", *columns) == [(DAY, "p", "Éclair", 4, 1, 1, 1)]


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
    # What lasts too long is cut by the database, which knows what came before.
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


def test_a_piece_has_the_first_and_the_last_of_its_events() -> None:
    referrer = "https://me:pw@News.Example:81/x"
    result = reduced(
        at(5, page_url="https://s.example/last", visitor_id="b", activity_type="search"),
        at(0, page_url="https://s.example/first", referrer=referrer, visitor_id="a"),
        at(3, page_url=None, referrer="https://later.example/", is_bot=True),
        at(3, session_id="other"),
        at(3, store_id=event_id(77)),
    )  # fmt: skip
    columns = (
        "store_id", "session_id", "entry_event_id", "exit_event_id", "entry_page", "exit_page",
        "source", "visitor_id", "pages", "events", "is_bot",
    )  # fmt: skip
    found = {(row[0], row[1]): row[2:] for row in rows(result, "sessions", *columns)}
    assert len(found) == 3
    assert found[STORE, "s-1"] == (
        event_id(1), event_id(0), "https://s.example/first", "https://s.example/last",
        "news.example", "b", 2, 3, True,
    )  # fmt: skip


def test_events_of_one_moment_are_ordered_by_their_ids() -> None:
    first, last = sorted([event_id(0), event_id(1)])
    result = reduced(at(0), at(0))
    assert rows(result, "sessions", "entry_event_id", "exit_event_id") == [(first, last)]


@pytest.mark.parametrize(
    ("kinds", "mask"),
    [
        (["page_view"], 1),
        (["page_view", "page_view", "product_view"], 3),
        (["purchase"], 16),
        (["purchase", "checkout_start", "add_to_cart", "product_view", "page_view"], 31),
        (["page_view", "search", "add_to_cart"], 5),
        (["search", "custom", "remove_from_cart"], None),
    ],
)
def test_funnel_steps_are_a_mask(kinds: list[str], mask: int | None) -> None:
    result = reduced(*(at(n, activity_type=kind) for n, kind in enumerate(kinds)))
    expected = [] if mask is None else [(DAY, "s-1", False, mask)]
    assert rows(result, "funnel_sessions", "day", "session_id", "is_bot", "steps") == expected


def test_the_funnel_is_by_day_session_and_bot() -> None:
    result = reduced(
        at(0), at(24 * HOUR, activity_type="purchase"), at(0, session_id="t"), at(0, is_bot=True)
    )
    assert rows(result, "funnel_sessions", "session_id", "is_bot", "steps") == [
        ("s-1", False, 1), ("s-1", False, 16), ("s-1", True, 1), ("t", False, 1),
    ]  # fmt: skip
