"""What a record that is set aside becomes: a row of the index, and a copy in Kafka."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from storepulse import __version__
from storepulse.dead_letters import kafka_copy
from storepulse.dead_letters.kafka_copy import copy_of_delivery, copy_of_record, may_be_copied
from storepulse.dead_letters.letter import MESSAGE_CHARACTERS, NewLetter, message_of, row_of
from storepulse.dead_letters.slice_letters import letters_of_slice
from storepulse.slices.consumer import Dead
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.slice import Slice

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 21, 5, tzinfo=UTC)
SOURCE = SourcePartition("group", "ingest.cart.v1", "topic-id", 2)
STORE, EVENT, DESTINATION = UUID(int=1), UUID(int=2), UUID(int=3)


def letter(**columns: Any) -> NewLetter:
    given: dict[str, Any] = {
        "stream": "cart", "stage": "decode", "reason": "the value is null", "topic": SOURCE.topic,
        "topic_id": SOURCE.topic_id, "partition": 2, "offset": 10, "key": b"s-1", "value": None,
        "headers": [],
    }  # fmt: skip
    return NewLetter(**given | columns)


def test_a_row_has_the_bytes_and_headers_as_they_are() -> None:
    made = letter(
        key=b"\xff", value=b"\x00", headers=[("a\x00", b"\xff"), ("a", None)], field="f",
        store_id=STORE, event_id=EVENT, destination_id=DESTINATION, received_at=RECEIVED,
    )  # fmt: skip
    assert row_of(made, NOW) == {
        "stream": "cart",
        "stage": "decode",
        "reason": "the value is null",
        "field": "f",
        "message": "",
        "topic": "ingest.cart.v1",
        "topic_id": "topic-id",
        "partition": 2,
        "offset": 10,
        "store_id": STORE,
        "event_id": EVENT,
        "destination_id": DESTINATION,
        "received_at": RECEIVED,
        "key": b"\xff",
        "value": b"\x00",
        "header_names": ["a\ufffd", "a"],
        "header_values": [b"\xff", None],
        "code_version": __version__,
        "now": NOW,
    }


def test_a_message_is_as_postgresql_and_kafka_take_it() -> None:
    noisy = letter(message="a\x00" + "b" * 5_000)
    message = message_of(noisy)
    assert message.startswith("a\ufffdb")
    assert len(message) == MESSAGE_CHARACTERS
    assert row_of(noisy, NOW)["message"] == message
    assert dict(copy_of_record(noisy, "group")[2])["__dlq.errors.message"] == message.encode()


def test_letters_of_a_slice_say_where_each_record_lay() -> None:
    piece = Slice(
        SOURCE.topic, 2, [10, 14, 15], [b"k0", b"k1", None], [b"v0", b"v1", None],
        [[("h", b"0")], [("h", b"1")], []], [0, 0, 0], 1,
    )  # fmt: skip
    dead = [
        Dead(1, "validate", "breaks a rule", "path", "why", str(STORE), str(EVENT), NOW, "c-1"),
        Dead(2, "decode", "the value is null", is_undecodable=True),
    ]
    assert letters_of_slice(piece, dead, SOURCE, "cart") == {
        1: letter(
            stage="validate", reason="breaks a rule", field="path", message="why", offset=14,
            store_id=str(STORE), event_id=str(EVENT), received_at=NOW, correlation_id="c-1",
            key=b"k1", value=b"v1", headers=[("h", b"1")],
        ),
        2: letter(offset=15, key=None),
    }  # fmt: skip


def test_headers_say_what_happened_and_keep_the_record_s_own() -> None:
    own = [
        ("trace", b"1"),
        ("trace", b"2"),
        ("x-storepulse-replays", b"1"),
        ("x-storepulse-dead-letter-id", b"mine"),
        ("__dlq.errors.topic", b"old"),
    ]
    key, value, headers = copy_of_record(letter(headers=own), "group")
    assert (key, value) == (b"s-1", None)
    assert headers[:2] == [("trace", b"1"), ("trace", b"2")]
    assert len({name for name, _ in headers}) == len(headers) - 1
    assert dict(headers) == {
        "trace": b"2",
        "x-storepulse-dead-letter-id": b"mine",
        "__dlq.errors.topic": b"ingest.cart.v1",
        "__dlq.errors.partition": b"2",
        "__dlq.errors.offset": b"10",
        "__dlq.errors.group": b"group",
        "__dlq.errors.delivery.count": b"2",
        "__dlq.errors.message": b"the value is null",
        "x-storepulse-stage": b"decode",
        "x-storepulse-reason": b"the value is null",
        "x-storepulse-field": b"",
        "x-storepulse-event-id": b"",
        "x-storepulse-code-version": __version__.encode(),
        "x-storepulse-replays": b"1",
    }


@pytest.mark.parametrize(("decoded", "kept"), [("c-1", b"c-1"), (None, b"own")])
def test_the_correlation_id_is_the_event_s_else_the_record_s(
    decoded: str | None, kept: bytes
) -> None:
    made = letter(headers=[("correlation_id", b"own")], correlation_id=decoded)
    headers = copy_of_record(made, "group")[2]
    assert [value for name, value in headers if name == "correlation_id"] == [kept]


def test_a_delivery_s_copy_names_the_destination_and_drops_older_reasons() -> None:
    own = [
        ("trace", b"1"),
        ("event_id", b"e"),
        ("x-storepulse-replays", b"7"),
        ("x-storepulse-dead-letter-id", b"mine"),
        ("__dlq.errors.group", b"old"),
    ]
    refused = letter(
        stage="delivery", reason="the destination refused it", message="400", event_id=EVENT,
        destination_id=DESTINATION, headers=own,
    )  # fmt: skip
    headers = copy_of_delivery(refused, "senders", attempts=6, replays=1, destination="crm")[2]
    assert headers[:2] == [("trace", b"1"), ("event_id", b"e")]
    assert dict(headers[2:]) == {
        "__dlq.errors.topic": b"ingest.cart.v1",
        "__dlq.errors.partition": b"2",
        "__dlq.errors.offset": b"10",
        "__dlq.errors.group": b"senders",
        "__dlq.errors.delivery.count": b"6",
        "__dlq.errors.message": b"400",
        "x-storepulse-stage": b"delivery",
        "x-storepulse-reason": b"the destination refused it",
        "x-storepulse-field": b"",
        "x-storepulse-event-id": str(EVENT).encode(),
        "x-storepulse-code-version": __version__.encode(),
        "x-storepulse-replays": b"1",
        "x-storepulse-destination": b"crm",
    }


def test_what_kafka_would_not_take_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two headers, each with sizes of ten bytes at most.
    made = letter(key=b"key", value=b"value", headers=[("h", b"12"), ("e", None)])
    monkeypatch.setattr(kafka_copy, "LARGEST_RECORD_BYTES", 3 + 5 + 1 + 2 + 1 + 2 * 10)
    assert may_be_copied(made)
    monkeypatch.setattr(kafka_copy, "LARGEST_RECORD_BYTES", kafka_copy.LARGEST_RECORD_BYTES - 1)
    assert not may_be_copied(made)
