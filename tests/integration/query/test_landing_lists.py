"""Lists of landing pages, and the figures of all of a store's, held against sums over the rows."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.query.conftest import Reads

from storepulse.query import pages

SORTS = ("visits", "views", "clicks", "purchases", "revenue", "conversion", "landing_page_id")
HOURS = [f"2026-03-0{day} {hour:02}:00Z" for day in (1, 2, 3) for hour in (0, 9, 23)]
PAGES = [f"lp-{n}" for n in range(12)] + ["<b>", "ünï·cöde", "(other)"]


class Drawn:
    """Rows of a store's landing pages, drawn; and their figures, added up one by one."""

    def __init__(self, reads: Reads, store: str, seed: int) -> None:
        draw = random.Random(seed)
        self.sessions: dict[str, set[str]] = defaultdict(set)
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.money: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        hourly, visits, revenue, orders = [], [], [], []
        for page in PAGES:
            for hour in draw.sample(HOURS, draw.randint(1, len(HOURS))):
                key = {"store_id": store, "landing_page_id": page, "campaign_id": "",
                       "hour": hour, "day": hour[:10], "is_bot": False}  # fmt: skip
                counts = {name: draw.randint(0, 3) for name in ("views", "clicks", "purchases")}
                hourly.append({**key, **counts, "told_orders": 0, "others": 0, "sessions": 0})
                hourly.append(
                    {**hourly[-1], "is_bot": True, "views": 50, "clicks": 50, "purchases": 50}
                )
                for name, count in counts.items():
                    self.counts[page][name] += count
                for session in {f"s-{draw.randint(1, 9)}" for _ in range(draw.randint(0, 3))}:
                    visits.append({**key, "session_id": session})
                    self.sessions[page].add(session)
                if draw.random() < 0.5:
                    currency = draw.choice(["EUR", "EUR", "USD", ""])
                    amount = Decimal(draw.randint(1, 9_999)) / 100
                    revenue.append({**key, "currency": currency, "purchases": 1, "revenue": amount})
                    self.money[page][currency] += amount
                if draw.random() < 0.4:
                    status = draw.choice(["paid", "refunded", "created", "cancelled"])
                    amount = Decimal(draw.randint(100, 9_999)) / 100
                    orders.append(
                        {"store_id": store, "order_id": str(uuid4()), "counted_at": hour,
                         "day": hour[:10], "first_word": "w", "status": status,
                         "amount": amount, "currency": "USD", "refunded": Decimal("0.5"),
                         "is_bot": False, "landing_page_id": page}
                    )  # fmt: skip
                    if status in ("paid", "refunded"):
                        self.counts[page]["purchases"] += 1
                        self.money[page]["USD"] += amount - Decimal("0.5")
        reads.insert("landing_hourly", *hourly)
        reads.insert("landing_sessions", *visits)
        reads.insert("landing_revenue_hourly", *revenue)
        reads.insert("orders", *orders)

    def figures(self, page: str) -> dict[str, Any]:
        visits = len(self.sessions[page])
        counts = {name: self.counts[page][name] for name in ("views", "clicks", "purchases")}
        return {
            "landing_page_id": page,
            "visits": visits,
            **counts,
            "conversion": round(counts["purchases"] / visits, 6) if visits else None,
            "revenue": {name: f"{sum_:.4f}" for name, sum_ in sorted(self.money[page].items())},
        }

    def key(self, column: str, page: str, currency: str) -> Any:
        """What a page is sorted by."""
        if column == "revenue":
            return self.money[page].get(currency, Decimal())
        value = self.figures(page)[column]
        return -1 if value is None else value


def shown(row: dict[str, Any]) -> dict[str, Any]:
    figures = {name: row[name] for name in (*SORTS,) if name != "revenue"}
    return figures | {"revenue": {one["currency"]: one["revenue"] for one in row["revenue"]}}


def test_every_order_pages_through_every_page_once(reads: Reads, store: str) -> None:
    drawn = Drawn(reads, store, seed=11)
    for column in SORTS:
        for sort in (column, f"-{column}"):
            rows: list[dict[str, Any]] = []
            cursor: dict[str, str] = {}
            while True:
                page = reads.read(
                    "/api/landing-pages", store_id=store, sort=sort, limit=4, **cursor
                )
                assert (page["total"], page["more"]) == (len(PAGES), False)
                rows += page["data"]
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
            names = [row["landing_page_id"] for row in rows]
            keys = [drawn.key(column, name, page["currency"]) for name in names]
            assert sorted(names) == sorted(PAGES), sort
            if column != "landing_page_id":
                assert keys == sorted(keys, reverse=sort.startswith("-")), sort
            for row in rows:
                assert shown(row) == drawn.figures(row["landing_page_id"]), sort


