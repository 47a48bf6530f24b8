"""What another team's consumer sees of a topic: its own group, its own decoder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Consumer, TopicPartition

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog

SCHEMAS = Path(__file__).parents[2] / "schemas"


@dataclass(frozen=True)
class Seen:
    """One record: the id in its header, and the event."""

    event_id: str
    event: dict[str, Any]


def events(settings: Settings, stream: str, group: str) -> list[Seen]:
    """Everything in `events.<stream>` from its beginning to its end, as `group` gets it."""
    topic = load_catalog(settings.topic_prefix).events(stream)
    schema = fastavro.parse_schema(json.loads((SCHEMAS / f"{stream}.v1.avsc").read_text("utf-8")))
    consumer = Consumer(
        {
            **connection_config(settings),
            "group.id": f"{settings.topic_prefix}{group}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {
            p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1]
            for p in partitions
        }
        consumer.subscribe([topic])
        seen: list[Seen] = []
        left = {p for p, end in ends.items() if end > 0}
        while left:
            messages = consumer.consume(500, 1.0)
            for message in messages:
                assert message.error() is None, message.error()
                value = message.value()
                assert value is not None
                event = fastavro.schemaless_reader(BytesIO(value[5:]), schema, None)
                assert isinstance(event, dict)
                ids = [v for name, v in message.headers() or [] if name == "event_id"]
                assert len(ids) == 1
                seen.append(Seen(ids[0].decode(), event))
                if message.offset() + 1 >= ends[message.partition()]:
                    left.discard(message.partition())
        consumer.commit()
        return seen
    finally:
        consumer.close()
