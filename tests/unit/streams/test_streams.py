"""Each stream's own rules: what a beacon becomes, in the order of the stream's schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from storepulse.contracts.encoder import encoder_of
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import Rules
from storepulse.streams.cart.beacon import public_id
from storepulse.streams.heatmap.beacon import device_of
from storepulse.streams.registry import STREAMS

CLICK = {"session_id": "s", "type": "click", "page_url": "https://a.b", "x": 1, "y": 2}


def own(stream: str, document: dict[str, Any], rules: Rules | None = None) -> dict[str, Any]:
    beacon: Any = msgspec.convert(document, STREAMS[stream].input.beacon)
    values = STREAMS[stream].input.own(beacon, rules or Rules())
    names = encoder_of(stream).own_fields
    assert len(names) == len(values)
    encoder_of(stream).own(*values)
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize(
    ("width", "sent", "device"),
    [
        (767, "desktop", "mobile"),
        (768, None, "tablet"),
        (1023, None, "tablet"),
        (1024, None, "desktop"),
        (0, None, "mobile"),
        (None, "tablet", "tablet"),
        (None, None, "unknown"),
    ],
)
def test_devices(width: int | None, sent: str | None, device: str) -> None:
    assert device_of(width, sent) == device


def test_points_on_the_edge_are_on_the_page() -> None:
    edge = {**CLICK, "x": 1280, "viewport_width": 1280, "y": 3000, "document_height": 3000}
    assert own("heatmap", edge)["x"] == 1280


def test_a_deployment_may_have_taller_pages() -> None:
    tall = {**CLICK, "y": 150_000, "document_height": 180_000}
    with pytest.raises(Rejected):
        own("heatmap", tall)
    assert own("heatmap", tall, Rules(max_coordinate_y=200_000))["y"] == 150_000


def test_a_scroll_needs_a_depth_and_no_point() -> None:
    scroll = {"session_id": "s", "type": "scroll", "page_url": "https://a.b"}
    assert own("heatmap", {**scroll, "scroll_depth": 0})["scroll_depth"] == 0
    with pytest.raises(Rejected, match="scroll_depth"):
        own("heatmap", scroll)


def test_empty_text_is_absent() -> None:
    beacon = {
        "session_id": "s",
        "activity_type": "search",
        "referrer": "",
        "search_query": "",
        "product_id": "",
        "currency": "",
        "product_name": "",
    }
    found = own("activity", beacon)
    assert {v for k, v in found.items() if k != "activity_type"} == {None}


def test_a_purchase_moves_its_money_out_of_event_data() -> None:
    base = {"session_id": "s", "landing_page_id": 7, "event_type": "Purchase"}
    found = own(
        "landing", {**base, "event_data": {"value": 19.99, "currency": "usd", "orderId": "A"}}
    )
    assert (found["value"], found["currency"], found["order_id"]) == (Decimal("19.99"), "USD", "A")
    assert found["event_data"] is None
    assert found["landing_page_id"] == "7"
    view = own("landing", {**base, "event_type": "PageView", "event_data": {"value": "n/a"}})
    assert (view["value"], view["event_data"]) == (None, '{"value":"n/a"}')
    for data in ({"value": True}, {"value": []}, {"value": "x"}, {"currency": 1}, {"order_id": {}}):
        with pytest.raises(Rejected):
            own("landing", {**base, "event_data": data})


def test_numbers_as_ids_become_text() -> None:
    found = own("cart", {"storeName": "s", "productId": 2**62, "variantId": "v"})
    assert (found["product_id"], found["variant_id"]) == (str(2**62), "v")


@pytest.mark.parametrize("email", ["a@b.c", "jané+x@exämple.com", "a.b@c-d.example"])
def test_addresses(email: str) -> None:
    assert own("cart", {"storeName": "s", "customerEmail": email})["customer_email"] == email


@pytest.mark.parametrize(
    "email", ["a", "@b.c", "a@b", "a@b..c", "a b@c.d", "a@b.c\n.d", "<a@b.c>", "a@@b.c"]
)
def test_no_addresses(email: str) -> None:
    with pytest.raises(Rejected):
        own("cart", {"storeName": "s", "customerEmail": email})


def test_public_ids() -> None:
    assert public_id(1_704_067_200_000, 0) == "cart-event-1704067200000-0000000"
    assert public_id(1, 36**7 - 1) == "cart-event-1-zzzzzzz"
    assert public_id(1, 2**72) != public_id(1, 2**71)
