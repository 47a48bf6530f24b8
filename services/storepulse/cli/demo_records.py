"""Records that `storepulse demo` writes directly to Kafka, as a shop's own program might."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from typing import Any

from storepulse.domain.errors import Transient

_FLUSH_SECONDS = 30.0


def put_records(stream: str, events: list[dict[str, Any]]) -> None:
    """Writes events of a stream to its ingest topic, without checking them. Raises Transient if
    Kafka does not take them."""
    from storepulse.adapters.kafka.clients import make_producer
    from storepulse.cli.servers import settings_in_force
    from storepulse.contracts.topics import load_catalog

    settings = settings_in_force(kafka=True, database=False)
    topic = load_catalog(settings.topic_prefix).ingest(stream)
    producer = make_producer(settings, "storepulse-demo")
    faults: list[str] = []

    def note(error: Any, _: Any) -> None:
        if error is not None:
            faults.append(str(error))

    for key, value in _records_of(stream, events):
        producer.produce(topic, value, key, on_delivery=note)
    left = producer.flush(_FLUSH_SECONDS)
    if left or faults:
        why = faults[0] if faults else "timeout"
        raise Transient(f"Kafka at {settings.kafka_bootstrap_servers} takes no records: {why}")


def _records_of(stream: str, events: list[dict[str, Any]]) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each event, in the gateway's format."""
    from storepulse.contracts.encoder import encoder_of

    encoder, now = encoder_of(stream), int(time.time() * 1000)
    for event in events:
        own = encoder.own(*(event.get(name) for name in encoder.own_fields))
        told = event | {"content_crc": zlib.crc32(own) - 2**31, "received_at": now}
        head = encoder.head(*(told.get(name) for name in encoder.head_fields))
        tail = encoder.tail(*(told.get(name) for name in encoder.tail_fields))
        yield encoder.schema.key_of(told).encode(), encoder.header + head + own + tail
