"""Every bad body that reaches the gateway gets what it must, numbered as in the specification."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from typing import Any

import psutil
import pytest
from tests.integration.gateway.wire import (
    ACTIVITY,
    CART,
    CART_BATCH,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    LANDED,
    LANDING,
    VIEW,
    check_no_failure,
    connect,
    head,
    post,
    read_answer,
)
from tests.support.services import Service

VALID = json.dumps(CLICK).encode()


def with_field(name: str, literal: str) -> bytes:
    """A click with one more field whose value is the literal text."""
    return VALID[:-1] + f', "{name}": {literal}}}'.encode()


def without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in event.items() if k != name}


DEEP = b'{"a":' * 40 + b"1" + b"}" * 40
VERY_DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
MANY = {f"k{n}": n for n in range(201)}

BAD_BODIES: list[tuple[str, str, bytes | dict[str, Any], str | None]] = [
    ("1 empty body", HEATMAP, b"", ""),
    ("2 truncated", HEATMAP, VALID[:-5], ""),
    ("3 trailing bytes", HEATMAP, VALID + b"{}", ""),
    ("4 NUL after the document", HEATMAP, VALID + b"\0", ""),
    ("5 scalar", HEATMAP, b"42", ""),
    ("5 text", HEATMAP, b'"click"', ""),
    ("5 list", HEATMAP, b"[]", ""),
    (
        "6 invalid UTF-8",
        HEATMAP,
        with_field("selector", '"\xff"').replace(b"\xc3\xbf", b"\xff"),
        "",
    ),
    ("7 overlong", HEATMAP, VALID[:-1] + b', "selector": "\xc0\xaf"}', ""),
    ("8 surrogate bytes", HEATMAP, VALID[:-1] + b', "selector": "\xed\xa0\x80"}', ""),
    ("9 lone surrogate", HEATMAP, with_field("selector", r'"\ud800 and more text"'), ""),
    ("9 lone surrogate in metadata", ACTIVITY, {**VIEW, "metadata": {"a": "\ud800"}}, ""),
    ("10 UTF-16", HEATMAP, json.dumps(CLICK).encode("utf-16"), ""),
    ("11 byte-order mark", HEATMAP, b"\xef\xbb\xbf" + VALID, ""),
    ("12 NaN", HEATMAP, with_field("dwell_ms", "NaN"), ""),
    ("12 NaN in metadata", ACTIVITY, b'{"metadata":{"a":NaN}}', ""),
    ("12 NaN as money", ACTIVITY, {**VIEW, "value": "NaN", "currency": "EUR"}, "value"),
    ("13 Infinity", HEATMAP, with_field("dwell_ms", "Infinity"), ""),
    ("13 Infinity as money", ACTIVITY, {**VIEW, "value": "-Infinity"}, "value"),
    ("14 1e999", HEATMAP, with_field("dwell_ms", "1e999"), "dwell_ms"),
    (
        "14 1e999 in metadata",
        ACTIVITY,
        json.dumps(VIEW).encode()[:-1] + b',"metadata":{"a":1e999}}',
        "metadata[...]",
    ),
    ("14 1e999 as money", ACTIVITY, {**VIEW, "value": "1e999"}, "value"),
    (
        "16 nested",
        ACTIVITY,
        json.dumps(VIEW).encode()[:-1] + b',"metadata":' + DEEP + b"}",
        "metadata",
    ),
    (
        "16 nested, unknown",
        ACTIVITY,
        json.dumps(VIEW).encode()[:-1] + b',"x":' + DEEP + b"}",
        "metadata",
    ),
    (
        "16 nested deep",
        ACTIVITY,
        json.dumps(VIEW).encode()[:-1] + b',"metadata":' + VERY_DEEP + b"}",
        "",
    ),
    ("16 nested where nothing is", HEATMAP, VERY_DEEP, "a"),
    ("17 2^63", HEATMAP, with_field("dwell_ms", str(2**63)), "dwell_ms"),
    ("17 2^63 in metadata", ACTIVITY, {**VIEW, "metadata": {"a": 2**63}}, "metadata"),
    ("17 2^63 as timestamp", HEATMAP, with_field("timestamp", str(2**63)), "timestamp"),
    ("18 5,000 digits", HEATMAP, with_field("dwell_ms", "9" * 5000), "dwell_ms"),
    ("18 5,000 digits as money", ACTIVITY, {**VIEW, "value": "9" * 5000}, "value"),
    (
        "18 5,000 digits in metadata",
        ACTIVITY,
        json.dumps(VIEW).encode()[:-1] + b',"metadata":{"a":' + b"9" * 5000 + b"}}",
        "metadata[...]",
    ),
    ("19 missing field", HEATMAP, without(CLICK, "session_id"), "session_id"),
    ("19 missing store", HEATMAP, without(CLICK, "store_id"), "store_id"),
    ("19 missing point", HEATMAP, without(CLICK, "x"), "x"),
    ("19 missing depth", HEATMAP, {**CLICK, "type": "scroll"}, "scroll_depth"),
    ("19 missing activity type", ACTIVITY, without(VIEW, "activity_type"), "activity_type"),
    ("19 missing landing page", LANDING, without(LANDED, "landing_page_id"), "landing_page_id"),
    ("19 missing store name", CARTS, {}, "storeName"),
    ("19 blank store name", CARTS, {"storeName": "  "}, "storeName"),
    ("20 unknown field", HEATMAP, {**CLICK, "colour": "red"}, "colour"),
    ("20 unknown field, cart", CARTS, {**CART, "colour": "red"}, "colour"),
    ("21 wrong type", HEATMAP, {**CLICK, "x": "10"}, "x"),
    ("21 null session", HEATMAP, {**CLICK, "session_id": None}, "session_id"),
    ("21 metadata is a list", ACTIVITY, {**VIEW, "metadata": []}, "metadata"),
    ("21 unknown kind", HEATMAP, {**CLICK, "type": "tap"}, "type"),
    ("22 boolean for a number", HEATMAP, {**CLICK, "x": True}, "x"),
    ("22 boolean for money", ACTIVITY, {**VIEW, "value": True}, "value"),
    ("23 1.5 for an integer", HEATMAP, {**CLICK, "x": 1.5}, "x"),
    ("24 2^31 for an int", HEATMAP, {**CLICK, "dwell_ms": 2**31}, "dwell_ms"),
    ("24 2^31 as quantity", ACTIVITY, {**VIEW, "quantity": 2**31}, "quantity"),
    ("25 bad event_id", HEATMAP, {**CLICK, "event_id": "not-a-uuid"}, "event_id"),
    ("25 bad store_id", HEATMAP, {**CLICK, "store_id": "shop"}, "store_id"),
    ("25 bad session_id", HEATMAP, {**CLICK, "session_id": "a b"}, "session_id"),
    ("25 session_id with a line end", HEATMAP, {**CLICK, "session_id": "ab\n"}, "session_id"),
    ("25 long session_id", HEATMAP, {**CLICK, "session_id": "a" * 129}, "session_id"),
    ("26 bad timestamp", HEATMAP, {**CLICK, "timestamp": "yesterday"}, "timestamp"),
    (
        "26 timestamp without a zone",
        HEATMAP,
        {**CLICK, "timestamp": "2024-01-01T00:00:00"},
        "timestamp",
    ),
    ("26 timestamp too old", HEATMAP, {**CLICK, "timestamp": "2020-01-01T00:00:00Z"}, "timestamp"),
    ("26 negative timestamp", HEATMAP, {**CLICK, "timestamp": -1e300}, "timestamp"),
    ("33 over 200 keys", ACTIVITY, {**VIEW, "metadata": MANY}, "metadata"),
    ("33 over 200 unknown keys", ACTIVITY, {**VIEW, **MANY}, "metadata"),
    ("33 over 200 keys of event data", LANDING, {**LANDED, "event_data": MANY}, "event_data"),
    ("34 NUL in session_id", HEATMAP, {**CLICK, "session_id": "a\0b"}, "session_id"),
    ("34 NUL in event_id", HEATMAP, {**CLICK, "event_id": "a\0b"}, "event_id"),
    ("34 NUL in a key", HEATMAP, {**CLICK, "idempotency_key": "a\0b"}, "idempotency_key"),
    ("34 NUL in visitor_id", HEATMAP, {**CLICK, "visitor_id": "a\0b"}, "visitor_id"),
    ("34 NUL in productId", CARTS, {**CART, "productId": "a\0b"}, "productId"),
    ("53 negative quantity", ACTIVITY, {**VIEW, "quantity": -1}, "quantity"),
    ("54 absurd price", ACTIVITY, {**VIEW, "value": 10**12}, "value"),
    (
        "54 absurd price, landing",
        LANDING,
        {**LANDED, "event_type": "Purchase", "event_data": {"value": "1e12"}},
        "event_data.value",
    ),
    ("54 five decimals", ACTIVITY, {**VIEW, "value": "1.00001"}, "value"),
    ("55 unknown currency", ACTIVITY, {**VIEW, "value": 1, "currency": "XYZ"}, "currency"),
    (
        "55 unknown currency, landing",
        LANDING,
        {**LANDED, "event_type": "Purchase", "event_data": {"value": 1, "currency": "€"}},
        "event_data.currency",
    ),
    ("56 right of the page", HEATMAP, {**CLICK, "x": 1281}, "x"),
    ("56 below the page", HEATMAP, {**CLICK, "y": 3001}, "y"),
    ("56 negative", HEATMAP, {**CLICK, "x": -1}, "x"),
    ("56 over 10,000", HEATMAP, {**without(CLICK, "viewport_width"), "x": 10_001}, "x"),
    ("56 y over 10,000", HEATMAP, {**without(CLICK, "document_height"), "y": 10_001}, "y"),
    ("57 ahead", HEATMAP, {**CLICK, "timestamp": (time.time() + 90_000) * 1000}, "timestamp"),
    ("bad page_url", HEATMAP, {**CLICK, "page_url": "javascript:alert(1)"}, "page_url"),
    ("long page_url", HEATMAP, {**CLICK, "page_url": "https://a.b/" + "c" * 2048}, "page_url"),
    ("bad e-mail", CARTS, {**CART, "customerEmail": "nobody"}, "customerEmail"),
    ("bad image", CARTS, {**CART, "personImageUrl": "data:image/png;base64,AA"}, "personImageUrl"),
    ("bad session", CARTS, {**CART, "sessionId": "a b"}, "sessionId"),
    ("bad store name", CARTS, {"storeName": "sh op"}, "storeName"),
    *(
        (
            f"bad landing page {page!r}",
            LANDING,
            {**LANDED, "landing_page_id": page},
            "landing_page_id",
        )
        for page in (
            "",
            "a/b",
            ".",
            "..",
            "a?b",
            "a#b",
            "a%2Fb",
            "a\tb",
            "a b",
            "a\u00a0b",
            "a\\b",
            "é",
            "a\n",
            "a\0",
            "a;b",
            "a" * 129,
            "\u0661",
        )
    ),
    ("bad landing event", LANDING, {**LANDED, "event_type": "<b>"}, "event_type"),
]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [case[1:] for case in BAD_BODIES],
    ids=[case[0] for case in BAD_BODIES],
)
def test_is_refused_with_400(
    port: int, path: str, body: bytes | dict[str, Any], field: str | None
) -> None:
    answer = post(port, path, body)
    assert answer.status == 400, answer.body
    document = answer.json
    assert set(document) == {"status", "error", "message", "details"}
    assert (document["status"], document["error"]) == ("error", "Validation Error")
    assert document["details"]["field"] == field
    assert document["details"]["reason"]
    assert answer.headers["x-request-id"]
    assert answer.headers["x-correlation-id"]


def test_15_of_duplicate_keys_the_last_one_wins(port: int) -> None:
    refused = post(port, HEATMAP, VALID[:-1] + b',"x":5,"x":"no"}')
    taken = post(port, HEATMAP, VALID[:-1] + b',"x":"no","x":5}')
    assert (refused.status, taken.status) == (400, 400)
    taken = post(port, HEATMAP, VALID[:-1] + b',"x":5,"x":6}')
    assert taken.status == 202


GOOD = gzip.compress(VALID)
GZIP_CASES = {
    "27 truncated": GOOD[:-9],
    "27 truncated checksum": GOOD[:-1],
    "28 bad checksum": GOOD[:-8] + bytes([GOOD[-8] ^ 1]) + GOOD[-7:],
    "29 several members": GOOD + GOOD,
    "29 bytes after it": GOOD + b"x",
    "no gzip": VALID,
}


@pytest.mark.parametrize("body", GZIP_CASES.values(), ids=GZIP_CASES)
def test_27_28_29_bad_gzip_is_refused(port: int, body: bytes) -> None:
    assert post(port, HEATMAP, body, Content_Encoding="gzip").status == 400


def test_gzip_is_accepted(port: int) -> None:
    assert post(port, HEATMAP, GOOD, Content_Encoding="gzip").status == 202


def test_32_an_empty_batch_is_refused(port: int) -> None:
    for path in (HEATMAP_BATCH, CART_BATCH):
        answer = post(port, path, {"events": []})
        assert (answer.status, answer.json["details"]["field"]) == (400, "events")
    assert post(port, "/collect", {"stream": "activity", "events": []}).status == 400


def test_35_a_large_body_is_refused(port: int, gateway: Service) -> None:
    limit = gateway.settings.gateway_max_body_bytes
    for path in (HEATMAP, HEATMAP_BATCH):
        assert post(port, path, b" " * (limit + 1)).status == 413
    assert post(port, HEATMAP, VALID + b" " * (limit - len(VALID))).status == 202


def resident(service: Service) -> int:
    assert service.process is not None
    return psutil.Process(service.process.pid).memory_info().rss


def test_36_a_gzip_bomb_is_refused_and_memory_stays_flat(port: int, gateway: Service) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(bomb) < 11_000
    assert post(port, HEATMAP, bomb, Content_Encoding="gzip").status == 413
    before = resident(gateway)
    for _ in range(30):
        assert post(port, HEATMAP, bomb, Content_Encoding="gzip").status == 413
    assert resident(gateway) - before < 20_000_000


def test_37_more_than_500_events_are_refused(port: int) -> None:
    small = {**without(CLICK, "viewport_width"), "page_url": "https://a.b"}
    assert post(port, HEATMAP_BATCH, {"events": [small] * 501}).status == 413
    answer = post(port, HEATMAP_BATCH, {"events": [small] * 500})
    assert (answer.status, answer.json["accepted"]) == (202, 500)


def test_38_an_event_over_its_limit_is_refused(port: int, gateway: Service) -> None:
    large = {**VIEW, "metadata": {"a": "x" * gateway.settings.gateway_max_event_bytes}}
    assert post(port, ACTIVITY, large).status == 413
    answer = post(port, "/collect", {"stream": "activity", "events": [VIEW, large]})
    assert answer.status == 202
    assert [(r["index"], "larger" in r["reason"]) for r in answer.json["rejected"]] == [(1, True)]
    packed = zlib.compress(json.dumps(large).encode(), wbits=31)
    assert post(port, ACTIVITY, packed, Content_Encoding="gzip").status == 413


def test_39_an_endless_chunked_body_is_cut_off(port: int, gateway: Service) -> None:
    before = resident(gateway)
    with connect(port) as sock:
        sock.sendall(head(HEATMAP, None, Transfer_Encoding="chunked"))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        sent = 0
        try:
            while sent < 1000:
                sock.sendall(chunk)
                sent += 1
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 1000
    assert resident(gateway) - before < 20_000_000
    with connect(port) as sock:
        sock.sendall(head(HEATMAP, None, Transfer_Encoding="chunked") + chunk * 5)
        assert read_answer(sock)[0].status == 413


INERT = [
    "64 </script><script>alert(1)</script>",
    '65 =HYPERLINK("http://evil.example")',
    "66 line\nfeed \x1b[31mred\x1b[0m",
    "67 \u202eright to left\u200b\u200d",
    "69 '; DROP TABLE stores; --",
    "70 \U0001f6d2\U0001f9d1\u200d\U0001f680",
]


@pytest.mark.parametrize("text", INERT)
def test_64_to_70_text_is_taken_as_text(gateway: Service, port: int, text: str) -> None:
    answer = post(port, ACTIVITY, {**VIEW, "product_name": text, "metadata": {text: text}})
    assert answer.status == 202
    assert text.encode() not in answer.body
    lines = gateway.log.read_text()
    assert "\x1b" not in lines
    assert "DROP TABLE" not in lines


def test_68_proto_is_only_a_name(port: int) -> None:
    assert post(port, ACTIVITY, {**VIEW, "__proto__": {"admin": True}}).status == 202
    assert post(port, HEATMAP, {**CLICK, "__proto__": {}}).status == 400


def test_nothing_was_answered_500(gateway: Service, port: int) -> None:
    """Runs last in this file: the counters of everything above."""
    check_no_failure(gateway, port)
