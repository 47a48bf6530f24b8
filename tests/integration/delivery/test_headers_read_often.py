"""Headers that librdkafka's client cannot give, asked for so often that the interpreter is warm."""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition
from tests.support.ingest_records import NOW_MS
from tests.support.raw_batches import RawRecord, batch, put
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import UNREADABLE_HEADERS, headers_of, reader_config
from storepulse.contracts.topics import load_catalog

RECORDS = 200


def test_each_record_says_that_its_headers_cannot_be_given(world: World) -> None:
    topic = load_catalog(world.settings.topic_prefix).events("activity")
    odd = RawRecord(b"k", b"v", [(b"\xff\xfe", b"x")])
    plain = RawRecord(b"k", b"v", [(b"name", b"x")])
    for record in (plain, odd):
        put(world.settings, topic, batch([record] * RECORDS, timestamp=NOW_MS))
    consumer = Consumer(reader_config(world.settings, "headers"))
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[list[tuple[str, bytes | None]]] = []

    def all_read() -> bool:
        found.extend(headers_of(message) for message in consumer.consume(500, 0.5))
        return len(found) == 2 * RECORDS

    wait_until(all_read, "the records", seconds=30)
    consumer.close()
    assert found[:RECORDS] == [[("name", b"x")]] * RECORDS
    assert [headers[0][0] for headers in found[RECORDS:]] == [UNREADABLE_HEADERS] * RECORDS
