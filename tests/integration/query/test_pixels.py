"""Purchases for which pixels were called, by day."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.integration.query.conftest import Reads
from tests.integration.query.test_orders import NIGHT, NOON, order

PATH = "/api/analytics/pixels"
SALE = "0197b2c4-0000-7000-8000-00000000000a"


def number(store: str, told: str, of: str | None = None) -> dict[str, Any]:
    """A number under which an order was told."""
    return {"store_id": store, "number": told, "order_id": of or told}


def call(store: str, purchase: str, pixel: str = "meta", **fields: Any) -> dict[str, Any]:
    return {"store_id": store, "purchase": purchase, "pixel": pixel, "is_bot": False} | fields


def counts(found: dict[str, Any]) -> list[int]:
    return [found[name] for name in ("purchases", "meta", "google", "any", "none")]


def test_purchases_by_pixel_and_day(reads: Reads, store: str) -> None:
    other = str(uuid4())
    reads.insert(
        "orders", order(store, 1, NIGHT), order(store, 2, NIGHT, seen_at=None),
        order(store, 3, NOON, status="refunded"), order(store, 4, NOON, status="cancelled"),
        order(store, 5, NOON, status="created"), order(store, 6, NOON, is_bot=True),
        order(store, 7, NOON),
    )  # fmt: skip
    reads.insert("order_tellings", *(number(store, str(n)) for n in range(1, 8)))
    reads.insert("order_tellings", number(store, "1003", of="3"))
    reads.insert(
        "pixel_calls",
        call(store, "purchase:1"), call(store, "purchase:1", "google"),
        # Under the number that the customer sees.
        call(store, "purchase:1003", "google"), call(store, "purchase:4"),
        call(store, "purchase:5"), call(store, "purchase:6"),
        call(store, "purchase:7", is_bot=True), call(store, "purchase:99"),
        call(other, "purchase:2"),
        # A purchase without a number, and a call for one that nobody told of.
        call(store, SALE, "", day="2026-03-02"), call(store, SALE),
        call(store, SALE.replace("a", "b")),
    )  # fmt: skip
    asked = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-03"}
    found = reads.read(PATH, **asked)
    assert counts(found) == [5, 2, 2, 3, 2]
    shares = [found[f"{name}_share"] for name in ("meta", "google", "any", "none")]
    assert shares == [0.4, 0.4, 0.6, 0.4]
    assert [(day["day"], counts(day), day["complete"]) for day in found["by_day"]] == [
        ("2026-03-01", [2, 1, 1, 1, 1], True), ("2026-03-02", [3, 1, 1, 2, 1], True),
    ]  # fmt: skip
    assert counts(reads.read(PATH, **asked, include_bots=True)) == [6, 4, 2, 5, 1]


def test_a_store_without_purchases_has_no_shares(reads: Reads, store: str) -> None:
    reads.insert("pixel_calls", call(store, "purchase:1"))
    found = reads.read(PATH, store_id=store)
    assert (counts(found), found["any_share"], found["by_day"]) == ([0] * 5, None, [])
