"""What a client's carelessness costs: a field, an event, never its neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.domain.errors import Rejected
from storepulse.gateway.decoding import BeaconBatch, Decoding, json_of
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

NOW = 1_767_268_800_412
STORE = "11111111-1111-4111-8111-111111111111"
SENDER = RequestContext(NOW, "tracker", "203.0.113.7", None, None, None)
VIEW: dict[str, Any] = {"store_id": STORE, "session_id": "s", "activity_type": "page_view"}
CLICK: dict[str, Any] = {
    "store_id": STORE, "session_id": "s", "type": "click", "page_url": "https://a.b", "x": 1, "y": 2
}  # fmt: skip
LANDED: dict[str, Any] = {
    "store_id": STORE, "session_id": "s", "event_type": "PageView", "landing_page_id": "p"
}  # fmt: skip
CART: dict[str, Any] = {"storeName": "shop"}
SAID: dict[str, Any] = {"store_id": STORE, "event_type": "user_message", "client_id": 7}
OPENED: dict[str, Any] = {
    "store_id": STORE, "event": "WEBAPP_OPEN", "campaign_id": "c", "tracking_id": "t",
}  # fmt: skip
ONE = {
    "activity": VIEW, "heatmap": CLICK, "landing": LANDED, "cart": CART, "bot": SAID,
    "campaign": OPENED, "order": {"store_id": STORE, "event_type": "paid", "order_id": "1001"},
    "usage": {"store_id": STORE, "meter": "sms_sent", "quantity": 1},
    "experiment": {
        "store_id": STORE, "session_id": "s", "event_type": "Conversion", "test_id": STORE
    },
}  # fmt: skip


def encode(
    stream: str, *events: Any, sender: RequestContext = SENDER
) -> tuple[BeaconBatch, EncodedEvents]:
    """A batch of events, bytes for those that Python would not write."""
    parts = [e if isinstance(e, bytes) else json.dumps(e).encode() for e in events]
    batch = Decoding(STREAMS[stream].input, 500).decode_batch(
        b'{"events":[' + b",".join(parts) + b"]}"
    )
    enveloper = Enveloper(STREAMS[stream], Rules(), NewNameLimits(Settings(), DatabaseNames()))
    return batch, enveloper.encode_all(batch.beacons, sender)


def records(stream: str, encoded: EncodedEvents) -> list[dict[str, Any]]:
    schema = schema_of(stream)
    found: list[Any] = [schema.decode(r[1][HEADER_BYTES:]) for r in encoded.records if r]
    return found


@pytest.mark.parametrize(
    "sent",
    [
        "android-app://com.google.android.googlequicksearchbox/", "https://a.example/?q=ü",
        "ios-app://544007664/youtube", "chrome-extension://abc/page.html", "https://[::1]/x",
    ],
)  # fmt: skip
def test_a_referrer_of_any_scheme_is_kept(sent: str) -> None:
    _, encoded = encode("activity", {**VIEW, "referrer": sent})
    assert records("activity", encoded)[0]["referrer"] == sent
    assert encoded.left_out() == []


@pytest.mark.parametrize(
    "sent",
    [
        "not a uri", "javascript:alert(1)", "javascript://a/%0aalert(1)", "data:text/html,x",
        "https://", "https://a.example/" + "x" * 2048, 5, ["https://a.example"], {"a": 1}, True,
    ],
)  # fmt: skip
def test_a_referrer_that_cannot_be_read_costs_itself(sent: Any) -> None:
    _, encoded = encode("activity", VIEW, {**VIEW, "referrer": sent}, VIEW)
    assert encoded.refused == []
    assert [r["referrer"] for r in records("activity", encoded)] == [None] * 3
    ((index, field, reason),) = encoded.left_out()
    assert (index, field) == (1, "referrer")
    assert reason


def test_what_else_only_describes_costs_itself() -> None:
    _, landed = encode("landing", {**LANDED, "screen_resolution": "9" * 65, "user_agent": 7})
    assert [field for _, field, _ in landed.left_out()] == ["screen_resolution", "user_agent"]
    _, carts = encode("cart", {**CART, "userAgent": []}, {**CART, "userAgent": ["x"]})
    assert [(at, field) for at, field, _ in carts.left_out()] == [(1, "userAgent")]


def test_nothing_is_said_of_what_is_refused_anyway() -> None:
    bad = {**VIEW, "referrer": "nothing", "value": "x"}
    _, encoded = encode("activity", bad, {**VIEW, "referrer": "nothing"})
    assert [at for at, _ in encoded.refused] == [0]
    assert [at for at, _, _ in encoded.left_out()] == [1]


@pytest.mark.parametrize(
    "bad",
    [
        b'{"metadata":{"a":123456789012345678901234567890}}', b'{"value":"1_000"}',
        b'{"value":"\xd9\xa1\xd9\xa2"}', b'{"value":1e300}', b'{"metadata":{"a":-9e999}}',
        b'{"quantity":1.5}', b'{"timestamp":1e300}', b'{"sent_at":"x"}',
    ],
)  # fmt: skip
def test_one_bad_event_never_spoils_its_batch(bad: bytes) -> None:
    one = json.dumps(VIEW).encode()
    wrong = one[:-1] + b"," + bad[1:]
    batch, encoded = encode("activity", one, wrong, one)
    assert len(records("activity", encoded)) == 2
    assert len(batch.bad) + len(encoded.refused) == 1
    for at, _ in encoded.refused:
        assert isinstance(json_of(batch.beacons[at]), bytes)


def test_zero_in_any_writing_is_zero() -> None:
    one = json.dumps(VIEW).encode()[:-1]
    _, encoded = encode("activity", *(one + b',"value":' + z + b"}" for z in (b"0E+20", b"-0.0")))
    assert [r["value"] for r in records("activity", encoded)] == [0, 0]


def test_an_error_of_ours_is_one_events(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = STREAMS["activity"]

    def own(beacon: Any, rules: Rules) -> tuple[Any, ...]:
        if beacon.quantity == 7:
            raise ZeroDivisionError
        return stream.input.own(beacon, rules)

    monkeypatch.setitem(STREAMS, "activity", replace(stream, input=replace(stream.input, own=own)))
    _, encoded = encode("activity", VIEW, {**VIEW, "quantity": 7}, VIEW)
    assert len(records("activity", encoded)) == 2
    ((index, rejected),) = encoded.refused
    assert (index, rejected.reason) == (1, "holds a value that cannot be kept")


@pytest.mark.parametrize(
    ("stream", "field", "sent", "kept"),
    [
        ("activity", "activity_type", "PageView", "page_view"),
        ("activity", "activity_type", "ADD_TO_CART", "add_to_cart"),
        ("activity", "activity_type", "Purchase", "purchase"),
        ("heatmap", "type", "Click", "click"),
        ("landing", "event_type", "purchase", "Purchase"),
        ("landing", "event_type", "page_view", "PageView"),
        ("landing", "event_type", "add_to_cart", "AddToCart"),
        ("landing", "event_type", "Sign up", "Custom"),
        ("bot", "event_type", "StartCommand", "start_command"),
        ("bot", "event_type", "AI_MESSAGE", "ai_message"),
        ("bot", "event_type", "storyselected", "story_selected"),
    ],
)
def test_types_are_known_in_any_case_and_with_any_underscores(
    stream: str, field: str, sent: str, kept: str
) -> None:
    column = STREAMS[stream].types.column
    assert column is not None
    _, encoded = encode(stream, ONE[stream], {**ONE[stream], field: sent})
    assert records(stream, encoded)[1][column] == kept


def test_a_type_of_another_name_comes_with_unknown_fields() -> None:
    _, encoded = encode("activity", {**VIEW, "activity_type": "Page_View", "theme": "dark"})
    (record,) = records("activity", encoded)
    assert (record["activity_type"], record["metadata"]) == ("page_view", '{"theme":"dark"}')


@pytest.mark.parametrize("sent", ["Tap", 5, None, "pageview_"])
def test_an_unknown_type_is_refused(sent: Any) -> None:
    batch, _ = encode("heatmap", CLICK, {**CLICK, "type": sent})
    assert [(bad.index, bad.field) for bad in batch.bad] == [(1, "type")]


def purchase_of(data: dict[str, Any]) -> dict[str, Any]:
    _, encoded = encode("landing", {**LANDED, "event_type": "purchase", "event_data": data})
    (record,) = records("landing", encoded)
    return record


def test_a_landing_purchase_by_any_name_has_its_money() -> None:
    record = purchase_of({"value": 836.9999999999998, "currency": "eur", "order_id": 7})
    assert (str(record["value"]), record["currency"], record["order_id"]) == (
        "837.0000",
        "EUR",
        "7",
    )
    for bad in ("1_000", "١٢", "0.00001"):
        _, encoded = encode(
            "landing", {**LANDED, "event_type": "Purchase", "event_data": {"value": bad}}
        )
        assert [error.field for _, error in encoded.refused] == ["event_data.value"]


def test_prices_of_order_lines_are_money_as_well() -> None:
    def lines(price: Any) -> dict[str, Any]:
        return {**VIEW, "items": [{"product_id": 1, "price": price}]}

    sent = (0.1 + 0.2, -0.0, "1_000", 19.99, "0E+2", "١٢")
    _, encoded = encode("activity", *map(lines, sent))
    prices = [json.loads(r["items"])[0]["price"] for r in records("activity", encoded)]
    assert prices == ["0.3000", "0", "19.99", "0"]
    assert [(at, e.field) for at, e in encoded.refused] == [
        (2, "items[0].price"), (5, "items[0].price")
    ]  # fmt: skip


def occurred(stream: str, event: dict[str, Any], **context: Any) -> tuple[int, str]:
    _, encoded = encode(stream, event, sender=replace(SENDER, **context))
    (record,) = records(stream, encoded)
    return round(record["occurred_at"].timestamp() * 1000), encoded.ids[0]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_clock_that_is_off_is_set_by_sent_at(stream: str) -> None:
    name = "sentAt" if stream == "cart" else "sent_at"
    week = 7 * 24 * 3_600_000
    for ahead in (-90 * 24 * 3_600_000, week, 300_001):
        event = {**ONE[stream], "timestamp": NOW + ahead - 1000, name: NOW + ahead}
        assert occurred(stream, event)[0] == NOW - 1000
        event = {**ONE[stream], "timestamp": NOW + ahead - 1000}
        assert occurred(stream, event, clock_error=ahead)[0] == NOW - 1000
    event = {**ONE[stream], "timestamp": NOW + 299_000, name: NOW + 300_000}
    assert occurred(stream, event)[0] == NOW + 299_000


def test_a_retry_from_a_wrong_clock_is_one_event() -> None:
    ahead = 86_400_000
    first = {**VIEW, "timestamp": NOW + ahead, "sent_at": NOW + ahead}
    later = {**first, "sent_at": NOW + ahead + 60_000}
    again = occurred("activity", later, received_at=NOW + 60_001)
    assert again[1] == occurred("activity", first)[1]
    assert again[1] == occurred("activity", {**VIEW, "timestamp": NOW + ahead})[1]


def test_what_is_too_old_by_the_right_clock_is_refused() -> None:
    day = 86_400_000
    event = {**VIEW, "timestamp": NOW, "sent_at": NOW + 31 * day}
    _, encoded = encode("activity", event)
    assert [error.field for _, error in encoded.refused] == ["timestamp"]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_batch_says_once_when_it_was_sent(stream: str) -> None:
    name = "sentAt" if stream == "cart" else "sent_at"
    decoding = Decoding(STREAMS[stream].input, 500)
    for events in ([ONE[stream]], [ONE[stream], 5]):  # the second is decoded one by one
        body = json.dumps({"events": events, name: NOW}).encode()
        assert decoding.decode_batch(body).sent_at == NOW
    with pytest.raises(Rejected) as refused:
        decoding.decode_batch(json.dumps({"events": [ONE[stream]], name: "noon"}).encode())
    assert refused.value.field == name


@pytest.mark.parametrize("stream", ["activity", "cart"])
def test_an_address_of_blanks_is_none(stream: str) -> None:
    field = "customerEmail" if stream == "cart" else "customer_email"
    _, encoded = encode(stream, {**ONE[stream], field: " \t "})
    assert [r["email_hash"] for r in records(stream, encoded)] == [None]


@pytest.mark.parametrize(
    ("stream", "more"),
    [
        ("activity", {"order_id": " 77\u00a0", "customer_id": "8 "}),
        ("activity", {"order_id": " ", "customer_id": 8, "metadata": {"order_id": " 77 "}}),
        ("landing", {"order_id": "77\n", "customer_id": "8"}),
        ("landing", {"order_id": " ", "event_data": {"order_id": " 77", "customer_id": "8\t"}}),
    ],
)
def test_an_order_is_one_with_blanks_and_without(stream: str, more: dict[str, Any]) -> None:
    kind = {"activity": {"activity_type": "purchase"}, "landing": {"event_type": "Purchase"}}
    _, encoded = encode(stream, {**ONE[stream], **kind[stream], **more})
    assert [(r["order_id"], r["customer_id"]) for r in records(stream, encoded)] == [("77", "8")]
