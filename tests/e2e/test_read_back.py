"""What is accepted can be read: each odd name is asked for and gives what was sent under it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World, open_world

STORE = "11111111-1111-4111-8111-111111111111"
PAGE_IDS = ["lp-1", "a.b_c~d:e-f", "...", "x" * 128, 7, ".a", "-"]
NO_PAGE_IDS = [
    "a/b", "..", ".", "a?b", "a#b", "a\tb", "a\u00a0b", "a b", "", "x" * 129, "ü", "a%2Fb", "a\n",
    "(other)", "a\0", "\\", "a;b", -1, 1.5, None,
]  # fmt: skip
#: Of products, campaigns and visitors: text as shops have it.
NAMES = [
    "a/b", "..", "a?b&c=d#e", " a\tb ", "\u00a0", "a+b %2B", "ü\U0001f600", "'; DROP", "x" * 255,
    "null", "(other)", "\x01\x1f\x7f", "\u202eabc",
]  # fmt: skip
pytestmark = pytest.mark.timeout(150)


def accepted(answer: httpx.Response) -> None:
    assert answer.status_code in (200, 202), answer.text
    assert not answer.json().get("rejected"), answer.text


def test_what_is_accepted_can_be_read(world: World, services: dict[str, Service]) -> None:
    gateway, query = services["gateway"].url, services["query"].url
    with httpx.Client(timeout=10) as client:

        def read(path: str, **asked: Any) -> Any:
            answer = client.get(query + path, params=asked, headers=world.headers)
            assert answer.status_code == 200, answer.text
            return answer.json()["data"]

        views = [
            {
                "store_id": STORE,
                "session_id": "s",
                "event_type": "PageView",
                "landing_page_id": page,
            }
            for page in PAGE_IDS
        ]
        accepted(client.post(f"{gateway}/collect", json={"stream": "landing", "events": views}))
        for page in NO_PAGE_IDS:
            bad = {**views[0], "landing_page_id": page}
            answer = client.post(f"{gateway}/api/v1/landing-pages/events", json=bad)
            assert answer.status_code == 400, (page, answer.text)
            assert answer.json()["details"]["field"] == "landing_page_id", (page, answer.text)

        campaigns = [{**views[0], "landing_page_id": "lp-c", "campaign_id": name} for name in NAMES]
        accepted(client.post(f"{gateway}/collect", json={"stream": "landing", "events": campaigns}))
        acts = [
            {
                "store_id": STORE,
                "session_id": "s",
                "activity_type": "product_view",
                "product_id": name,
                "visitor_id": name,
            }
            for name in NAMES
        ]
        accepted(client.post(f"{gateway}/collect", json={"stream": "activity", "events": acts}))
        carts = [
            {
                "storeName": "shop",
                "storeId": STORE,
                "productId": name,
                "variantId": name,
                "visitorId": name,
            }
            for name in NAMES
        ]
        accepted(client.post(f"{gateway}/collect", json={"stream": "cart", "events": carts}))
        clicks = [
            {
                "store_id": STORE,
                "session_id": "s",
                "type": "click",
                "x": 1,
                "y": 1,
                "page_url": f"https://a.example/{path}",
            }
            for path in ("a%2Fb", "..", "://x", "é", "a;b", "%00", "(other)", "\u202e", "%", "a+b")
        ]
        accepted(client.post(f"{gateway}/collect", json={"stream": "heatmap", "events": clicks}))

        def landed(page: Any, **asked: Any) -> int:
            found: int = read(f"/api/landing-pages/{quote(str(page), safe='')}/stats", **asked)[
                "views"
            ]
            return found

        wait_until(lambda: landed("lp-c") == len(NAMES), "landing pages", seconds=60)
        assert [landed(page) for page in PAGE_IDS] == [1] * len(PAGE_IDS)
        assert [landed("lp-c", campaign_id=name) for name in NAMES] == [1] * len(NAMES)
        activity, events = "/api/customer-activity", "/api/cart-tracking/events"
        wait_until(
            lambda: len(read(activity, store_id=STORE)) == len(NAMES), "activity", seconds=60
        )
        for name in NAMES:
            (row,) = read(activity, store_id=STORE, visitor_id=name)
            assert (row["visitor_id"], row["product_id"]) == (name, name)
        wait_until(lambda: len(read(events, storeId=STORE)) == len(NAMES), "carts", seconds=60)
        for name in NAMES:
            (row,) = read(events, storeId=STORE, productId=name)
            assert (row["productId"], row["variantId"], row["visitorId"]) == (name, name, name)

        def clicked(page: str) -> int:
            data = read(f"/api/heatmap/{STORE}", page=page)
            return sum(cell["events"] for cell in data["cells"])

        for click in clicks:
            page = click["page_url"].removeprefix("https://a.example")
            wait_until(lambda page=page: clicked(page) == 1, page, seconds=60)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        open_world(tmp_path_factory.mktemp("ids")) as world,
        running(
            "gateway", world.settings.model_copy(update={"rate_limits_enabled": False})
        ) as service,
    ):
        yield service.url


@pytest.mark.parametrize(
    ("stream", "more", "field"),
    [
        ("landing", {"event_data": {"order_id": "a\0b"}}, "event_data.order_id"),
        (
            "landing",
            {"event_type": "PageView", "event_data": {"orderId": "\0"}},
            "event_data.orderId",
        ),
        (
            "landing",
            {"event_data": {"items": [{"product_id": "a\0"}]}},
            "event_data.items.product_id",
        ),
        ("landing", {"metadata": {"customerId": "\0"}}, "metadata.customerId"),
        ("landing", {"customer_id": "a\0"}, "customer_id"),
        ("landing", {"campaign_id": "a\0"}, "campaign_id"),
        ("landing", {"visitor_id": "a\0"}, "visitor_id"),
        ("activity", {"metadata": {"product_ids": ["a", "b\0"]}}, "metadata.product_ids"),
        ("activity", {"metadata": {"a": {"b": {"id": "\0"}}}}, "metadata.a.b.id"),
        ("activity", {"order_id": "a\0"}, "order_id"),
        ("activity", {"product_id": "a\0"}, "product_id"),
        ("activity", {"idempotency_key": "a\0"}, "idempotency_key"),
        ("cart", {"variantId": "a\0"}, "variantId"),
        ("cart", {"productId": "a\0"}, "productId"),
        ("cart", {"idempotencyKey": "a\0"}, "idempotencyKey"),
        ("heatmap", {"messageId": "a\0"}, "messageId"),
    ],
)
def test_an_id_with_nul_is_refused_wherever_it_stands(
    gateway: str, stream: str, more: dict[str, Any], field: str
) -> None:
    event: dict[str, Any] = {
        "landing": {
            "store_id": STORE,
            "session_id": "s",
            "event_type": "Purchase",
            "landing_page_id": "p",
        },
        "activity": {"store_id": STORE, "session_id": "s", "activity_type": "custom"},
        "cart": {"storeName": "shop"},
        "heatmap": {
            "store_id": STORE,
            "session_id": "s",
            "type": "click",
            "x": 1,
            "y": 1,
            "page_url": "https://a.example/",
        },
    }[stream]
    path = {
        "landing": "/api/v1/landing-pages/events",
        "activity": "/api/customer-activity",
        "cart": "/api/cart-tracking/track",
        "heatmap": "/api/heatmap/track",
    }[stream]
    alone = httpx.post(gateway + path, json={**event, **more})
    assert (alone.status_code, alone.json()["details"]["field"]) == (400, field)
    batch = httpx.post(
        f"{gateway}/collect", json={"stream": stream, "events": [event, {**event, **more}]}
    )
    outcomes = batch.json().get("rejected")
    assert batch.status_code == 202, batch.text
    assert [(one["index"], one["field"]) for one in outcomes] == [(1, field)]
    if "metadata" in more or "event_data" in more:
        text = {"note\0": "a\0b", "paid": "\0", "grid": "\0"}
        assert httpx.post(gateway + path, json={**event, "metadata": text}).status_code == 202
