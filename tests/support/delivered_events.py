"""Events as destinations get them, from the schemas' own examples."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import uuid5

import fastavro
import polars as pl

from storepulse.contracts.container_file import frame_of
from storepulse.contracts.examples import native_of, read_examples
from storepulse.contracts.schemas import schema_of
from storepulse.destinations.rules.model import DeliveryBatch, Event
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE

#: Shortly after the examples were received: 2026-01-01T12:00:10Z.
NOW = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)
#: The example that a stream's records begin with; where none is named, the first of them.
_FIRST = {"activity": "purchase", "cart": "full", "heatmap": "click", "landing": "purchase",
          "campaign": "order-paid"}  # fmt: skip


def record(stream: str, **changes: Any) -> dict[str, Any]:
    """An example's record, ready for an encoder, with other values for some fields."""
    found = {example.name: example.record for example in read_examples(stream, "valid")}
    schema = schema_of(stream)
    return native_of(schema, {**found[_FIRST.get(stream, min(found))], **changes})


def encoded(stream: str, **changes: Any) -> bytes:
    """That record in the wire format."""
    schema, out = schema_of(stream), BytesIO()
    fastavro.schemaless_writer(out, schema.parsed, record(stream, **changes), strict=True)
    return schema.header + out.getvalue()


def event(stream: str = "activity", **changes: Any) -> Event:
    """That record as senders decode it."""
    value: Any = schema_of(stream).decode(encoded(stream, **changes)[5:])
    types = STREAMS[stream].types
    kind = types.names[0] if types.column is None else value[types.column]
    if kind == OWN_TYPE and types.own_column is not None:
        kind = value[types.own_column]
    return Event(
        str(value["event_id"]), str(value["store_id"]), stream, kind, value["received_at"], value
    )


def numbered(number: int, stream: str = "activity", **changes: Any) -> Event:
    """An event with an id of its own."""
    first = event(stream)
    event_id = str(uuid5(schema_namespace(first), str(number)))
    return event(stream, event_id=event_id, **changes)


def schema_namespace(first: Event) -> Any:
    """The namespace of `numbered` ids: the store of the examples."""
    return first.value["store_id"]


def batch(*events: Event, attempt: int = 1) -> DeliveryBatch:
    """A batch of these events."""
    return DeliveryBatch("3f2b6c1e-0000-4000-8000-0000000000aa", attempt, events)


def frame(stream: str, *records: dict[str, Any]) -> pl.DataFrame:
    """The slice that these changes of the example make."""
    return frame_of(schema_of(stream), [encoded(stream, **changes) for changes in records])
