"""Events rendered by column: the same bytes as one by one, whatever is in them."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import fastavro
import msgspec
import polars as pl
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.delivered_events import encoded
from tests.support.generated_records import SEED, records

from storepulse.contracts.decoder import decode_known
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.destinations.rules.event_frames import events_json
from storepulse.destinations.rules.event_json import event_json
from storepulse.destinations.rules.model import Event

STREAMS = ["activity", "cart", "heatmap", "landing"]
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(['{"a": 1.50, "b": [1, 2]}', "no json", "", "null"]),
    st.sampled_from(['{"é": "\\u00e9\\n"}', "[NaN]"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
)  # fmt: skip


def events_of(stream: str, values: list[bytes]) -> list[Event]:
    """What one by one is sent."""
    found = []
    for value in values:
        decoded: Any = schema_of(stream).decode(value[HEADER_BYTES:], ids_as_text=True)
        received = decoded["received_at"] + timedelta(microseconds=7)
        found.append(
            Event(decoded["event_id"], decoded["store_id"], stream, "ty\"pe", received, decoded)
        )  # fmt: skip
    return found


def by_column(stream: str, values: list[bytes]) -> list[str]:
    events = events_of(stream, values)
    frame = decode_known(
        schema_of(stream), values, [e.event_id for e in events], [e.store_id for e in events]
    )
    assert frame is not None
    return list(events_json(stream, frame.with_columns(
        pl.Series("_event_id", [e.event_id for e in events]),
        pl.Series("_store_id", [e.store_id for e in events]),
        pl.Series("_received_at", [e.received_at for e in events], dtype=pl.Datetime("us", "UTC")),
        pl.Series("_event_type", [e.event_type for e in events]),
    )))  # fmt: skip


def one_by_one(stream: str, values: list[bytes]) -> list[str]:
    return [msgspec.json.encode(event_json(event)).decode() for event in events_of(stream, values)]


@pytest.mark.parametrize("stream", STREAMS)
def test_the_same_bytes(stream: str) -> None:
    values = [encoded(stream), encoded(stream, user_agent='\x00\x1f\x7f"\\/\b\f\r\t é\U0001f600')]
    assert by_column(stream, values) == one_by_one(stream, values)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_same_bytes_whatever_the_event(stream: str) -> None:
    schema = schema_of(stream)

    @seed(SEED)
    @settings(max_examples=60, deadline=None, derandomize=False, database=None)
    @given(
        made=st.lists(st.tuples(records(schema), TEXTS, TEXTS), min_size=1, max_size=4),
    )
    def check(made: list[tuple[dict[str, Any], str | None, str | None]]) -> None:
        values = []
        for record, metadata, event_data in made:
            free = {"metadata": metadata, "event_data": event_data}
            changed = {**record, **{k: v for k, v in free.items() if k in record}}
            out = BytesIO()
            fastavro.schemaless_writer(out, schema.parsed, changed)
            values.append(schema.header + out.getvalue())
        assert by_column(stream, values) == one_by_one(stream, values)

    check()


def test_values_of_other_ids_are_not_taken() -> None:
    value = encoded("cart")
    (event,) = events_of("cart", [value])
    other = event.event_id[:-1] + ("0" if event.event_id[-1] != "0" else "1")
    schema = schema_of("cart")
    assert decode_known(schema, [value], [other], [event.store_id]) is None
    assert decode_known(schema, [value], [event.event_id], [other]) is None
    assert decode_known(schema, [value], [event.event_id], [event.store_id]) is not None


def test_a_value_with_a_byte_too_many_spoils_the_whole() -> None:
    value = encoded("cart")
    (event,) = events_of("cart", [value])
    ids, stores = [event.event_id] * 3, [event.store_id] * 3
    schema = schema_of("cart")
    assert decode_known(schema, [value, value + b"\x00", value], ids, stores) is None
    assert decode_known(schema, [value, value[:-1], value], ids, stores) is None
    assert decode_known(schema, [value, b"?", value], ids, stores) is None
