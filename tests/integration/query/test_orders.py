"""Orders as they are listed, and those that the tracker missed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.integration.query.conftest import Reads

PATH = "/api/orders/reconciliation"
NIGHT, NOON = "2026-03-01 23:30Z", "2026-03-02 12:00Z"


def order(store: str, number: int, at: str, **fields: Any) -> dict[str, Any]:
    """An order that the shop told of and a browser saw."""
    return {
        "store_id": store, "order_id": str(number), "order_name": f"#{number}", "counted_at": at,
        "day": at[:10], "first_word": f"{at} {number:03}", "status": "paid",
        "amount": Decimal("10.00"), "currency": "EUR", "refunded": 0, "is_bot": False,
        "channel": "web", "told_at": at, "seen_at": at,
    } | fields  # fmt: skip


def fill(reads: Reads, store: str) -> None:
    reads.insert(
        "orders", order(store, 1, NIGHT), order(store, 2, NIGHT, seen_at=None),
        order(store, 3, NOON, seen_at=None, refunded=Decimal("4.00")),
        order(store, 4, NOON, seen_at=None, status="cancelled"),
        order(store, 5, NOON, seen_at=None, currency="USD", amount=None),
        order(store, 6, NOON, seen_at=None, channel="pos"), order(store, 7, NOON, is_bot=True),
        order(store, 8, NOON, told_at=None), order(store, 9, "2026-03-09 12:00Z", seen_at=None),
    )  # fmt: skip


def numbers(orders: list[dict[str, Any]]) -> list[str]:
    return [one["order_id"] for one in orders]


def test_orders_by_shop_and_tracker_and_the_gap(reads: Reads, store: str) -> None:
    fill(reads, store)
    asked = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-03", "channel": "web"}
    found = reads.read(PATH, **asked)
    assert [found[name] for name in ("orders", "seen", "unseen", "seen_share")] == [4, 1, 3, 0.25]
    assert [(d["day"], d["orders"], d["seen"], d["unseen"]) for d in found["by_day"]] == [
        ("2026-03-01", 2, 1, 1), ("2026-03-02", 2, 0, 2),
    ]  # fmt: skip
    assert found["unseen_revenue"] == [{"currency": "EUR", "sales": 2, "revenue": "16.0000"}]
    assert numbers(found["unseen_orders"]) == ["3", "5", "2"]
    assert found["next_cursor"] is None

    everywhere = reads.read(PATH, **{k: v for k, v in asked.items() if k != "channel"})
    assert (everywhere["orders"], everywhere["unseen"]) == (5, 4)
    berlin = reads.read(PATH, **asked, tz="Europe/Berlin")
    assert [(d["day"], d["orders"]) for d in berlin["by_day"]] == [("2026-03-02", 4)]
    nothing = reads.read(PATH, store_id=store, from_="2026-04-01")
    assert (nothing["orders"], nothing["seen_share"], nothing["by_day"]) == (0, None, [])


def test_pages_of_the_gap_miss_and_repeat_nothing(reads: Reads, store: str) -> None:
    fill(reads, store)
    walked, cursor = [], None
    for _ in range(9):
        page = reads.read(PATH, store_id=store, limit=2, cursor=cursor)
        assert page["orders"] == 6
        walked += numbers(page["unseen_orders"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == ["9", "3", "5", "6", "2"]


def test_orders_are_listed_by_what_they_are(reads: Reads, store: str) -> None:
    fill(reads, store)
    listed = reads.read("/api/orders", store_id=store, include_bots=True)["data"]
    assert numbers(listed) == ["9", "3", "4", "5", "6", "7", "8", "1", "2"]
    assert listed[1] | {"refunded": "4.0000", "seen_at": None, "order_name": "#3"} == listed[1]
    for filters, wanted in (
        ({"status": "cancelled"}, ["4"]), ({"seen": True}, ["8", "1"]), ({"channel": "pos"}, ["6"]),
        ({"seen": False, "to": "2026-03-02"}, ["2"]),
    ):  # fmt: skip
        found = reads.read("/api/orders", store_id=store, **filters)["data"]
        assert numbers(found) == wanted, filters


def test_bad_questions_are_refused(reads: Reads, store: str) -> None:
    for path in (PATH, "/api/orders"):
        assert reads.get(path).json()["details"]["field"] == "store_id"
        assert reads.get(path, store_id=store, cursor="x").status_code == 400
        assert reads.get(path, store_id=store, limit=0).status_code == 400
    assert reads.get("/api/orders", store_id=store, status="lost").status_code == 400
