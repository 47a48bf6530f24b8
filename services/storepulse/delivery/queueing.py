"""Rows of the queue from records of `events.*`: what is staged once goes to each destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from confluent_kafka import Message

from storepulse.adapters.named_sql import named_sql
from storepulse.domain.delivery.matching import event_type
from storepulse.domain.delivery.model import Destination
from storepulse.domain.delivery.ordering import ordering_key

_PRIORITIES = {"high": 0, "normal": 1, "low": 2}
_COPIED = (
    *("int4", "uuid", "uuid", "timestamptz", "text", "int2", "text", "bytea", "bytea"),
    *("text[]", "bytea[]", "int8"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """The partition that records are of."""

    stream: str
    topic: str
    topic_id: str
    partition: int


@dataclass(frozen=True, slots=True)
class Records:
    """Records as Kafka has them, in parallel lists."""

    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Sequence[tuple[str, bytes | None]]]
    offsets: Sequence[int]

    @classmethod
    def of(cls, messages: Sequence[Message]) -> Records:
        """Those of one partition, in its order."""
        return cls(
            [message.key() for message in messages],
            [message.value() for message in messages],
            [_headers(message) for message in messages],
            [message.offset() or 0 for message in messages],
        )


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    """A record's headers in their order. librdkafka gives a list of pairs, values as bytes."""
    sent: Any = message.headers()
    return list(sent or ())


def stage(cursor: psycopg.Cursor[Any], stream: str, frame: pl.DataFrame, records: Records) -> None:
    """Copies the frame's events into `stage_matched`; `_index` is their place in `records`."""
    columns = frame.select(
        "_index", "store_id", "event_id", "received_at", event_type(stream),
        pl.col("priority").cast(pl.String), ordering_key(stream),
    )  # fmt: skip
    with cursor.copy(named_sql("delivery/matching")["copy"].encode()) as copy:
        copy.set_types(_COPIED)
        for index, store_id, event_id, received_at, kind, priority, key in columns.iter_rows():
            headers = records.headers[index]
            copy.write_row(
                (
                    index, store_id, event_id, received_at, kind, _PRIORITIES[priority], key,
                    records.keys[index], records.values[index], [name for name, _ in headers],
                    [value for _, value in headers], records.offsets[index],
                )
            )  # fmt: skip


def queue(
    cursor: psycopg.Cursor[Any],
    destination: Destination,
    source: Source,
    places: Sequence[int] | None,
    now: datetime,
) -> int:
    """Queues what is staged, or of it the events at `places`; how many were new to it."""
    cursor.execute(
        named_sql("delivery/matching")["queue"].encode(),
        {
            "destination_id": destination.destination_id,
            "ordered": destination.ordered,
            "places": None if places is None else list(places),
            "stream": source.stream,
            "now": now,
            "topic": source.topic,
            "topic_id": source.topic_id,
            "partition": source.partition,
        },
    )
    return cursor.rowcount


def destination_of(row: Sequence[Any]) -> Destination:
    """A destination with its filters, from a row of the statements of matching."""
    return Destination(
        destination_id=row[0],
        name=row[1],
        kind=row[2],
        store_id=row[3],
        streams=frozenset(row[4]),
        types=frozenset(row[5]),
        consent=frozenset(row[6]),
        include_bots=row[7],
        ordered=row[8],
    )
