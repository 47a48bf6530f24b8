"""Orders and visits through the running services: each once, however often and where it is told."""

from __future__ import annotations

from typing import Any

import httpx
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

STORE = "11111111-1111-4111-8111-111111111111"
ITEMS = [
    {"product_id": "mug", "name": "Mug", "quantity": 2, "price": "20"},
    {"product_id": "cup", "quantity": 1, "price": 9.9},
]
ORIGINS = ("https://shop.example", "https://www.shop.example", "null", None)


def landed(page: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"session_id": "s-1", "event_type": kind, "landing_page_id": page, **fields}


def bought(order: str, **fields: Any) -> dict[str, Any]:
    return {"value": "49.90", "currency": "EUR", "order_id": order, **fields}


def test_an_order_and_a_visit_count_once(world: World, services: dict[str, Service]) -> None:
    sent = 0

    def send(path: str, body: dict[str, Any], origin: str | None = None) -> None:
        nonlocal sent
        headers = {} if origin is None else {"Origin": origin}
        answer = httpx.post(services["gateway"].url + path, json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        sent += 1

    def send_landing(body: dict[str, Any], origin: str | None = None) -> None:
        send("/api/v1/landing-pages/events", body, origin)

    def read(path: str, **asked: Any) -> Any:
        answer = httpx.get(services["query"].url + path, params=asked, headers=world.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    # The thank-you page is loaded again, and the shop's script tells of the order as well.
    send_landing({**landed("lp-reload", "PageView"), "store_id": STORE})
    for _ in range(3):
        send_landing(
            {**landed("lp-reload", "Purchase", event_data=bought("#1001")), "store_id": STORE}
        )
    purchase = {"session_id": "s-2", "activity_type": "purchase", "store_id": STORE}
    for _ in range(2):
        send("/api/customer-activity", {**purchase, **bought("#1001"), "items": ITEMS})
    send("/api/customer-activity", {**purchase, **bought("#1002"), "product_id": "cup"})
    single = {"product_id": "cup", "quantity": 3, "value": 29.7, "currency": "EUR"}
    send("/api/customer-activity", {**purchase, **single})
    # One visit, seen with every kind of origin.
    for origin in ORIGINS:
        send_landing(landed("lp-origins", "PageView"), origin)
    send_landing(landed("lp-origins", "Purchase", event_data=bought("7")), ORIGINS[1])

    with world.connect() as connection:
        count = b"SELECT coalesce(sum(applied), 0)::int FROM ledger_counts"
        wait_until(lambda: connection.execute(count).fetchone() == (sent,), "all applied")
        stores = connection.execute(
            b"SELECT count(DISTINCT store_id) FROM landing_events"
            b" WHERE landing_page_id = 'lp-origins'"
        ).fetchone()
    for page in ("lp-reload", "lp-origins"):
        figures = read(f"/api/landing-pages/{page}/stats")
        assert {name: figures[name] for name in ("visits", "purchases", "conversion")} == {
            "visits": 1, "purchases": 1, "conversion": 1.0,
        }, page  # fmt: skip
        assert figures["revenue"] == [{"currency": "EUR", "purchases": 1, "revenue": "49.9000"}]
        assert [day["visits"] for day in figures["by_day"]] == [1]
    assert stores == (2,)  # The shop's with and without www., and the landing page's own.
    products = read("/api/analytics/products", store_id=STORE, sort="purchases")
    found = [(p["product_id"], p["purchases"], p["units"], p["revenue"]) for p in products]
    assert found == [
        ("cup", 3, 5, [{"currency": "EUR", "revenue": "89.5000"}]),
        ("mug", 1, 2, [{"currency": "EUR", "revenue": "40.0000"}]),
    ]
