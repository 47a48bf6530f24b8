"""Events as JSON: every example there and back, and what the way back refuses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.ingest_records import record

from storepulse.contracts.examples import encode_record, native_of, read_examples
from storepulse.contracts.record_json import Undecodable, decode_event, encode_event
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Rejected

STREAMS = ("activity", "cart", "heatmap", "landing")


@pytest.mark.parametrize("stream", STREAMS)
def test_every_example_comes_back_as_the_same_bytes(stream: str) -> None:
    schema = schema_of(stream)
    for example in read_examples(stream, "valid"):
        value = encode_record(schema, native_of(schema, example.record))
        writer, event = decode_event(value)
        key, again = encode_event(stream, event)
        assert writer is schema
        assert key == str(event["session_id"] or event["store_id"]).encode()
        # But for the checksum, which examples choose freely, nothing changes on the way.
        assert decode_event(again)[1] | {"content_crc": 0} == event | {"content_crc": 0}
        assert encode_event(stream, decode_event(again)[1]) == (key, again)


def event(**changes: Any) -> dict[str, Any]:
    found = decode_event(
        record("activity", 1, activity_type="purchase", value="19.99", quantity=2).value
    )
    return found[1] | changes


def test_times_are_iso_and_money_is_text() -> None:
    assert event()["received_at"] == "2026-11-21T06:00:00.000Z"
    assert event()["value"] == "19.9900"


def test_a_changed_event_gets_another_checksum() -> None:
    first, second = (
        decode_event(encode_event("activity", event(quantity=n))[1])[1] for n in (2, 3)
    )
    assert first["quantity"] == 2
    assert second["quantity"] == 3
    assert first["content_crc"] != second["content_crc"]


@pytest.mark.parametrize(
    ("field", "content", "words"),
    [
        ("quantity", "2", "must be a whole number, not text"),
        ("quantity", True, "must be a whole number, not true or false"),
        ("quantity", 1.0, "must be a whole number, not a number"),
        ("quantity", 2**31, "does not fit 32 bits"),
        ("value", 19.99, "must be a decimal as text"),
        ("value", "19.99999", "at most 4 decimals"),
        ("value", "1e30", "digits before the point"),
        ("value", "NaN", "digits before the point"),
        ("value", "much", "is not a decimal"),
        ("activity_type", "dance", "must be one of page_view"),
        ("activity_type", None, "must not be null"),
        ("is_bot", "no", "must be true or false"),
        ("is_bot", 0, "must be true or false"),
        ("page_url", ["x"], "must be text, not a list"),
        ("page_url", {}, "must be text, not an object"),
        ("page_url", "a\0b", "NUL"),
        ("page_url", "\ud800", "half a character"),
        ("session_id", "with space", "1 to 128 letters"),
        ("occurred_at", "yesterday", "must be a time"),
        ("occurred_at", "2026-01-01T00:00:00", "must be a time with a zone"),
        ("occurred_at", 0, "must be a time"),
        ("event_id", "x", "is not a UUID"),
        ("colour", "red", "is not a field of activity events"),
    ],
)
def test_what_the_schema_does_not_take_is_refused_by_name(
    field: str, content: Any, words: str
) -> None:
    with pytest.raises(Rejected, match=words) as caught:
        encode_event("activity", event(**{field: content}))
    assert caught.value.field == field


def test_a_missing_field_takes_its_default_or_is_named() -> None:
    without = event()
    del without["page_url"]
    assert decode_event(encode_event("activity", without)[1])[1]["page_url"] is None
    del without["activity_type"]
    with pytest.raises(Rejected, match="activity_type: is missing"):
        encode_event("activity", without)


@pytest.mark.parametrize("value", [None, b"", b"\0\0", b"{}xxxx", b"\0\0\1\0\0x", b"\0\0\0\3\xe9x"])
def test_bytes_that_are_no_event_are_told(value: bytes | None) -> None:
    with pytest.raises(Undecodable):
        decode_event(value)
