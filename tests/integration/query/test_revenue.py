"""What a store sold: orders once, purchases without an order, money by currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.integration.query.conftest import Reads

PATH = "/api/analytics/revenue"


def order(store: str, number: int, at: str, **fields: Any) -> dict[str, Any]:
    return {
        "store_id": store, "order_id": str(number), "counted_at": at, "day": at[:10],
        "first_word": "w", "status": "paid", "amount": Decimal("10.00"), "currency": "EUR",
        "refunded": 0, "is_bot": False,
    } | fields  # fmt: skip


def sale(store: str, at: str, purchases: int, revenue: str, **fields: Any) -> dict[str, Any]:
    return {
        "store_id": store, "hour": at, "day": at[:10], "currency": "EUR", "is_bot": False,
        "purchases": purchases, "revenue": Decimal(revenue),
    } | fields  # fmt: skip


def test_orders_and_purchases_in_total_and_by_day(reads: Reads, store: str) -> None:
    night, noon = "2026-03-01 23:30Z", "2026-03-02 12:00Z"
    reads.insert(
        "orders", order(store, 1, night), order(store, 2, noon, amount=Decimal("20.01")),
        order(store, 3, noon, status="refunded", refunded=Decimal("4.00"), currency="USD"),
        order(store, 4, noon, amount=None, currency=None), order(store, 5, noon, is_bot=True),
        order(store, 6, noon, status="cancelled"), order(store, 7, noon, status="created"),
        order(store, 8, "2026-03-09 12:00Z"),
    )  # fmt: skip
    reads.insert(
        "activity_revenue_hourly", sale(store, noon, 2, "3"), sale(store, noon, 9, "9", is_bot=True)
    )
    page = {"landing_page_id": "lp", "campaign_id": ""}
    reads.insert("landing_revenue_hourly", sale(store, noon, 1, "7", currency="", **page))
    asked = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-03"}

    found = reads.read(PATH, **asked)
    assert (found["orders"], found["purchases"]) == (4, 3)
    assert [tuple(entry.values()) for entry in found["revenue"]] == [
        ("", 1, "7.0000", "7.0000"), ("EUR", 4, "33.0100", "8.2525"),
        ("USD", 1, "6.0000", "6.0000"),
    ]  # fmt: skip
    assert [(d["day"], d["orders"], d["purchases"], d["complete"]) for d in found["by_day"]] == [
        ("2026-03-01", 1, 0, True), ("2026-03-02", 3, 3, True),
    ]  # fmt: skip
    assert found["by_day"][0]["revenue"] == [
        {"currency": "EUR", "sales": 1, "revenue": "10.0000", "average": "10.0000"}
    ]
    elsewhere = reads.read(PATH, **asked, tz="Europe/Berlin")
    assert [(d["day"], d["orders"]) for d in elsewhere["by_day"]] == [("2026-03-02", 4)]
    later = reads.read(
        PATH, store_id=store, from_="2026-03-03", to="2026-03-05", compare="previous_period"
    )
    assert (later["orders"], later["by_day"], later["revenue"]) == (0, [], [])
    assert (later["comparison"]["orders"], later["comparison"]["purchases"]) == (4, 3)


def test_a_store_is_needed(reads: Reads) -> None:
    assert reads.get(PATH).status_code == 400
