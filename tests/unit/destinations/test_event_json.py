"""The JSON of an event: every field is somewhere, and in the form that is promised."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.delivered_events import event
from tests.support.generated_records import SEED
from tests.support.ingest_records import record

from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.destinations.rules.event_json import event_json, free_form

#: Ours alone: how work is ordered, how repeats are told from conflicts, why it is a bot, and how
#: the gateway counts names.
KEPT_BACK = {"priority", "content_crc", "bot_reason", "folded"}
STREAMS = ["activity", "cart", "heatmap", "landing"]


def sent(stream: str, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(msgspec.json.encode(event_json(event(stream, **changes))))
    return body


@pytest.mark.parametrize("stream", STREAMS)
def test_no_field_is_lost(stream: str) -> None:
    body = sent(stream)
    renamed = {f"consent_{purpose}" for purpose in body["consent"]}
    there = {*body, *body["data"], *body["client"], *renamed}
    assert set(schema_of(stream).field_names) - there == KEPT_BACK


def test_money_times_and_free_fields() -> None:
    body = sent("activity", value="119.9800", occurred_at=1767268800007)
    assert body["data"]["value"] == "119.9800"
    assert body["occurred_at"] == "2026-01-01T12:00:00.007Z"
    assert body["received_at"] == "2026-01-01T12:00:00.412Z"
    assert body["data"]["metadata"] == {"coupon": "SPRING", "items": [1, 2]}
    assert body["event_id"] == "019b7984-3c00-7a5b-a1c2-3d4e5f607182"
    assert body["consent"] == {"analytics": "granted", "marketing": "denied"}


@pytest.mark.parametrize(
    "text", ["no json", '{"a": NaN}', '{"a": 1e999}', '"\\ud800"', "[" * 5000, ""]
)
def test_free_fields_that_are_no_json_are_passed_on_as_text(text: str) -> None:
    assert free_form(text) == text
    assert sent("activity", metadata=text)["data"]["metadata"] == text


def test_no_free_fields() -> None:
    assert free_form(None) is None


@seed(SEED)
@settings(max_examples=100, deadline=None, derandomize=False, database=None)
@given(
    free=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    name=st.text(max_size=40).filter(lambda s: all(not 0xD800 <= ord(c) < 0xE000 for c in s)),
)
def test_any_event_becomes_json(free: Any, name: str) -> None:
    body = sent("activity", metadata=json.dumps(free), product_name=name)
    assert body["data"]["product_name"] == name


@pytest.mark.parametrize("stream", STREAMS)
def test_ids_as_text_are_the_ids(stream: str) -> None:
    """Delivery decodes without making objects of ids; what is sent is the same."""
    value = record(stream).value
    assert value is not None
    plain: Any = schema_of(stream).decode(value[HEADER_BYTES:])
    text: Any = schema_of(stream).decode(value[HEADER_BYTES:], ids_as_text=True)
    assert isinstance(plain["event_id"], UUID)
    assert text == {n: str(v) if isinstance(v, UUID) else v for n, v in plain.items()}
    with pytest.raises(ValueError, match="after the record"):
        schema_of(stream).decode(value[HEADER_BYTES:] + b"\x00", ids_as_text=True)
