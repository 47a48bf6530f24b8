"""The gateway's rules in the agents: what breaks one is dead, with field and reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.ingest_records import NOW_MS, STORE, Record, event_id, record

from storepulse.agents import rules, screening
from storepulse.agents.preparation import DecodedSlice, prepare
from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.slices.slice import Slice

DAY_MS = 86_400_000
#: 9999-12-31
YEAR_9999 = 253_402_214_400_000

Case = tuple[str, dict[str, Any], str, str]

#: stream, fields, field that is named, begin of the reason
UPPER_TEST = "0F7A4C52-3B1D-4E6F-8A90-B1C2D3E4F506"
EXPOSED: dict[str, Any] = {"event_type": "Exposure", "phase": 1, "variant_id": "blue"}
#: Of the record above, whose visitor is not known.
EXPOSURE = exposure_id(STORE, UPPER_TEST.lower(), 1, "s:s-1", "blue")

BAD: list[Case] = [
    ("activity", {"page_url": "javascript:alert(1)"}, "page_url", "is not an http or https URL"),
    ("activity", {"referrer": "javascript://a.example/"}, "referrer", "is not a URI"),
    ("heatmap", {"page_url": "javascript:alert(1)"}, "page_url", "is not an http or https URL"),
    ("heatmap", {"page_url": ""}, "page_url", "is not an http or https URL"),
    ("cart", {"product_url": "javascript:x"}, "product_url", "is not an http or https URL"),
    ("cart", {"person_image_url": "data:x"}, "person_image_url", "is not an http or https URL"),
    (
        "activity",
        {"page_url": "https://a.example/" + "x" * 2_031},
        "page_url",
        "must be str of len",
    ),
    (
        "activity",
        {"occurred_at": YEAR_9999, "received_at": NOW_MS},
        "occurred_at",
        "is more than 24 hours ahead",
    ),
    (
        "activity",
        {"occurred_at": NOW_MS + DAY_MS + 1, "received_at": NOW_MS},
        "occurred_at",
        "is more than 24 hours",
    ),
    (
        "activity",
        {"occurred_at": NOW_MS - 30 * DAY_MS - 1, "received_at": NOW_MS},
        "occurred_at",
        "is more than 30 days",
    ),
    (
        "cart",
        {"occurred_at": YEAR_9999, "received_at": YEAR_9999},
        "received_at",
        "is not a time from 2000 to 2099",
    ),
    ("campaign", {"campaign_id": ".."}, "campaign_id", "must be 1 to 128 letters"),
    ("campaign", {"tracking_id": "a b"}, "tracking_id", "must be 1 to 128 letters"),
    ("campaign", {"tracking_id": "t" * 129}, "tracking_id", "must be 1 to 128 letters"),
    ("campaign", {"event_name": "<b>"}, "event_name", "must be 1 to 64 letters"),
    (
        "campaign",
        {"event_name": "webapp_open", "event_type": "Custom"},
        "event_type",
        rules.NOT_AS_WRITTEN,
    ),
    ("campaign", {"event_name": "order_paid"}, "event_type", rules.NOT_AS_WRITTEN),
    ("campaign", {"start_param": "a.b"}, "start_param", "must be 1 to 64 letters"),
    ("campaign", {"start_param": "a" * 65}, "start_param", "must be 1 to 64 letters"),
    ("campaign", {"telegram_id": "007"}, "telegram_id", "must be a signed 64-bit integer"),
    ("campaign", {"telegram_id": "9223372036854775808"}, "telegram_id", "must be a signed 64-bit"),
    ("campaign", {"order_id": " 1"}, "order_id", rules.NOT_AS_WRITTEN),
    ("campaign", {"email_hash": "A" * 64}, "email_hash", "is not a SHA-256"),
    ("campaign", {"payload": "[]"}, "payload", "is not a JSON object"),
    ("campaign", {"view_id": "v"}, "view_id", "is stated by no beacon"),
    ("landing", {"received_at": 0, "occurred_at": 0}, "received_at", "is not a time from"),
    ("activity", {"quantity": -5}, "quantity", "must be int >= 0"),
    ("activity", {"currency": "euros"}, "currency", "is not an ISO 4217 currency"),
    ("activity", {"currency": "eur"}, "currency", rules.NOT_AS_WRITTEN),
    ("activity", {"value": "1000000000000"}, "value", "is not a price"),
    ("activity", {"session_id": "no session"}, "session_id", "must be 1 to 128"),
    ("activity", {"session_id": "s" * 129}, "session_id", "must be 1 to 128"),
    ("heatmap", {"session_id": "s\n"}, "session_id", "must be 1 to 128"),
    ("cart", {"session_id": "é"}, "session_id", "must be 1 to 128"),
    ("landing", {"visitor_id": "v" * 256}, "visitor_id", "must be str of length <= 255"),
    ("landing", {"visitor_id": ""}, "visitor_id", rules.NOT_AS_WRITTEN),
    ("activity", {"correlation_id": "a b"}, "correlation_id", "must be 1 to 64"),
    ("activity", {"correlation_id": ""}, "correlation_id", "must be 1 to 64"),
    ("heatmap", {"event_id": event_id(7).upper()}, "event_id", "is not a UUID in lower case"),
    ("heatmap", {"event_id": "{" + event_id(7) + "}"}, "event_id", "is not a UUID in lower case"),
    ("heatmap", {"store_id": "nope"}, "store_id", "is not a UUID in lower case"),
    ("activity", {"product_name": "a\0b"}, "product_name", "contains NUL"),
    ("activity", {"product_id": "\0"}, "product_id", "contains NUL"),
    ("landing", {"campaign_id": "\0"}, "campaign_id", "contains NUL"),
    ("activity", {"user_agent": "\0"}, "user_agent", "contains NUL"),
    ("activity", {"user_agent": "u" * 1_025}, "user_agent", "must have 1 to 1024"),
    ("activity", {"product_name": "n" * 1_001}, "product_name", "must be str of length <= 1000"),
    ("activity", {"product_name": ""}, "product_name", rules.NOT_AS_WRITTEN),
    ("activity", {"search_query": "q" * 513}, "search_query", "must be str of length <= 512"),
    ("heatmap", {"selector": "a" * 513}, "selector", "must be str of length <= 512"),
    ("cart", {"product_title": "t" * 501}, "product_title", rules.NOT_AS_WRITTEN),
    ("cart", {"customer_email": "a@b"}, "customer_email", "is not an e-mail address"),
    ("cart", {"customer_first_name": "n" * 256}, "customer_first_name", "must be str of length"),
    ("cart", {"store_name": "Shop.Example"}, "store_name", rules.NOT_AS_WRITTEN),
    ("cart", {"store_name": "shop"}, "store_name", rules.NOT_AS_WRITTEN),
    ("cart", {"store_name": "a" * 64 + ".example"}, "store_name", "is not a store name"),
    ("cart", {"public_id": "mine"}, "public_id", "is not of the form cart-event"),
    ("order", {"order_id": "undefined"}, "order_id", "is not an order number"),
    (
        "order",
        {"event_type": "refunded", "refund_id": "#", "refund_value": "1"},
        "refund_id",
        "is not an order number",
    ),
    ("activity", {"ip": "999.1.1.1"}, "ip", "is not an address"),
    ("activity", {"ip": "10.0.0.0/8"}, "ip", "is not an address"),
    ("cart", {"ip": "fe80::1%eth0"}, "ip", "is not an address"),
    ("activity", {"ip": ""}, "ip", "is not an address"),
    ("activity", {"country": "Germany"}, "country", "is not an ISO 3166-1"),
    ("activity", {"bot_reason": "r" * 256}, "bot_reason", "must have 1 to 255"),
    ("activity", {"metadata": "{"}, "metadata", "is not JSON"),
    ("activity", {"metadata": "[1]"}, "metadata", "is not a JSON object"),
    ("activity", {"metadata": '{"a": NaN}'}, "metadata", "is not JSON"),
    ("activity", {"metadata": '{"a": "\\u0000"}'}, "metadata", "contains NUL"),
    ("landing", {"event_data": '{"\\u0000": 1}'}, "event_data", "contains NUL"),
    ("activity", {"metadata": '{"a": 9223372036854775808}'}, "metadata", "has an integer beyond"),
    ("activity", {"metadata": '{"a":' * 40 + "1" + "}" * 40}, "metadata", "is nested deeper"),
    (
        "activity",
        {"metadata": "{" + ",".join(f'"{n}":1' for n in range(201)) + "}"},
        "metadata",
        "has more than 200 keys",
    ),
    ("usage", {"meter": "a b"}, "meter", "must be 1 to 128 letters"),
    ("usage", {"meter": ""}, "meter", "must be 1 to 128 letters"),
    ("usage", {"meter": "m" * 129}, "meter", "must be 1 to 128 letters"),
    ("usage", {"quantity": "-0.0001"}, "quantity", "is below 0"),
    ("usage", {"quantity": "1000000000000"}, "quantity", "is 1,000,000,000,000 or more"),
    ("usage", {"metadata": "[]"}, "metadata", "is not a JSON object"),
    ("usage", {"order_id": "1"}, "order_id", "is stated by no beacon"),
    ("experiment", {"session_id": None}, "visitor_id", "is needed, or session_id"),
    ("experiment", {"test_id": UPPER_TEST}, "test_id", rules.NOT_AS_WRITTEN),
    ("experiment", {"variant_id": "a b"}, "variant_id", "must be 1 to 64 letters"),
    ("experiment", {"variant_id": "v" * 65}, "variant_id", "must be 1 to 64 letters"),
    ("experiment", {"phase": 0}, "phase", "must be int >= 1"),
    ("experiment", {"metric": "a b"}, "metric", "must be 1 to 128 letters"),
    ("experiment", {"metric": "m" * 129}, "metric", "must be 1 to 128 letters"),
    ("experiment", {"event_type": "Metric"}, "metric", "Field is required"),
    ("experiment", {"value": "1000000000000"}, "value", "is 1,000,000,000,000 or more"),
    ("experiment", {"value": "-1000000000000"}, "value", "is 1,000,000,000,000 or more"),
    ("experiment", {"currency": "XXX"}, "currency", "is not an ISO 4217 currency"),
    ("experiment", {"order_id": " 1"}, "order_id", rules.NOT_AS_WRITTEN),
    ("experiment", {"metadata": "[]"}, "metadata", "is not a JSON object"),
    ("experiment", {"view_id": "v"}, "view_id", "is stated by no beacon"),
    ("experiment", EXPOSED | {"phase": None}, "phase", "is needed of an exposure"),
    ("experiment", EXPOSED | {"variant_id": None}, "variant_id", "is needed of an exposure"),
    ("experiment", EXPOSED | {"value": "1"}, "value", "belongs to conversions"),
    ("experiment", EXPOSED | {"metadata": '{"a":1}'}, "metadata", "is not kept of an exposure"),
    ("experiment", EXPOSED, "event_id", "is not the id that follows"),
    ("experiment", EXPOSED | {"event_id": EXPOSURE, "phase": 2}, "event_id", "is not the id"),
    ("experiment", EXPOSED | {"event_id": EXPOSURE, "visitor_id": "s-1"}, "event_id", "is not"),
    ("heatmap", {"x": None}, "x", "Field is required"),
    ("heatmap", {"x": -1}, "x", "must be int >= 0"),
    ("heatmap", {"x": 10_001}, "x", "must be int <= 10000"),
    ("heatmap", {"x": 1_281}, "x", "is a point off the page"),
    ("heatmap", {"y": 200_001}, "y", "must be int <= 200000"),
    ("heatmap", {"y": 21, "document_height": 20}, "y", "is a point off the page"),
    ("heatmap", {"document_height": 2**31 - 1}, "document_height", "must be int <= 200000"),
    ("heatmap", {"kind": "scroll"}, "scroll_depth", "Field is required"),
    ("heatmap", {"kind": "scroll", "scroll_depth": 105}, "scroll_depth", "must be int <= 100"),
    ("heatmap", {"dwell_ms": -1}, "dwell_ms", "must be int >= 0"),
    ("heatmap", {"device": "mobile"}, "device", rules.NOT_AS_WRITTEN),
    ("landing", {"landing_page_id": ""}, "landing_page_id", "must be 1 to 128"),
    ("landing", {"landing_page_id": "l" * 129}, "landing_page_id", "must be 1 to 128"),
    ("landing", {"landing_page_id": "a/b"}, "landing_page_id", "must be 1 to 128"),
    ("landing", {"landing_page_id": ".."}, "landing_page_id", "must be 1 to 128"),
    ("landing", {"event_name": "Click"}, "event_type", ""),
    ("landing", {"event_type": "Custom", "event_name": "<b>"}, "event_type", "must be 1 to 64"),
    ("landing", {"value": "1"}, "value", rules.NOT_AS_WRITTEN),
    (
        "landing",
        {"event_type": "Purchase", "event_name": "Purchase", "currency": "euros"},
        "currency",
        "is not an ISO 4217 currency",
    ),
    (
        "landing",
        {"event_type": "Purchase", "event_name": "Purchase", "order_id": "o" * 256},
        "order_id",
        "must be str of length <= 255",
    ),
    ("landing", {"screen_resolution": "r" * 65}, "screen_resolution", "is not text of at most 64"),
    ("bot", {"client_id": "007"}, "client_id", "must be a 64-bit integer"),
    ("bot", {"client_id": "-0"}, "client_id", "must be a 64-bit integer"),
    ("bot", {"client_id": "9223372036854775808"}, "client_id", "must be a 64-bit integer"),
    ("bot", {"client_id": "\u0661"}, "client_id", "must be a 64-bit integer"),
    ("bot", {"persona": "p" * 256}, "persona", "must be str of length <= 255"),
    ("bot", {"text": "t" * 16_385}, "text", "must be str of length <= 16384"),
    ("bot", {"image_url": "ftp://a.example/1.png"}, "image_url", "is not an http or https URL"),
    (
        "bot",
        {"image_url": "data:image/png;base64,<>"},
        "image_url",
        "is not a data URI of an image",
    ),
    ("bot", {"image_url": "data:text/html,x"}, "image_url", "is not an http or https URL"),
    ("bot", {"image_url": "https://a.example/" + "x" * 2_048}, "image_url", "is longer than 2048"),
    ("bot", {"order_id": "1"}, "order_id", "is stated by no beacon"),
    ("bot", {"customer_id": " c"}, "customer_id", rules.NOT_AS_WRITTEN),
]

#: What looks unusual and is right.
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("activity", {"referrer": "android-app://com.google.android.gm/"}),
    ("activity", {"referrer": "ftp://a.example/"}),
    ("landing", {"event_type": "Purchase", "event_name": "purchase"}),
    ("activity", {"page_url": "https://münchen.example/ä?q=%20#x"}),
    ("activity", {"page_url": "HTTP://A.EXAMPLE:8080"}),
    ("activity", {"page_url": "https://u@[2001:db8::1]/"}),
    ("activity", {"page_url": "https://a.example/" + "\U0010ffff" * 2_030}),
    ("activity", {"product_name": "\U0001f600" * 1_000, "search_query": "漢" * 512}),
    ("activity", {"value": "999999999999.9999", "currency": "JPY", "quantity": 2**31 - 1}),
    ("activity", {"value": "0.0000"}),
    ("activity", {"ip": "2001:db8::1"}),
    ("activity", {"ip": "::1", "country": "DE", "is_bot": True, "bot_reason": "crawler"}),
    ("activity", {"visitor_id": "\u202e\u200b" * 127}),
    ("activity", {"occurred_at": NOW_MS + DAY_MS, "metadata": '{"a": {"b": [1, {"c": 2}]}}'}),
    ("activity", {"occurred_at": NOW_MS - 30 * DAY_MS}),
    ("activity", {"metadata": '{"a": 9223372036854775807, "b": -0.0, "c": 1e308}'}),
    ("activity", {"source": "replay"}),
    ("heatmap", {"kind": "scroll", "x": None, "y": None, "scroll_depth": 100}),
    ("heatmap", {"x": 10_000, "y": 200_000, "viewport_width": 10_000, "document_height": 200_000}),
    ("heatmap", {"viewport_width": None, "device": "tablet"}),
    ("heatmap", {"viewport_width": 767, "device": "mobile"}),
    ("heatmap", {"viewport_width": None, "device": "unknown", "selector": "é" * 512}),
    ("cart", {"session_id": None, "store_name": "a-b_c.example", "product_title": "é" * 500}),
    ("cart", {"customer_email": "ü@exämple.example", "customer_last_name": "O'Neil"}),
    ("bot", {"client_id": "-9223372036854775808", "session_id": "s"}),
    ("bot", {"client_id": "0", "text": "\U0001f600" * 16_384, "image_url": "HTTPS://a.example"}),
    ("bot", {"event_type": "image_generated", "image_url": "DATA:image/gif;base64,R0lGODlh"}),
    ("landing", {"event_type": "Custom", "event_name": "Sign up"}),
    ("landing", {"event_type": "WebVitals", "event_name": "web_vitals", "event_data": '{"a":1}'}),
    (
        "landing",
        {"event_type": "Purchase", "event_name": "Purchase", "value": "12.5000",
         "currency": "EUR", "order_id": "#1", "event_data": '{"items": [1]}'},
    ),
    ("campaign", {"telegram_id": "-9223372036854775808", "session_id": "s"}),
    ("campaign", {"telegram_id": "0", "event_type": "Custom", "event_name": "Bonus: 2.0"}),
    ("campaign", {"event_type": "ORDER_PAID", "event_name": "orderPaid", "email_hash": "a" * 64}),
    ("campaign", {"start_param": "somebody-elses", "payload": '{"value":1}'}),
    ("usage", {"meter": "m" * 128, "quantity": "999999999999.9999"}),
    ("usage", {"meter": "a.b:c-D_9", "quantity": "0", "metadata": '{"country":"DE"}'}),
    ("experiment", EXPOSED | {"event_id": EXPOSURE}),
    ("experiment", {"value": "-999999999999.9999", "currency": "EUR", "phase": 2**31 - 1}),
    ("experiment", {"event_type": "Metric", "metric": "a.b:c-D_9", "session_id": None,
                    "visitor_id": "v", "order_id": "#1", "metadata": '{"a":1}'}),
]  # fmt: skip


def prepared(stream: str, *records: Record) -> DecodedSlice:
    piece = Slice(
        f"ingest.{stream}.v1", 0, range(len(records)), [r.key for r in records],
        [r.value for r in records], [r.headers for r in records], [NOW_MS] * len(records), 1,
    )  # fmt: skip
    return prepare(piece, schema_of(stream))


@pytest.mark.parametrize(("stream", "fields", "field", "reason"), BAD)
def test_what_breaks_a_rule_is_dead_with_field_and_reason(
    stream: str, fields: dict[str, Any], field: str, reason: str
) -> None:
    found = prepared(stream, record(stream, 1), record(stream, 2, **fields), record(stream, 3))
    ((index, stage, named, told),) = [
        (d.index, d.stage, d.field, d.reason) for d in found.dead_records
    ]
    assert (index, stage, named) == (1, "validate", field or named)
    assert told.startswith(reason)
    assert not any(d.is_undecodable for d in found.dead_records)
    assert found.frame["_index"].to_list() == [0, 2]
    if field not in ("event_id", "store_id"):
        assert (found.dead_records[0].store_id, found.dead_records[0].event_id) == (
            STORE,
            event_id(2),
        )


@pytest.mark.parametrize(("stream", "fields"), GOOD)
def test_what_the_gateway_takes_is_taken(stream: str, fields: dict[str, Any]) -> None:
    assert prepared(stream, record(stream, 1, **fields)).dead_records == []


ALL = [
    "activity", "heatmap", "cart", "landing", "bot", "campaign", "order", "usage", "experiment",
]  # fmt: skip


@pytest.mark.parametrize("stream", ALL)
def test_ordinary_records_are_not_even_suspected(stream: str) -> None:
    many = [record(stream, n, ip="10.0.0.1", user_agent="Mozilla/5.0") for n in range(50)]
    many.append(record(stream, 99, ip="2a02:810d:1:2::3"))
    frame = decode(schema_of(stream), [r.value for r in many], [r.key for r in many]).frame
    assert screening.suspects(stream, frame) == []


TEXTS = st.one_of(
    st.text(max_size=12),
    st.text("\0 \n\t\x1c\x85\u2028aA0:/.@-_~%{}[]\"'é漢\U0010ffff", max_size=8),
    st.sampled_from(["", "x" * 64, "x" * 128, "x" * 255, "x" * 256, "x" * 513, "é" * 255]),
    st.sampled_from(
        ["https://a.example/\u00a0", "https://a.example", "http://a_b/", "https://a.b:123456/",
         "https://a@b/", "HTTPS://a", "https://[::1]/", "https:// a", "http://.", "https://é/"]
    ),
    st.sampled_from(["1.2.3.4", "01.2.3.4", "::", "::1", "1::", "1::0", "2001:DB8::1", "1:2::3",
                     "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::", "::ffff:1.2.3.4",
                     "1:2:3:4:5:6:7::", "1::2:3:4:5:6:7", "1:0:0:2::3", "12345::", "::ffff:1:2"]),
    st.sampled_from(["EUR", "eur", "XXX", "shop.example", "a..b", "-a.b", "a@b.c", "a@b..c",
                     "PageView", "Purchase", "Custom", "web_vitals", "cart-event-1-abcdefg",
                     "cart-event-1-abcdefgh", "DE", "lp_1", "a b", "a~b"]),
    st.sampled_from(["7", "-7", "007", "-0", "+7", "1.0", "999999999999999999",
                     "9223372036854775808", "data:image/gif;base64,R0lGODlh", "data:image/gif,",
                     "webapp_open", "ORDER_PAID", "orderpaid", ".", ".."]),
    st.sampled_from(["{}", '{"a":1}', '{"a":1}x', '{"a":[[1]]}', "[]", "null", '{"a":1e400}',
                     '{"a":"\\ud800"}', '{"a":12345678901234567890}', '{"a":1,"a":2}']),
)  # fmt: skip
INTEGERS = st.sampled_from(
    [None, -1, 0, 1, 100, 101, 767, 768, 1_023, 1_024, 10_000, 10_001, 200_000, 200_001]
)
TIMES = st.sampled_from(
    [0, NOW_MS, NOW_MS + DAY_MS, NOW_MS + DAY_MS + 1, NOW_MS - 30 * DAY_MS - 1, YEAR_9999]
)


def of_type(name: str, avro_type: Any) -> st.SearchStrategy[Any]:
    optional = isinstance(avro_type, list)
    kind = avro_type[1] if optional else avro_type
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    if isinstance(kind, dict) and kind.get("type") == "enum":
        return st.sampled_from(kind["symbols"])
    if logical == "timestamp-millis":
        return TIMES
    if logical == "decimal":
        amounts = ["-1", "0", "1.5", "999999999999.9999", "1000000000000"]
        return st.sampled_from([*amounts, None] if optional else amounts)
    if kind == "boolean":
        return st.booleans()
    if kind == "int":
        return INTEGERS
    return TEXTS | st.none() if optional else TEXTS


@st.composite
def altered(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A stream, and some fields of its records with values that may be anything."""
    stream = draw(st.sampled_from(ALL))
    types = {f["name"]: f["type"] for f in schema_of(stream).document["fields"]}
    names = [n for n in types if n not in ("event_id", "store_id", "content_crc")]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    return stream, {name: draw(of_type(name, types[name])) for name in chosen}


@given(altered())
@settings(max_examples=1_500, deadline=None)
@example(("activity", {"ip": "1:0:0:2::3"}))
def test_the_screen_passes_nothing_that_the_rules_refuse(case: tuple[str, dict[str, Any]]) -> None:
    stream, fields = case
    made = record(stream, 1, **fields)
    decoded = decode(schema_of(stream), [made.value], [made.key])
    if decoded.bad or screening.suspects(stream, decoded.frame):
        return
    row = decoded.frame.drop("_index").row(0, named=True)
    times = {name: time for name, time in row.items() if isinstance(time, datetime)}
    row |= {name: round(time.timestamp() * 1000) for name, time in times.items()}
    try:
        rules.check(stream, row)
    except Rejected as error:
        raise AssertionError(f"not suspected: {error}") from error
