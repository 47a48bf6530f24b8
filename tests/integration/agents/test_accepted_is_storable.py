"""Whatever the gateway accepts, PostgreSQL stores: no text or number at its limits dies later."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, STORE, Record

from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.delivery.matcher import consumer_of
from storepulse.exactness.model.pages import page_of
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.slices.writer import PatientWriter
from storepulse.streams.beacon import Rules
from storepulse.streams.heatmap.beacon import TALLEST
from storepulse.streams.registry import STREAMS

SENDER = RequestContext(NOW_MS, "tracker", "2001:db8::1", "\U0010ffff" * 1_100, STORE, None)

Make = Callable[[random.Random, int], str]


def of(alphabet: str) -> Make:
    """Text of any length of these characters."""
    return lambda _rnd, length: (alphabet * (length // len(alphabet) + 1))[:length]


#: Kinds of text; incompressible ones fill an index, the others are what parsers stumble over.
KINDS: dict[str, Make] = {
    "random CJK": lambda rnd, n: "".join(chr(rnd.randrange(0x4E00, 0x9FFF)) for _ in range(n)),
    "random astral": lambda rnd, n: "".join(map(chr, rnd.choices(range(0x10000, 0x110000), k=n))),
    "the last character": of("\U0010ffff"),
    "combining marks": of("e\u0301\u0323"),
    "right to left": of("\u202eא\u2067ب\u200f"),
    "formatting alone": of("\u200b\u200d\ufeff\u2060"),
    "replacement": of("\ufffd"),
    "noncharacters": of("\ufffe\uffff\U0001fffe"),
    "grows in lower case": of("İẞ"),
    "quotes and escapes": of("'\"\\\\x00 $1 %s {}"),
    "controls": of("\x01\x1f\x7f\x85\u2028"),
    "one character": lambda _rnd, _n: "a",
    "NUL": of("a\0"),
}  # fmt: skip
NUMBERS: list[Any] = [
    0, -0.0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 1e308, -1e308, 5e-324, 1.1, 0.1 + 0.2,
    True, None,
]  # fmt: skip


def texts(rnd: random.Random, length: int) -> str:
    return rnd.choice(list(KINDS.values()))(rnd, length)


def url(rnd: random.Random) -> str:
    path = texts(rnd, 2_048 - 18)
    path = "".join(c for c in path if not c.isspace() and c > " " and c != "\x7f")
    return "https://a.example/" + path[: 2_048 - 18]


def identifier(rnd: random.Random, length: int = 255) -> str:
    return texts(rnd, length).replace("\0", "x")


def order_number(rnd: random.Random) -> str:
    """Text alone may stand for no number at all."""
    return "1" + identifier(rnd, 254)


def free(rnd: random.Random) -> dict[str, Any]:
    """Metadata: with many keys, or deep, or with long texts and every number."""
    match rnd.randrange(3):
        case 0:
            return {texts(rnd, 8) + str(n): rnd.choice(NUMBERS) for n in range(200)}
        case 1:
            value: Any = rnd.choice(NUMBERS)
            for _ in range(30):
                value = [value] if rnd.random() < 0.5 else {texts(rnd, 3): value}
            return {"deep": value}
    return {"long": texts(rnd, 8_000), "numbers": NUMBERS, texts(rnd, 300): {}}


def money(rnd: random.Random) -> Any:
    return rnd.choice(["999999999999.9999", 0, "0.0001", 1.5, 999_999_999_999, "1e3"])


def session(rnd: random.Random) -> str:
    return "".join(rnd.choices("abcXYZ019_-", k=128))


def activity(rnd: random.Random) -> dict[str, Any]:
    kinds = ("page_view", "product_view", "add_to_cart", "purchase", "search", "custom")
    return {
        "session_id": session(rnd), "visitor_id": identifier(rnd),
        "activity_type": rnd.choice(kinds),
        "page_url": url(rnd), "referrer": url(rnd), "product_id": identifier(rnd),
        "product_name": texts(rnd, 1_000), "search_query": texts(rnd, 512),
        "quantity": rnd.choice((0, 2**31 - 1)), "value": money(rnd), "currency": "EUR",
        "metadata": free(rnd), "idempotency_key": identifier(rnd), "user_agent": texts(rnd, 2_000),
        "timestamp": NOW_MS + rnd.choice((86_400_000, -30 * 86_400_000, 0)),
    }  # fmt: skip


def heatmap(rnd: random.Random) -> dict[str, Any]:
    pointed = {"x": rnd.choice((0, 10_000)), "y": rnd.choice((0, TALLEST)), "element_x": 10_000}
    sent = pointed if rnd.random() < 0.8 else {"scroll_depth": rnd.choice((0, 100))}
    return sent | {
        "session_id": session(rnd), "type": "click" if "x" in sent else "scroll",
        "visitor_id": identifier(rnd), "page_url": url(rnd), "viewport_width": 10_000,
        "viewport_height": 10_000, "document_height": TALLEST, "selector": texts(rnd, 512),
        "dwell_ms": 2**31 - 1,
    }  # fmt: skip


def cart(rnd: random.Random) -> dict[str, Any]:
    return {
        "storeName": ("a" * 63 + ".") * 3 + "example", "productId": identifier(rnd),
        "variantId": rnd.choice((2**63 - 1, identifier(rnd))), "productTitle": texts(rnd, 3_000),
        "productUrl": url(rnd), "generatedImageUrl": url(rnd), "personImageUrl": url(rnd),
        "clothingImageUrl": url(rnd), "customerEmail": "é" * 64 + "@" + "ü" * 100 + ".example",
        "customerFirstName": texts(rnd, 255), "customerLastName": texts(rnd, 255),
        "sessionId": rnd.choice((None, session(rnd))), "userAgent": texts(rnd, 3_000),
        "idempotencyKey": identifier(rnd),
    }  # fmt: skip


def landing(rnd: random.Random) -> dict[str, Any]:
    kind = rnd.choice(("PageView", "Purchase", "web_vitals", "Any name_1.x"))
    data = free(rnd)
    if kind == "Purchase":
        data |= {"value": money(rnd), "currency": "eur", "order_id": identifier(rnd)}
    return {
        "session_id": session(rnd), "event_type": kind, "landing_page_id": "l~.:-_9" * 18,
        "campaign_id": identifier(rnd), "event_data": data, "screen_resolution": texts(rnd, 64),
        "metadata": free(rnd), "visitor_id": identifier(rnd),
    }  # fmt: skip


def bot(rnd: random.Random) -> dict[str, Any]:
    return {
        "event_type": rnd.choice(("user_message", "ImageGenerated", "custom", "STORY_SELECTED")),
        "client_id": rnd.choice((2**63 - 1, -(2**63), "-9223372036854775808", 0)),
        "session_id": rnd.choice((None, session(rnd))), "persona": texts(rnd, 255),
        "story": texts(rnd, 255), "text": texts(rnd, 16_384),
        "image_url": rnd.choice((url(rnd), "data:image/png;base64," + "A" * 16_000)),
        "name": texts(rnd, 255), "customer_id": identifier(rnd), "metadata": free(rnd),
        "customer_email": "é" * 64 + "@" + "ü" * 100 + ".example",
    }  # fmt: skip


def campaign(rnd: random.Random) -> dict[str, Any]:
    return {
        "event": rnd.choice(("WEBAPP_OPEN", "orderPaid", "ORDER_CREATED", "Any name: 1_x.y")),
        "campaign_id": "c~.:-_9" * 18, "tracking_id": "t" * 128, "start_param": "s-_" * 21,
        "telegram_id": rnd.choice((2**63 - 1, "-9223372036854775808", None, 0)),
        "session_id": rnd.choice((None, session(rnd))), "value": money(rnd), "currency": "eur",
        "order_id": identifier(rnd), "customer_id": identifier(rnd), "payload": free(rnd),
        "customer_email": "é" * 64 + "@" + "ü" * 100 + ".example", "visitor_id": identifier(rnd),
    }  # fmt: skip


def order(rnd: random.Random) -> dict[str, Any]:
    refund = {
        "event_type": "refunded",
        "refund_id": order_number(rnd),
        "refund_value": "0.0001",
    }
    return {
        **rnd.choice(({"event_type": "paid"}, {"event_type": "Cancelled"}, refund)),
        "order_id": rnd.choice((7, order_number(rnd))), "order_name": identifier(rnd),
        "ordered_at": rnd.choice((None, "2000-01-01T00:00:00Z", 4_102_444_799_999)),
        "session_id": rnd.choice((None, session(rnd))), "value": money(rnd), "currency": "eur",
        "channel": texts(rnd, 64), "landing_page_id": identifier(rnd),
        "campaign_id": identifier(rnd), "customer_id": identifier(rnd), "metadata": free(rnd),
        "customer_email": "é" * 64 + "@" + "ü" * 100 + ".example", "visitor_id": identifier(rnd),
    }  # fmt: skip


def usage(rnd: random.Random) -> dict[str, Any]:
    return {
        "meter": rnd.choice(("m" * 128, "a.b:c-d_9", "api_call_")),
        "quantity": rnd.choice((0, 1, 0.1 + 0.2, "999999999999.9999", "12.5")),
        "metadata": free(rnd), "visitor_id": identifier(rnd),
    }  # fmt: skip


def experiment(rnd: random.Random) -> dict[str, Any]:
    who = rnd.choice(({"session_id": session(rnd)}, {"visitor_id": identifier(rnd)}))
    shown = {"event_type": "exposure", "phase": rnd.choice((1, 2**31 - 1)), "metadata": None}
    done = {
        "event_type": rnd.choice(("Conversion", "METRIC")), "metric": "m.:-_9" * 21,
        "value": rnd.choice((money(rnd), "-999999999999.9999", -0.5)), "currency": "eur",
        "order_id": identifier(rnd), "metadata": free(rnd),
    }  # fmt: skip
    return rnd.choice((shown, done)) | who | {
        "test_id": "AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee", "variant_id": "v-_9" * 16,
    }  # fmt: skip


BEACONS = {
    "activity": activity, "heatmap": heatmap, "cart": cart, "landing": landing, "bot": bot,
    "campaign": campaign, "order": order, "usage": usage,
    "experiment": experiment,
}  # fmt: skip


def accepted(stream: str, beacons: list[dict[str, Any]]) -> list[Record]:
    """The records that the gateway makes of them."""
    decoding = Decoding(STREAMS[stream].input, 500)
    names = NewNameLimits(Settings(), DatabaseNames())
    enveloper = Enveloper(STREAMS[stream], Rules(max_coordinate_y=TALLEST), names)
    batch = decoding.decode_batch(json.dumps({"events": beacons}).encode())
    assert [bad.reason for bad in batch.bad] == []
    encoded = enveloper.encode_all(batch.beacons, SENDER)
    assert [str(refused) for _, refused in encoded.refused] == []
    return [Record(*made) for made in encoded.records if made is not None]


@pytest.mark.parametrize("stream", BEACONS)
@settings(
    max_examples=8,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_what_the_gateway_accepts_is_stored_and_queued(
    shared_bench: Bench, stream: str, seed: int
) -> None:
    shared_bench.begin()
    rnd = random.Random(seed)
    records = accepted(stream, [BEACONS[stream](rnd) for _ in range(25)])
    outcome = shared_bench.write(stream, records)
    assert (outcome.applied + outcome.duplicate, outcome.dead) == (25, 0)
    assert shared_bench.rows("SELECT count(*) FROM dead_letters") == [(0,)]

    shared_bench.run(
        "INSERT INTO destinations (name, kind, include_bots) VALUES ('d', 'webhook', true)"
    )
    catalog = load_catalog(shared_bench.world.settings.topic_prefix)
    consumer = consumer_of(
        catalog,
        stream,
        lambda: True,
        lambda _ids: None,
        lambda: datetime.fromtimestamp(NOW_MS / 1000, UTC),
    )
    writer = PatientWriter(
        shared_bench.world.settings, consumer.name, "delivery", consumer.make_transaction,
        shared_bench.stopping,
    )  # fmt: skip
    queued = writer.write(
        consumer.prepare(shared_bench.slice(records)), shared_bench.source(1), shared_bench.broker
    )
    writer.close()
    assert (queued.applied, queued.dead) == (25, 0)
    assert shared_bench.rows("SELECT count(*)::int FROM deliveries") == [(outcome.applied,)]


@pytest.mark.parametrize("kind", KINDS)
def test_any_page_ends_in_the_heatmap(bench: Bench, kind: str) -> None:
    rnd = random.Random(7)
    pages = [{**heatmap(rnd), "type": "click", "x": 1, "y": 1} for _ in range(20)]
    for number, sent in enumerate(pages):
        path = KINDS[kind](rnd, 2_000 - number)
        path = "".join(c for c in path if not c.isspace() and c > " " and c not in "?#\0\x7f")
        sent["page_url"] = "https://a.example/" + path
        sent.pop("scroll_depth", None)
    assert bench.write("heatmap", accepted("heatmap", pages)).applied == 20
    assert bench.rows("SELECT sum(events)::int FROM heatmap_cells") == [(20,)]
    stored = {row[0] for row in bench.rows("SELECT page FROM pages")}
    assert stored == {page_of(sent["page_url"]) for sent in pages}


def test_a_dead_letter_is_stored_whatever_is_in_it(bench: Bench) -> None:
    """Reasons, messages, keys and headers of records that do not decode, too."""
    rnd = random.Random(11)
    odd = []
    for n, kind in enumerate(KINDS):
        text = KINDS[kind](rnd, 3_000)
        headers = [(text[:50], text.encode()), ("x-storepulse-replays", b"9" * 50), ("\0", b"\0")]
        odd.append(Record(text.encode(), text.encode() if n % 2 else b"\0\0\0\0\1" + text.encode(),
                          headers))  # fmt: skip
    outcome = bench.write("activity", odd)
    assert (outcome.dead, outcome.applied) == (len(odd), 0)
    assert bench.rows("SELECT count(*)::int FROM dead_letters") == [(len(odd),)]