def test_figures_of_all_pages_count_a_session_once(reads: Reads, store: str) -> None:
    drawn = Drawn(reads, store, seed=12)
    answer = reads.read("/api/landing-pages/stats", store_id=store)
    data = answer["data"]
    sessions = set().union(*drawn.sessions.values())
    assert data["visits"] == len(sessions)
    for name in ("views", "clicks", "purchases"):
        assert data[name] == sum(counts[name] for counts in drawn.counts.values())
        assert data[name] == sum(day[name] for day in data["by_day"])
    money: dict[str, Decimal] = defaultdict(Decimal)
    for by_currency in drawn.money.values():
        for currency, amount in by_currency.items():
            money[currency] += amount
    found = {one["currency"]: one["revenue"] for one in data["revenue"]}
    assert found == {currency: f"{amount:.4f}" for currency, amount in sorted(money.items())}
    assert answer["comparison"] is None
    second = reads.read(
        "/api/landing-pages/stats", store_id=store, from_="2026-03-02", to="2026-03-03",
        compare="previous_period",
    )  # fmt: skip
    by_day = {day["day"]: day for day in data["by_day"]}
    assert second["data"]["views"] == by_day["2026-03-02"]["views"]
    assert second["comparison"]["views"] == by_day["2026-03-01"]["views"]
    assert second["comparison"]["visits"] == by_day["2026-03-01"]["visits"]


def test_the_sorting_currency_is_the_most_frequent_or_the_asked(reads: Reads, store: str) -> None:
    key = {"store_id": store, "campaign_id": "", "hour": HOURS[0], "day": "2026-03-01",
           "is_bot": False}  # fmt: skip
    counts = dict.fromkeys(("views", "clicks", "purchases", "told_orders", "others"), 0)
    sold = {"few dear": ("CHF", 1, 900), "many cheap": ("EUR", 5, 10)}
    for page, (currency, purchases, revenue) in sold.items():
        reads.insert(
            "landing_hourly", {**key, **counts, "landing_page_id": page, "sessions": 0}
        )  # fmt: skip
        reads.insert(
            "landing_revenue_hourly",
            {**key, "landing_page_id": page, "currency": currency, "purchases": purchases,
             "revenue": Decimal(revenue)},
        )  # fmt: skip
    path = "/api/landing-pages"
    usual = reads.read(path, store_id=store, sort="-revenue")
    assert usual["currency"] == "EUR"
    assert [row["landing_page_id"] for row in usual["data"]] == ["many cheap", "few dear"]
    francs = reads.read(path, store_id=store, sort="-revenue", currency="CHF", limit=1)
    assert [row["landing_page_id"] for row in francs["data"]] == ["few dear"]
    other = reads.get(path, store_id=store, sort="-revenue", cursor=francs["next_cursor"])
    assert (other.status_code, other.json()["details"]["field"]) == (400, "cursor")
    empty = reads.read(path, store_id=str(uuid4()))
    assert (empty["data"], empty["total"], empty["currency"]) == ([], 0, None)


@pytest.mark.parametrize("path", ["/api/landing-pages", "/api/campaigns"])
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"sort": "-nothing"}, "sort"),
        ({"sort": "visits; DROP TABLE orders"}, "sort"),
        ({"cursor": "AAAA"}, "cursor"),
        ({"cursor": "WyJsYW5kaW5nIHBhZ2VzIC12aXNpdHMiLCIxIiwieCJd"}, "cursor"),
        ({"currency": "euro"}, "currency"),
        ({"limit": 501}, "limit"),
    ],
)
def test_what_is_refused(
    reads: Reads, store: str, path: str, asked: dict[str, Any], field: str
) -> None:
    answer = reads.get(path, store_id=store, **asked)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    if field == "sort":
        assert "'-revenue'" in answer.json()["details"]["reason"]


def test_a_cursor_with_what_is_no_figure_is_refused(reads: Reads, store: str) -> None:
    for value in ("NaN", "1e9", "9" * 99, "", "x", "\u0661"):
        listing = pages.listing_of("landing pages -visits", UUID(store))
        cursor = pages.cursor_of_place(listing, value, "lp")
        answer = reads.get("/api/landing-pages", store_id=store, cursor=cursor)
        assert answer.status_code == 400, (value, answer.text)
        assert answer.json()["details"]["field"] == "cursor"
