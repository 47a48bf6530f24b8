"""Kafka's records as entries for readers, with as little work as possible.

An event's id and store are at fixed offsets after the header, so counting needs no decoding. The
record of an applied event has the same bytes as the accepted one, so their hash, which is keyed
anew in each process, identifies it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from storepulse.contracts.schemas import HEADER_BYTES, MAGIC, schemas_by_id
from storepulse.query.live.entries import Entry, id_of
from storepulse.query.live.refusals import Refusal
from storepulse.query.live.wording import describe_event
from storepulse.streams.event_type import type_of

#: A UUID as text, preceded by its length in Avro's encoding.
_UUID_CHARACTERS = 36
_LENGTH = bytes([2 * _UUID_CHARACTERS])
_ID = HEADER_BYTES
_STORE = _ID + 1 + _UUID_CHARACTERS
_STORE_TEXT = slice(_STORE + 1, _STORE + 1 + _UUID_CHARACTERS)

#: "events" are applied events.
ArrivalFamily = Literal["ingest", "events", "dlq", "refused"]


@dataclass(frozen=True, slots=True)
class Place:
    """A partition of one of the topics; `stream` is "" for what the gateway refused."""

    family: ArrivalFamily
    stream: str
    partition: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record. `at_ms` is its Kafka timestamp.

    `store_id`: None if unknown. `key`: equal for records with the same bytes. `refusal` is set for
    the family "refused", `headers` for "dlq".
    """

    place: Place
    offset: int
    at_ms: int
    store_id: str | None
    key: int
    value: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None


def store_in(value: bytes | None) -> str | None:
    """The store of an event's record; None if it is not in our format."""
    if (
        value is None
        or value[:1] != MAGIC
        or value[_ID : _ID + 1] != _LENGTH
        or value[_STORE : _STORE + 1] != _LENGTH
    ):
        return None
    try:
        return value[_STORE_TEXT].decode("ascii").lower()
    except UnicodeDecodeError:
        return None


def decoded_event(value: bytes | None) -> dict[str, Any] | None:
    """The event of a record, with ids as text; None if it does not decode."""
    if value is None:
        return None
    schema = schemas_by_id().get(int.from_bytes(value[1:HEADER_BYTES], "big"))
    if schema is None or value[:1] != MAGIC:
        return None
    try:
        event: Any = schema.decode(value[HEADER_BYTES:], ids_as_text=True)
    except Exception:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
        return None
    return event if isinstance(event, dict) else None


def entry_of_event(arrival: Arrival) -> Entry:
    """The entry of an accepted event."""
    stream = arrival.place.stream
    event = decoded_event(arrival.value)
    live_id = id_of(stream, arrival.place.partition, arrival.offset)
    if event is None:
        return Entry(
            id=live_id,
            received_at=arrival.at_ms,
            stream=stream,
            type="",
            what="does not decode",
            store_id=arrival.store_id,
            session_id=None,
            event_id=None,
            stage="accepted",
        )
    received_at = received_ms(event, arrival.at_ms)
    return Entry(
        id=live_id,
        received_at=received_at,
        stream=stream,
        type=type_of(stream, event),
        what=describe_event(stream, event),
        store_id=arrival.store_id,
        session_id=event.get("session_id") or None,
        event_id=event.get("event_id"),
        stage="accepted",
        accepted_ms=max(0, arrival.at_ms - received_at),
    )


def received_ms(event: dict[str, Any], otherwise: int) -> int:
    """When the gateway received an event, in milliseconds since 1970."""
    at = event.get("received_at")
    return otherwise if at is None else round(at.timestamp() * 1000)


def text_headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers as text; the last value of repeated ones."""
    return {name: (value or b"").decode("utf-8", "replace") for name, value in headers}
