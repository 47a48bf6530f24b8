"""Keys and headers of every stream's records, from a beacon to subscribers and dead letters."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import fastavro
import httpx
import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from tests.integration.agents.slices import Bench, read
from tests.support.ingest_records import Record, record
from tests.support.kafka_records import records_of
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.demo.beacons import PATHS
from storepulse.demo.trial_beacon import make_beacon
from storepulse.domain.identity import derived_correlation

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
TYPES = {
    "activity": "purchase", "heatmap": "click", "landing": "PageView", "cart": "cart_add",
    "bot": "ai_message",
}  # fmt: skip
#: Of streams whose records have another key than the session.
KEYS = {"bot": "8123456789"}
SESSION = "s-keys-7"
SENT = "trail-17"


def body(stream: str, n: int, session: str | None) -> dict[str, Any]:
    made = make_beacon(stream, TYPES[stream], STORE, f"01939b3e-0000-7000-8000-{n:012}")
    made.pop("sessionId" if stream == "cart" else "session_id")
    if session is not None:
        made["sessionId" if stream == "cart" else "session_id"] = session
    return made


def headers(message: Message) -> list[tuple[str, Any]]:
    return list(message.headers() or [])


def event(stream: str, message: Message) -> dict[str, Any]:
    value = message.value()
    assert value is not None
    found = fastavro.schemaless_reader(
        BytesIO(value[HEADER_BYTES:]), schema_of(stream).parsed, None
    )
    assert isinstance(found, dict)
    return found


def partition_of(settings: Any, key: bytes) -> int:
    """Where the client that subscribers are told of puts a key."""
    placed: list[int] = []
    producer = Producer({**connection_config(settings), "partitioner": "murmur2_random"})
    topic = f"{settings.topic_prefix}probe.keys"
    client = AdminClient(connection_config(settings))
    if topic not in client.list_topics(timeout=10).topics:
        client.create_topics([NewTopic(topic, 4, 1)])[topic].result()
    producer.produce(topic, b"", key, on_delivery=lambda _error, m: placed.append(m.partition()))
    assert producer.flush(30) == 0
    return placed[0]


def test_every_stream_s_records_have_the_keys_and_headers_that_are_documented(world: World) -> None:
    settings, catalog = world.settings, load_catalog(world.settings.topic_prefix)
    sent: list[tuple[str, str | None]] = [*((stream, SESSION) for stream in TYPES), ("cart", None)]
    with running("gateway", settings) as gateway, running("agents", settings):
        for n, (stream, session) in enumerate(sent):
            answer = httpx.post(
                gateway.url + PATHS[stream], json=body(stream, n, session), timeout=30,
                headers={"X-Correlation-Id": SENT} if n % 2 else {},
            )  # fmt: skip
            assert answer.status_code < 300, answer.text
        refused = httpx.post(
            gateway.url + PATHS["heatmap"], json={"store_id": STORE}, timeout=30,
            headers={"X-Correlation-Id": SENT},
        )  # fmt: skip
        assert refused.status_code == 400

        def arrived() -> bool:
            with world.connect() as connection:
                counts = connection.execute("SELECT sum(applied)::int FROM ledger_counts")
                return counts.fetchone() == (len(sent),)

        wait_until(arrived, "all events", seconds=60)
        for n, (stream, session) in enumerate(sent):
            key = KEYS.get(stream) or session or STORE
            ((raw,), (published,)) = (
                records_of(settings, topic, lambda m, key=key: m.key() == key.encode())  # type: ignore[misc]
                for topic in (catalog.ingest(stream), catalog.events(stream))
            )
            assert raw.partition() == published.partition() == partition_of(settings, key.encode())
            assert headers(raw) == [], "a header costs the gateway more than it is worth there"
            assert raw.value() == published.value()
            found = event(stream, published)
            correlation = SENT if n % 2 else derived_correlation(STORE, session or STORE)
            assert found["correlation_id"] == correlation
            assert headers(published) == [
                ("event_id", str(found["event_id"]).encode()),
                ("correlation_id", correlation.encode()),
            ]
        (letter,) = records_of(settings, catalog.rejected)
        assert letter.key() == SENT.encode()
        assert dict(headers(letter))["correlation_id"] == SENT.encode()


@pytest.mark.parametrize("stream", TYPES)
def test_headers_of_a_record_s_own_stay_and_ours_stand_once(bench: Bench, stream: str) -> None:
    topics = load_catalog(bench.world.settings.topic_prefix)
    before = len(read(bench.world, topics.events(stream)))
    own = [("trace", b"\x00t"), ("event_id", b"another"), ("correlation_id", b"another")]
    plain = record(stream, 1, correlation_id="c-1")
    foreign = record(stream, 2, correlation_id="c-2")
    bench.write(stream, [plain, Record(foreign.key, foreign.value, own)])
    first, second = read(bench.world, topics.events(stream))[before:]
    assert [name for name, _ in headers(first)] == ["event_id", "correlation_id"]
    assert dict(headers(first))["correlation_id"] == b"c-1"
    assert [name for name, _ in headers(second)] == ["trace", "event_id", "correlation_id"]
    assert dict(headers(second))["correlation_id"] == b"c-2"
    assert dict(headers(second))["trace"] == b"\x00t"


def test_a_dead_letter_keeps_its_correlation_id(bench: Bench) -> None:
    topic = load_catalog(bench.world.settings.topic_prefix).dlq("activity")
    before = len(read(bench.world, topic))
    refused = record("activity", 1, correlation_id="c-1", page_url="https://a.example/\0")
    own = [("correlation_id", b"its own")]
    bench.write(
        "activity",
        [record("activity", n) for n in range(10, 20)] + [refused, Record(b"s-1", b"no Avro", own)],
    )
    found = sorted(read(bench.world, topic)[before:], key=lambda m: m.value() == b"no Avro")
    assert [dict(headers(m))["correlation_id"] for m in found] == [b"c-1", b"its own"]
    for message in found:
        assert [name for name, _ in headers(message)].count("correlation_id") == 1
