"""The fast encoding of events equals the general one, and the rules of the envelope hold."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.domain.identity import UUID_TEXT, is_uuid
from storepulse.domain.store_settings import Addresses
from storepulse.gateway.bodies import check_type, gunzip
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding import ids as ids_module
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.ids import PublicIds, RandomIds
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.streams.beacon import Rules
from storepulse.streams.cart.beacon import public_id
from storepulse.streams.registry import STREAMS

STORE = "11111111-1111-4111-8111-111111111111"
SENDER = RequestContext(1_767_268_800_412, "tracker", "203.0.113.7", "Mozilla/5.0 ü", None, None)
BEACONS: dict[str, dict[str, Any]] = {
    "heatmap": {
        "store_id": STORE,
        "session_id": "s",
        "type": "hover",
        "page_url": "https://a.b",
        "x": 3,
        "y": 10_000,
        "dwell_ms": 2**31 - 1,
    },
    "activity": {
        "store_id": STORE,
        "session_id": "s",
        "activity_type": "purchase",
        "value": "1.5",
        "currency": "EUR",
        "quantity": 3,
        "metadata": {"a": "ü"},
    },
    "landing": {"store_id": STORE, "session_id": "s", "event_type": "x", "landing_page_id": "p"},
    "cart": {"storeName": "shop", "sessionId": "s", "visitorId": "v"},
    "bot": {"store_id": STORE, "session_id": "s", "event_type": "user_message", "client_id": -7},
    "campaign": {
        "store_id": STORE, "session_id": "s", "event": "ORDER_PAID", "campaign_id": "c",
        "tracking_id": "t", "telegram_id": -1001234567890, "value": "1.5", "currency": "EUR",
        "order_id": 1001, "payload": {"a": "ü"},
    },
    "order": {"store_id": STORE, "session_id": "s", "event_type": "paid", "order_id": 1001},
    "usage": {"store_id": STORE, "meter": "sms_sent", "quantity": "1.5", "metadata": {"a": "ü"}},
    "experiment": {
        "store_id": STORE, "session_id": "s", "event_type": "Conversion", "test_id": STORE,
        "variant_id": "blue", "value": "-1.5", "currency": "EUR", "metadata": {"a": "ü"},
    },
}  # fmt: skip
#: Of streams whose records have another key than the session, and of those that know the visitor.
KEYS = {"bot": b"-7", "campaign": b"t", "order": b"1001", "usage": STORE.encode()}
VISITORS = {"bot": "-7"}


def encode(stream: str, document: dict[str, Any], sender: RequestContext = SENDER) -> EncodedEvents:
    batch = Decoding(STREAMS[stream].input, 500).decode_one(json.dumps(document).encode())
    enveloper = Enveloper(STREAMS[stream], Rules(), NewNameLimits(Settings(), DatabaseNames()))
    return enveloper.encode_all(batch.beacons, sender)


def record_of(stream: str, encoded: EncodedEvents) -> tuple[bytes, dict[str, Any]]:
    assert encoded.refused == []
    assert encoded.records[0] is not None
    decoded: Any = schema_of(stream).decode(encoded.records[0][1][HEADER_BYTES:])
    return encoded.records[0][0], decoded


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("visitor", [None, "v" * 200, "ü"])
@pytest.mark.parametrize("correlation", [None, "sent-1"])
def test_the_head_equals_the_generated_encoders(
    stream: str, visitor: str | None, correlation: str | None
) -> None:
    name = "visitorId" if stream == "cart" else "visitor_id"
    sender = RequestContext(
        **{**{s: getattr(SENDER, s) for s in RequestContext.__slots__}, "correlation": correlation}
    )
    encoded = encode(stream, {**BEACONS[stream], name: visitor}, sender)
    key, record = record_of(stream, encoded)
    by_visitor = visitor.encode() if visitor and stream == "experiment" else None
    assert key == (by_visitor or KEYS.get(stream, b"s"))
    assert record["visitor_id"] == (visitor or VISITORS.get(stream))
    assert correlation in (None, record["correlation_id"])
    fields = encoder_of(stream).head_fields
    values = {f: record[f] for f in fields}
    values |= {"event_id": str(record["event_id"]), "store_id": str(record["store_id"])}
    values["occurred_at"] = int(record["occurred_at"].timestamp() * 1000)
    head = encoder_of(stream).head(*(values[f] for f in fields))
    assert encoded.records[0] is not None
    value = encoded.records[0][1]
    assert value.startswith(encoder_of(stream).header + head)


@given(st.binary(min_size=0, max_size=60))
@settings(max_examples=200)
def test_the_checksum_is_of_the_own_bytes_and_signed(selector: bytes) -> None:
    text = selector.decode("latin-1").replace("\0", "")
    encoded = encode("heatmap", {**BEACONS["heatmap"], "selector": text})
    _, record = record_of("heatmap", encoded)
    own = encoder_of("heatmap").own(*(record[name] for name in encoder_of("heatmap").own_fields))
    assert record["content_crc"] & 0xFFFFFFFF == zlib.crc32(own)


def test_events_of_a_batch_are_their_own() -> None:
    body = json.dumps(
        {"events": [{**BEACONS["heatmap"], "x": n, "session_id": f"s{n % 3}"} for n in range(50)]}
    ).encode()
    batch = Decoding(STREAMS["heatmap"].input, 500).decode_batch(body)
    encoded = Enveloper(
        STREAMS["heatmap"], Rules(), NewNameLimits(Settings(), DatabaseNames())
    ).encode_all(batch.beacons, SENDER)
    records = [record_of("heatmap", _only(encoded, n)) for n in range(50)]
    assert [r["x"] for _, r in records] == list(range(50))
    assert [key for key, _ in records] == [f"s{n % 3}".encode() for n in range(50)]
    assert len({str(r["event_id"]) for _, r in records}) == 50
    assert [str(r["event_id"]) for _, r in records] == encoded.ids
    assert len({r["correlation_id"] for _, r in records}) == 3


def _only(encoded: EncodedEvents, at: int) -> EncodedEvents:
    one = EncodedEvents()
    one.records = [encoded.records[at]]
    return one


SERVER = RequestContext(
    1_767_268_800_412, "server", "203.0.113.7", "Mozilla/5.0 ü", None, None, trusted=True
)


def test_an_event_may_say_more_than_its_request() -> None:
    more = {"source": "import", "consent": {"marketing": "denied"}, "user_agent": "Googlebot"}
    _, record = record_of("activity", encode("activity", {**BEACONS["activity"], **more}, SERVER))
    assert (record["source"], record["consent_marketing"]) == ("import", "denied")
    assert (record["user_agent"], record["is_bot"]) == ("Googlebot", True)


@pytest.mark.parametrize("stream", STREAMS)
def test_an_address_is_kept_as_the_store_wants(stream: str) -> None:
    plain = {name: value for name, value in BEACONS[stream].items() if name != "timestamp"}
    timed = {**plain, "timestamp": 1_767_268_800_000}
    consenting = {**timed, "consent": {"marketing": "granted"}}
    store = str(record_of(stream, encode(stream, plain))[1]["store_id"])
    ids = []
    wanted: list[tuple[Addresses, str | None]] = [
        ("full", "203.0.113.7"),
        ("shortened", "203.0.113.0"),
        ("none", None),
    ]
    for kept, ip in wanted:
        others: dict[str, Addresses] = {STORE[::-1]: "none"}
        sender = replace(SENDER, kept_addresses={**others, store: kept})
        for document in (plain, timed, consenting):
            settled = replace(sender, key_store=store).narrow_for_key()
            assert (settled.ip, settled.kept_addresses) == (ip, None)
            for either in (sender, sender.narrow_for_key(), settled):
                assert record_of(stream, encode(stream, document, either))[1]["ip"] == ip
            assert encode(stream, timed, sender).ids == encode(stream, timed, sender).ids
        ids += encode(stream, timed, sender).ids
        # Of the kept address alone, so that an id tells no more than the record.
        nearby = replace(sender, ip="203.0.113.8")
        is_same = encode(stream, timed, nearby).ids == encode(stream, timed, sender).ids
        assert is_same is (kept != "full")
    assert len(set(ids)) == len(wanted)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("stated", ["tracker", "webapp", "server", "bot", "import", "replay"])
def test_the_source_follows_the_key(stream: str, stated: str) -> None:
    document = {**BEACONS[stream], "source": stated}
    _, anybodys = record_of(stream, encode(stream, document))
    _, servers = record_of(stream, encode(stream, document, SERVER))
    assert anybodys["source"] == (stated if stated in ("tracker", "webapp") else "tracker")
    assert servers["source"] == stated
    assert record_of(stream, encode(stream, BEACONS[stream], SERVER))[1]["source"] == "server"


@pytest.mark.parametrize("stream", STREAMS)
def test_the_visitors_user_agent_is_stated_by_servers_or_contract(stream: str) -> None:
    document = {**BEACONS[stream], "userAgent" if stream == "cart" else "user_agent": "Phone/1"}
    _, anybodys = record_of(stream, encode(stream, document))
    _, servers = record_of(stream, encode(stream, document, SERVER))
    published = stream in ("cart", "landing")
    assert anybodys["user_agent"] == ("Phone/1" if published else "Mozilla/5.0 ü")
    assert servers["user_agent"] == "Phone/1"


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("field", ["idempotency_key", "messageId", "id", "timestamp"])
def test_ids_made_for_browsers_and_servers_do_not_meet(stream: str, field: str) -> None:
    name = {"idempotency_key": "idempotencyKey"}.get(field, field) if stream == "cart" else field
    for value in ("order-7", "a1b2c3d4-e5f6-7890-abcd-ef0123456789"):
        sent = 1_767_268_800_000 if field == "timestamp" else value
        document = {**BEACONS[stream], name: sent}
        browser, server = encode(stream, document).ids, encode(stream, document, SERVER).ids
        assert browser == encode(stream, document).ids
        assert server == encode(stream, document, SERVER).ids
        assert browser != server
        assert value not in (*browser, *server)


def test_what_a_session_shares_is_not_shared_between_kinds_of_key() -> None:
    enveloper = Enveloper(STREAMS["heatmap"], Rules(), NewNameLimits(Settings(), DatabaseNames()))
    document = {**BEACONS["heatmap"], "idempotency_key": "k"}
    batch = Decoding(STREAMS["heatmap"].input, 500).decode_one(json.dumps(document).encode())
    ids = [enveloper.encode_all(batch.beacons, who).ids[0] for who in (SENDER, SERVER, SENDER)]
    assert ids[0] == ids[2] != ids[1]


def test_one_key_names_an_event_of_each_stream() -> None:
    same = {"store_id": STORE, "session_id": "s", "idempotency_key": "k"}
    ids = [
        encode(stream, {**BEACONS[stream], **same}).ids[0]
        for stream in ("activity", "heatmap", "landing")
    ]
    cart = {"storeName": "shop", "storeId": STORE, "sessionId": "s", "idempotencyKey": "k"}
    assert len({*ids, *encode("cart", cart).ids}) == 4


def test_equal_acts_of_two_people_are_two_events() -> None:
    add = {"storeName": "shop", "productId": "1", "timestamp": 1_767_268_800_000}
    elsewhere = replace(SENDER, ip="203.0.113.8")
    ids = [
        encode("cart", {**add, "visitorId": "a"}).ids[0],
        encode("cart", {**add, "visitorId": "b"}).ids[0],
        encode("cart", {**add, "visitorId": "a"}, elsewhere).ids[0],
    ]
    assert len(set(ids)) == 3
    assert encode("cart", {**add, "visitorId": "a"}).ids[0] == ids[0]


def test_the_store_comes_from_the_key_where_the_body_names_none() -> None:
    sender = RequestContext(1, "server", None, None, STORE, None)
    document = {k: v for k, v in BEACONS["activity"].items() if k != "store_id"}
    _, record = record_of("activity", encode("activity", document, sender))
    assert str(record["store_id"]) == STORE
    refused = encode("activity", document)
    assert [(at, e.field) for at, e in refused.refused] == [(0, "store_id")]
    assert refused.records == [None]


def test_public_ids_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids_module, "_PUBLIC_IDS", 2)
    ids = PublicIds(public_id)
    assert ids.give("s", "a", ("1", 1)) == ("1", 1)
    assert ids.give("s", "a", ("2", 2)) == ("1", 1)
    assert ids.give("t", "a", ("3", 3)) == ("3", 3)
    assert ids.give("s", "b", ("4", 4)) == ("4", 4)
    assert ids.give("s", "a", ("5", 5)) == ("5", 5)


@given(st.from_regex(UUID_TEXT, fullmatch=True) | st.text(max_size=40))
@settings(max_examples=300)
@example("0" * 36)
@example("A1B2C3D4-e5f6-7890-abcd-ef0123456789")
@example("a1b2c3d4-e5f6-7890-abcd-ef012345678\u212a")
@example("a1b2c3d4_e5f6-7890-abcd-ef0123456789")
@example("01234567-0123-4123-8123-012345678901")
def test_an_event_id_is_taken_when_it_is_a_uuid(text: str) -> None:
    encoded = encode("heatmap", {**BEACONS["heatmap"], "event_id": text.replace("\0", "")})
    if is_uuid(text) is None:
        assert [(at, rejected.field) for at, rejected in encoded.refused] == [(0, "event_id")]
    elif text[14] not in "50f":  # those have tests of their own
        assert encoded.ids == [text.lower()]
        assert str(record_of("heatmap", encoded)[1]["event_id"]) == text.lower()


def test_nobody_states_the_id_that_is_derived_for_another() -> None:
    view = {"store_id": STORE, "session_id": "s", "activity_type": "page_view"}
    servers = encode("activity", {**view, "idempotency_key": "order-1"}, SERVER).ids
    taken = encode("activity", {**view, "event_id": servers[0].upper()}, SENDER).ids
    assert taken != servers
    assert encode("activity", {**view, "event_id": servers[0]}, SENDER).ids == taken
    assert encode("activity", {**view, "event_id": servers[0]}, SERVER).ids == servers


@pytest.mark.parametrize("digit", ["0", "f"])
def test_the_id_of_a_client_that_made_none_is_refused(digit: str) -> None:
    view = {"store_id": STORE, "session_id": "s", "activity_type": "page_view"}
    encoded = encode("activity", {**view, "event_id": str(UUID(digit * 32)).upper()})
    assert [error.field for _, error in encoded.refused] == ["event_id"]


def test_entropy_does_not_repeat() -> None:
    entropy = RandomIds()
    taken = [entropy.take_digits() for _ in range(2000)]
    assert len(set(taken)) == 2000
    assert {len(t) for t in taken} == {18}


def test_gzip_and_content_types() -> None:
    packed = zlib.compress(b"x" * 100, wbits=31)
    assert gunzip(packed, 100) == b"x" * 100
    with pytest.raises(RequestRefused):
        gunzip(packed, 99)
    for good in (b"", b"text/plain", b'application/json; charset="UTF-8"'):
        check_type(good)
    with pytest.raises(RequestRefused):
        check_type(b"text/html")
