"""Ranked lists: each column both ways, by pages, with a search, against the rows they show."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads

MARCH = date(2026, 3, 1)
HOSTILE = ("'; drop table sessions; --", "<script>alert(1)</script>", '=hyperlink("http://x")',
           "%", "_", "\u202egnp.exe", "👗 gown", "grüne jacke", "x" * 200)  # fmt: skip


def fill_products(reads: Reads, store: str) -> None:
    rows = [(n, 7 * n % 5, 3 * n % 4) for n in range(9)]
    reads.insert("activity_products_daily", *(
        {
            "store_id": store, "day": MARCH + timedelta(days=n % 2), "product_id": f"p{n}",
            "is_bot": False, "product_name": HOSTILE[n], "views": views, "adds": adds, "removes": n,
        }
        for n, views, adds in rows
    ))  # fmt: skip
    reads.insert("product_sales_daily", *(
        {
            "store_id": store, "day": MARCH, "product_id": f"p{n}", "currency": "EUR",
            "is_bot": False, "name": "Sold", "purchases": n % 3, "units": n, "revenue": n,
        }
        for n in (1, 2, 3, 10)
    ))  # fmt: skip


def fill_searches(reads: Reads, store: str) -> None:
    reads.insert("activity_searches_daily", *(
        {"store_id": store, "day": MARCH, "term": term, "is_bot": False, "searches": n % 3 + 1}
        for n, term in enumerate(HOSTILE)
    ))  # fmt: skip


def fill_sources(reads: Reads, store: str) -> None:
    reads.insert("sessions_daily", *(
        {
            "store_id": store, "day": MARCH, "is_bot": False, "source": source, "medium": "",
            "campaign": "", "country": "", "sessions": n % 3 + 1, "events": 1, "pages": n,
            "bounces": n % 2, "purchases": (n + 1) % 2, "duration_ms": 0,
        }
        for n, source in enumerate(("", *HOSTILE))
    ))  # fmt: skip


def fill_pages(reads: Reads, store: str) -> None:
    reads.insert("pages_daily", *(
        {
            "store_id": store, "day": MARCH, "page": page, "is_bot": False, "views": n % 4,
            "page_hash": sha256(page.encode()).digest(), "entries": n, "exits": n % 2,
        }
        for n, page in enumerate(("", "/Cart", *HOSTILE, "/" + "é" * 2_000, "/" + "é" * 1_999))
        if n
    ))  # fmt: skip


Fill = Callable[[Reads, str], None]
PRODUCT_SORTS = ("views", "adds", "removes", "purchases", "units", "cart_rate", "purchase_rate")
LISTS = {
    "products": ("/api/analytics/products", "product_id", fill_products, PRODUCT_SORTS),
    "searches": ("/api/analytics/searches", "term", fill_searches, ("searches",)),
    "sources": (
        "/api/analytics/sources", "source", fill_sources,
        ("sessions", "purchases", "conversion", "bounces", "bounce_rate", "pages_per_session"),
    ),
    "pages": ("/api/analytics/pages", "page", fill_pages, ("views", "entries", "exits")),
}  # fmt: skip
NAME = {"products": "product_name", "searches": "term", "sources": "source", "pages": "page"}


def pages_of(reads: Reads, path: str, **asked: Any) -> list[Any]:
    """All entries, read by pages of two."""
    seen, cursor = [], {}
    while True:
        answer = reads.read(path, limit=2, **asked, **cursor)
        seen += answer["data"]
        if answer["next_cursor"] is None:
            return seen
        assert len(answer["data"]) == 2
        cursor = {"cursor": answer["next_cursor"]}


@pytest.mark.parametrize("name", LISTS)
def test_each_column_sorts_both_ways_and_by_pages(reads: Reads, store: str, name: str) -> None:
    path, key, fill, sorts = LISTS[name]
    fill(reads, store)
    every = reads.read(path, store_id=store, limit=500)["data"]
    for sort in sorts:
        for order in ("desc", "asc"):
            found = pages_of(reads, path, store_id=store, sort=sort, order=order)
            assert sorted(map(str, found)) == sorted(map(str, every)), "lost or twice"
            values = [one[sort] for one in found]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=order == "desc")
            assert values == known + [None] * (len(values) - len(known)), "unknown ones come last"
            equal = [(one[sort], one[key] or "") for one in found]
            assert all(a[1] < b[1] for a, b in itertools.pairwise(equal) if a[0] == b[0])


@pytest.mark.parametrize("name", LISTS)
def test_names_sort_by_their_letters(reads: Reads, store: str, name: str) -> None:
    path, _, fill, _ = LISTS[name]
    fill(reads, store)
    ways = [pages_of(reads, path, store_id=store, sort="name", **order)
            for order in ({}, {"order": "desc"})]  # fmt: skip
    for found, is_reverse in zip(ways, (False, True), strict=True):
        names = [(one[NAME[name]] or "").lower()[:200] for one in found]
        assert names == sorted(names, reverse=is_reverse)
    assert sorted(map(str, ways[0])) == sorted(map(str, ways[1]))


@pytest.mark.parametrize("name", LISTS)
def test_a_search_finds_text_as_it_is(reads: Reads, store: str, name: str) -> None:
    path, _, fill, _ = LISTS[name]
    fill(reads, store)
    totals = reads.read(path, store_id=store)["totals"]
    for part in ("DROP TABLE", "%", "_", "👗", "<SCRIPT>"):
        found = reads.read(path, store_id=store, search=part)
        assert [one[NAME[name]] for one in found["data"]] == [
            text for text in HOSTILE if part.lower() in text
        ]  # fmt: skip
        assert (found["total"], found["totals"]) == (1, totals)
    nothing = reads.read(path, store_id=store, search="no such thing")
    assert (nothing["data"], nothing["total"], nothing["totals"]) == ([], 0, totals)


def test_products_are_found_by_their_id_and_newest_name(reads: Reads, store: str) -> None:
    fill_products(reads, store)
    path = "/api/analytics/products"
    assert [p["product_id"] for p in reads.read(path, store_id=store, search="P10")["data"]] == [
        "p10"
    ]
    (sold,) = reads.read(path, store_id=store, search="sold")["data"]
    assert (sold["product_id"], sold["product_name"]) == ("p10", "Sold")
    reads.insert("activity_products_daily", {
        "store_id": store, "day": "2026-03-05", "product_id": "p0", "is_bot": False,
        "product_name": "Renamed", "views": 1, "adds": 0, "removes": 0,
    })  # fmt: skip
    assert reads.read(path, store_id=store, search="drop")["data"] == []
    (renamed,) = reads.read(path, store_id=store, search="renamed")["data"]
    assert renamed["views"] == 1
    with_rate = reads.read(path, store_id=store, search="p1", sort="name")["data"]
    assert [(p["product_id"], p["cart_rate"], p["purchase_rate"]) for p in with_rate] == [
        ("p1", 1.5, 0.333333), ("p10", None, None),
    ]  # fmt: skip


def test_totals_of_products(reads: Reads, store: str) -> None:
    fill_products(reads, store)
    answer = reads.read("/api/analytics/products", store_id=store, limit=1)
    every = reads.read("/api/analytics/products", store_id=store, limit=500)["data"]
    assert answer["totals"] == {
        name: sum(one[name] for one in every) for name in ("views", "adds", "removes", "units")
    }


def test_sessions_that_searched(reads: Reads, store: str) -> None:
    def search(session: str, query: str, **more: Any) -> dict[str, Any]:
        return {
            "event_id": str(uuid4()), "store_id": store, "session_id": session,
            "correlation_id": "c", "occurred_at": "2026-03-01T12:00:00Z",
            "received_at": "2026-03-01T12:00:00Z", "activity_type": "search",
            "search_query": query, "source": "tracker", "consent_analytics": "granted",
            "consent_marketing": "unknown", "is_bot": False, **more,
        }  # fmt: skip

    reads.insert(
        "customer_activity", search("a", "mug"), search("a", "mug"), search("b", "hat"),
        search("c", " \u3000"), search("d", "mug", is_bot=True),
        search("e", "mug", occurred_at="2026-03-02T00:00:00Z"),
    )  # fmt: skip
    row = {"store_id": store, "day": MARCH, "term": "mug", "is_bot": False, "searches": 3}
    reads.insert("activity_searches_daily", row)
    asked = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-02"}
    assert reads.read("/api/analytics/searches", **asked)["totals"] == {
        "searches": 3, "sessions": 2,
    }  # fmt: skip
    reads.insert("activity_searches_daily", {**row, "term": "x", "searches": 50_000})
    assert reads.read("/api/analytics/searches", **asked)["totals"]["sessions"] is None


@pytest.mark.parametrize("name", LISTS)
def test_what_cannot_be_asked_is_refused(reads: Reads, store: str, name: str) -> None:
    path, _, fill, sorts = LISTS[name]
    fill(reads, store)
    unknown = reads.get(path, store_id=store, sort="colour")
    assert (unknown.status_code, unknown.json()["details"]["field"]) == (400, "sort")
    assert all(f"'{sort}'" in unknown.json()["details"]["reason"] for sort in (*sorts, "name"))
    first = reads.read(path, store_id=store, limit=1)["next_cursor"]
    cursors = [
        {"cursor": "x"}, {"cursor": "WyJ4Il0"}, {"cursor": first + "A"},
        {"cursor": first, "order": "asc"}, {"cursor": first, "sort": "name"},
        {"cursor": first, "store_id": str(uuid4())},
    ]  # fmt: skip
    for asked in cursors:
        refused = reads.get(path, **{"store_id": store, "limit": 1, **asked})
        assert (refused.status_code, refused.json()["details"]["field"]) == (400, "cursor"), asked
    for wrong in ({"order": "up"}, {"limit": 501}, {"search": "\0"}, {"search": "x" * 201}):
        assert reads.get(path, store_id=store, **wrong).status_code == 400
