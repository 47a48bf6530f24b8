"""One line of what events of each stream say, and what is told of refused ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.ingest_records import STORE, record

from storepulse.query.live.arrivals import decoded_event, store_in
from storepulse.query.live.entries import id_of, place_of
from storepulse.query.live.refusals import LONGEST_VALUE, entry_of_refusal, refusal_of, value_at
from storepulse.query.live.wording import LONGEST, describe_event
from storepulse.streams.event_type import type_of
from storepulse.streams.registry import STREAMS


def said(stream: str, **fields: Any) -> str:
    event = decoded_event(record(stream, **fields).value)
    assert event is not None
    return describe_event(stream, event)


@pytest.mark.parametrize(
    ("stream", "fields", "line"),
    [
        ("activity", {}, "/"),
        ("activity", {"page_url": "https://shop.example/a%20b?x=1#y"}, "/a%20b?x=1"),
        ("activity", {"activity_type": "search", "search_query": "<script>"}, "<script>"),
        ("activity", {"activity_type": "add_to_cart", "product_name": "Moss Jacket", "quantity": 1,
                      "value": "129.00", "currency": "EUR"}, "Moss Jacket · 1 \u00d7 129.00 EUR"),
        ("activity", {"activity_type": "purchase", "order_id": "1001", "value": "0.1234",
                      "currency": "EUR"}, "1001 · 0.1234 EUR"),
        ("activity", {"activity_type": "custom", "name": "quiz"}, "quiz · /"),
        ("heatmap", {"selector": "button.buy"}, "/p · button.buy"),
        ("heatmap", {"kind": "scroll", "scroll_depth": 55}, "/p · reached 55%"),
        ("heatmap", {"kind": "hover", "selector": "img", "dwell_ms": 1_234}, "/p · img · 1.2 s"),
        ("cart", {"product_title": "Ivory", "generated_image_url": "https://x.example/1"},
         "Ivory · from a generated image"),
        ("bot", {"text": "can you try it?"}, "can you try it?"),
        ("campaign", {}, "summer · t-1"),
        ("landing", {"order_id": "7", "value": "1999.99", "currency": "USD"},
         "7 · 1999.99 USD · lp_1"),
        ("order", {"event_type": "refunded", "value": "10", "refunded": "4", "currency": "EUR"},
         "1001 · 4.00 EUR"),
        ("usage", {"quantity": "12.50"}, "sms_sent · 12.5"),
        ("experiment", {}, "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506 · variant blue"),
    ],
)  # fmt: skip
def test_lines(stream: str, fields: dict[str, Any], line: str) -> None:
    assert said(stream, **fields) == line


def test_a_line_is_never_long_and_names_no_person() -> None:
    assert len(said("activity", activity_type="search", search_query="x" * 500)) == LONGEST
    line = said(
        "cart", customer_email="zoe@example.org", customer_first_name="Zoe", product_title="Hat"
    )
    assert line == "Hat"


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_has_a_line_a_type_and_its_store_in_place(stream: str) -> None:
    value = record(stream).value
    event = decoded_event(value)
    assert event is not None
    assert store_in(value) == STORE
    assert type_of(stream, event)
    assert isinstance(describe_event(stream, event), str)


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\0\0\0\x07\xd1", b"\0" * 90, b"\xff" * 90])
def test_what_nobody_of_ours_wrote_has_no_store_and_no_event(value: bytes | None) -> None:
    assert store_in(value) is None
    assert decoded_event(value) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "-1"),
        ("items[1].price", '"x"'),
        ("items[2].price", None),
        ("items[0]", '{"price": 1}'),
        ("", None),
        ("nothing", None),
        ("quantity.deep", None),
        ("text", '"ü"'),
    ],
)
def test_the_value_of_a_field(field: str, value: str | None) -> None:
    sent = {"quantity": -1, "items": [{"price": 1}, {"price": "x"}], "text": "ü"}
    assert value_at(sent, field) == value


def refused(body: bytes, **headers: str) -> Any:
    pairs = {"stream": "activity", "reason": "must be a number", "field": "quantity"} | headers
    told = refusal_of(body, [(name, text.encode()) for name, text in pairs.items()])
    return told, entry_of_refusal(told, 0, 12, 99)


def test_the_keys_store_goes_before_what_a_body_says() -> None:
    other = STORE.replace("6f", "7f")
    body = json.dumps({"store_id": STORE.upper(), "activity_type": "search"}).encode()
    assert refused(body)[1].store_id == STORE
    assert refused(body, store_id=other)[1].store_id == other
    assert refused(b'{"store_id": "../../etc"}')[1].store_id is None
    assert refused(b'{"store_id": 7}')[1].store_id is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"quantity": ',
        b"null",
        b"[1]",
        b'"x"',
        b'{"quantity":1e400}',
    ],
)
def test_whatever_was_refused_has_an_entry(body: bytes) -> None:
    told, entry = refused(body, left_out="3", body_bytes="90000")
    assert (told.left_out, told.body_bytes) == (3, 90_000)
    assert (entry.stage, entry.field, entry.wish) == ("rejected", "quantity", "must be a number")
    assert entry.id == "refused-0-12"


def test_a_long_value_is_cut() -> None:
    _, entry = refused(json.dumps({"quantity": "y" * 5_000}).encode())
    assert entry.value is not None
    assert len(entry.value) == LONGEST_VALUE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "activity",
        "activity-1",
        "activity-1-x",
        "a-1-2-3",
        "a--1-2",
        "a-\u0661-2",
        "a-1-" + "9" * 19,
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert place_of(text) is None


def test_ids_say_where_records_lie() -> None:
    assert place_of(id_of("activity", 2, 10_441)) == ("activity", 2, 10_441)
