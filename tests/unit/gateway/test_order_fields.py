"""Orders, customers, lines and views in beacons: what is kept, what is refused, and where."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.test_enveloping import BEACONS, SENDER, encode, record_of

from storepulse.agents.rules import check
from storepulse.agents.screening import offenders
from storepulse.contracts.decoder import decode
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Rejected

LINE = {"product_id": 7, "quantity": 2, "price": "9.50"}
LINES = '[{"product_id":"7","quantity":2,"price":"9.50"}]'
ADDRESS_HASH = hashlib.sha256(b"jane@example.com").hexdigest()


def written(stream: str, **fields: Any) -> dict[str, Any]:
    """The record of a beacon with these fields; it passes the rules of the agents too."""
    encoded = encode(stream, BEACONS[stream] | fields)
    _, record = record_of(stream, encoded)
    ((key, value),) = [made for made in encoded.records if made is not None]
    frame = decode(schema_of(stream), [value], [key]).frame
    assert offenders(stream, frame) == {}
    plain = record | {"event_id": str(record["event_id"]), "store_id": str(record["store_id"])}
    for name in ("occurred_at", "received_at"):
        plain[name] = int(record[name].timestamp() * 1000)
    check(stream, plain)
    return record


def refusal(stream: str, **fields: Any) -> Rejected:
    """Why a beacon with these fields is refused."""
    try:
        (refused,) = encode(stream, BEACONS[stream] | fields).refused
    except Rejected as error:
        return error
    found: Any = refused
    return next(part for part in (found if isinstance(found, tuple) else [found])
                if isinstance(part, Rejected))  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "sent", "kept"),
    [
        ("activity", {"order_id": 1001}, {"order_id": "1001"}),
        ("activity", {"metadata": {"orderId": " 7 ", "a": 1}},
         {"order_id": "7", "metadata": '{"a":1}'}),
        ("activity", {"metadata": {"transaction_id": 7}}, {"order_id": "7", "metadata": None}),
        ("activity", {"metadata": {"order_id": "x"}, "order_id": "y"},
         {"order_id": "y", "metadata": '{"order_id":"x"}'}),
        ("activity", {"metadata": {"order_id": "x"}, "activity_type": "page_view"},
         {"order_id": None, "metadata": '{"order_id":"x"}'}),
        ("activity", {"metadata": {"order_id": [1]}}, {"order_id": None}),
        ("activity", {"metadata": {"order_id": "x" * 256}}, {"order_id": None}),
        ("activity", {"name": "wishlist_add", "activity_type": "custom"}, {"name": "wishlist_add"}),
        ("activity", {"customer_id": 5, "customer_email": " Jane@Example.com "},
         {"customer_id": "5", "email_hash": ADDRESS_HASH}),
        ("activity", {"items": [LINE], "view_id": "w-1"}, {"items": LINES, "view_id": "w-1"}),
        ("activity", {"items": [LINE | {"name": "Mug \"ü\"", "price": 0}]},
         {"items": '[{"product_id":"7","name":"Mug \\"ü\\"","quantity":2,"price":"0"}]'}),
        ("activity", {"items": [{"product_id": "a", "price": 1e2}]},
         {"items": '[{"product_id":"a","quantity":1,"price":"100.0"}]'}),
        ("activity", {"items": [], "order_id": "", "name": "", "view_id": "", "customer_id": "",
                      "customer_email": ""},
         {"items": None, "order_id": None, "name": None, "view_id": None, "customer_id": None,
          "email_hash": None}),
        ("landing", {"order_id": "o", "customer_id": "c", "items": [LINE], "view_id": "w"},
         {"order_id": "o", "customer_id": "c", "items": LINES, "view_id": "w"}),
        ("landing", {"event_type": "Purchase",
                     "event_data": {"order_id": 1, "customer_id": 2, "items": [LINE], "x": 1}},
         {"order_id": "1", "customer_id": "2", "items": LINES, "event_data": '{"x":1}'}),
        ("landing", {"event_type": "Purchase", "order_id": "own",
                     "event_data": {"order_id": "other"}}, {"order_id": "own", "event_data": None}),
        ("heatmap", {"view_id": "w-1"}, {"view_id": "w-1"}),
        ("cart", {"viewId": "w-1", "customerEmail": "JANE@example.com"},
         {"view_id": "w-1", "email_hash": ADDRESS_HASH}),
    ],
)  # fmt: skip
def test_what_is_kept(stream: str, sent: dict[str, Any], kept: dict[str, Any]) -> None:
    record = written(stream, **sent)
    assert {name: record[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("stream", "sent", "field"),
    [
        ("activity", {"order_id": "x" * 256}, "order_id"),
        ("activity", {"order_id": "a\0b"}, "order_id"),
        ("activity", {"order_id": 1.5}, "order_id"),
        ("activity", {"customer_id": "a\0b"}, "customer_id"),
        ("activity", {"customer_email": "jane"}, "customer_email"),
        ("activity", {"name": "x" * 256}, "name"),
        ("activity", {"view_id": "a b"}, "view_id"),
        ("activity", {"view_id": "x" * 129}, "view_id"),
        ("activity", {"items": [LINE] * 101}, "items"),
        ("activity", {"items": {"product_id": 1}}, "items"),
        ("activity", {"items": [{"quantity": 1, "price": 1}]}, "items[0].product_id"),
        ("activity", {"items": [LINE | {"product_id": "a\0"}]}, "items[0].product_id"),
        ("activity", {"items": [LINE | {"product_id": ""}]}, "items[0].product_id"),
        ("activity", {"items": [LINE | {"quantity": -1}]}, "items[0].quantity"),
        ("activity", {"items": [LINE | {"quantity": 1.5}]}, "items[0].quantity"),
        ("activity", {"items": [LINE, LINE | {"price": "1.23456"}]}, "items[1].price"),
        ("activity", {"items": [LINE | {"price": "much"}]}, "items[0].price"),
        ("activity", {"items": [LINE | {"price": "NaN"}]}, "items[0].price"),
        ("activity", {"items": [{"product_id": 1}]}, "items[0].price"),
        ("activity", {"items": [LINE | {"sku": 1}]}, "items[0].sku"),
        ("landing", {"event_type": "Purchase", "event_data": {"items": [1]}},
         "event_data.items[0]"),
        ("landing", {"event_type": "Purchase", "event_data": {"customer_id": [1]}},
         "event_data.customer_id"),
        ("landing", {"view_id": "a/b"}, "view_id"),
        ("heatmap", {"view_id": "ü"}, "view_id"),
        ("cart", {"viewId": "a b"}, "viewId"),
    ],
)  # fmt: skip
def test_what_is_refused(stream: str, sent: dict[str, Any], field: str) -> None:
    assert refusal(stream, **sent).field == field


def test_what_clients_state_is_covered_by_the_checksum() -> None:
    plain, named = written("activity"), written("activity", order_id="1001")
    assert plain["content_crc"] != named["content_crc"]
    encoder = encoder_of("activity")
    own = encoder.own(*(named[name] for name in encoder.own_fields))
    assert named["content_crc"] & 0xFFFFFFFF == zlib.crc32(own)
    for stream in BEACONS:
        fields = encoder_of(stream).own_fields
        assert ("view_id" in fields) is (stream in ("activity", "heatmap", "cart", "landing"))
        assert "folded" not in fields


def test_equal_cart_adds_of_two_people_are_two() -> None:
    """Of one product and second, without a session."""
    sent = {"storeName": "shop", "productId": 7, "timestamp": "2026-01-01T12:00:00Z"}

    def id_of(visitor: str, ip: str) -> str:
        encoded = encode("cart", sent | {"visitorId": visitor}, replace(SENDER, ip=ip))
        assert encoded.refused == []
        return encoded.ids[0]

    ids = [id_of(v, ip) for v in ("v-1", "v-2") for ip in ("203.0.113.7", "203.0.113.8")]
    assert len(set(ids)) == 4
    assert id_of("v-1", "203.0.113.7") == ids[0]


def test_one_key_is_another_event_in_each_stream() -> None:
    ids = {
        encode(stream, json.loads(json.dumps(beacon)) | {key: "order-1"}).ids[0]
        for stream, beacon in BEACONS.items()
        for key in ["idempotencyKey" if stream == "cart" else "idempotency_key"]
    }
    assert len(ids) == len(BEACONS)
