"""Everything known about one event: its record, row, dead letter, and the session around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.query.events import json_value
from storepulse.query.live.answers import (
    DeadLetterOfEvent,
    LiveEvent,
    LiveEventDetail,
    RawRecord,
    RelatedEvent,
)
from storepulse.query.live.arrivals import (
    Arrival,
    Place,
    decoded_event,
    entry_of_event,
    store_in,
    text_headers,
)
from storepulse.query.live.entries import REFUSED, Entry
from storepulse.query.live.refusals import Refusal, entry_of_refusal, refusal_of
from storepulse.query.live.single_records import SingleRecord
from storepulse.query.live.window import LiveWindow
from storepulse.query.live.wording import describe_event
from storepulse.streams.event_type import type_of
from storepulse.streams.registry import STREAMS

MOST_HEX_BYTES = 512
#: Most events of the session on either side.
MOST_AROUND = 6
#: Our headers whose values are in other fields of the answer.
_TOLD = frozenset({"reason", "field", "stream", "store_id", "left_out", "body_bytes"})
_SQL = named_sql("query/live/rows")


def arrival_of_record(stream: str, partition: int, record: SingleRecord) -> Arrival:
    """The arrival of an accepted event's record."""
    return Arrival(
        Place("ingest", stream, partition),
        record.offset,
        record.at_ms,
        store_in(record.value),
        hash(record.value),
        record.value,
    )


def raw_of_event(record: SingleRecord) -> RawRecord:
    """The record of an accepted event."""
    value = record.value or b""
    return RawRecord(
        bytes=len(value),
        text=None,
        hex=value[:MOST_HEX_BYTES].hex(),
        cut=len(value) > MOST_HEX_BYTES,
        headers=text_headers(record.headers),
    )


def raw_of_refusal(refusal: Refusal) -> RawRecord:
    """The record of a refused beacon: the body, as far as it was kept."""
    headers = {name: text for name, text in refusal.headers.items() if name not in _TOLD}
    body = refusal.body
    is_cut = len(body) < refusal.body_bytes
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        if not (is_cut and error.start >= len(body) - 3):
            return RawRecord(
                bytes=refusal.body_bytes,
                text=None,
                hex=body[:MOST_HEX_BYTES].hex(),
                cut=is_cut or len(body) > MOST_HEX_BYTES,
                headers=headers,
            )
        text = body[: error.start].decode()
    return RawRecord(bytes=refusal.body_bytes, text=text, hex=None, cut=is_cut, headers=headers)


def entry_of_record(place: str, partition: int, record: SingleRecord) -> Entry:
    """The entry that a list would show for a record."""
    if place == REFUSED:
        refusal = refusal_of(record.value, record.headers)
        return entry_of_refusal(refusal, partition, record.offset, record.at_ms)
    return entry_of_event(arrival_of_record(place, partition, record))


async def detail_of(
    database: ReadSnapshot,
    window: LiveWindow,
    entry: Entry,
    record: SingleRecord,
    topic_id: str | None,
) -> LiveEventDetail:
    """All details. `topic_id`: of the event's topic; None if the event was refused."""
    is_refused = topic_id is None
    event = None if is_refused else decoded_event(record.value)
    stream = STREAMS.get(entry.stream)
    rows = None if stream is None else stream.rows
    row = letter = None
    if event is not None and rows is not None:
        row = await _read_row(database, rows, event)
    if topic_id is not None:
        letter = await _read_letter(database, topic_id, entry, record)
    raw = (
        raw_of_refusal(refusal_of(record.value, record.headers))
        if is_refused
        else raw_of_event(record)
    )
    known = window.find(entry.id)
    if known is None:
        _judge(entry, event, row, letter)
    return LiveEventDetail(
        event=LiveEvent(**(known or entry).as_answer()),
        raw=raw,
        validated=None if event is None else {name: json_value(v) for name, v in event.items()},
        applied=None if row is None else {name: json_value(v) for name, v in row.items()},
        has_rows=rows is not None,
        dead_letter=letter,
        session=await _read_session(database, window, entry, event),
    )


def _judge(
    entry: Entry,
    event: Mapping[str, Any] | None,
    row: Mapping[str, Any] | None,
    letter: DeadLetterOfEvent | None,
) -> None:
    """Set the outcome of an event that is no longer in the window, from what is stored."""
    if letter is not None and letter.status != "resolved":
        entry.stage, entry.field, entry.wish = "dead", letter.field or None, letter.reason
    elif row is not None and event is not None:
        is_first = "received_at" not in row or row["received_at"] == event["received_at"]
        entry.stage = "applied" if is_first else "duplicate"
    elif entry.stage == "accepted":
        entry.stage = "unknown"


async def _read_row(
    database: ReadSnapshot, rows: str, event: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    asked = {name: event[name] for name in ("store_id", "event_id", "occurred_at")}
    found = await database.rows(_SQL["row"].with_names(rows=rows), asked)
    return found[0] if found else None


async def _read_letter(
    database: ReadSnapshot, topic_id: str, entry: Entry, record: SingleRecord
) -> DeadLetterOfEvent | None:
    partition = int(entry.id.split("-")[1])
    asked = {"topic_id": topic_id, "partition": partition, "offset": record.offset}
    found = await database.rows(_SQL["letter"], asked)
    if not found:
        return None
    return DeadLetterOfEvent(**{name: str(value) for name, value in found[0].items()})


async def _read_session(
    database: ReadSnapshot, window: LiveWindow, entry: Entry, event: Mapping[str, Any] | None
) -> list[RelatedEvent]:
    """The session's events around this one, oldest first: rows, and from the window events of
    streams without rows and refused ones."""
    if entry.session_id is None or entry.store_id is None:
        return []
    at = datetime.fromtimestamp(entry.received_at / 1000, UTC)
    if event is not None:
        at = event["occurred_at"]
    asked = {
        "store_id": entry.store_id,
        "session_id": entry.session_id,
        "at": at,
        "count": MOST_AROUND,
    }
    found: dict[tuple[str, str | None], RelatedEvent] = {}
    for stream in STREAMS.values():
        if stream.rows is None or stream.meter_field is not None:
            continue
        for row in await database.rows(_SQL["around"].with_names(rows=stream.rows), asked):
            one = _related_row(stream.name, row)
            found[stream.name, one.event_id] = one
    for kept in window.entries_of_session(entry.store_id, entry.session_id):
        if kept.stage != "duplicate":
            found.setdefault((kept.stream, kept.event_id or kept.id), _related_entry(kept))
    own = (entry.stream, entry.event_id or entry.id)
    this = found.pop(own, None) or _related_entry(window.find(entry.id) or entry)
    others = sorted(found.values(), key=lambda one: one.at)
    before = [one for one in others if one.at <= this.at][-MOST_AROUND:]
    after = [one for one in others if one.at > this.at][:MOST_AROUND]
    return [*before, this.model_copy(update={"this": True}), *after]


def _related_row(stream: str, row: Mapping[str, Any]) -> RelatedEvent:
    return RelatedEvent(
        at=row["occurred_at"],
        stream=stream,
        type=type_of(stream, row),
        what=describe_event(stream, row),
        stage="applied",
        event_id=str(row["event_id"]),
        this=False,
    )


def _related_entry(entry: Entry) -> RelatedEvent:
    return RelatedEvent(
        at=datetime.fromtimestamp(entry.received_at / 1000, UTC),
        stream=entry.stream,
        type=entry.type,
        what=entry.what or f"{entry.field} = {entry.value}",
        stage=entry.stage,
        event_id=entry.event_id,
        this=False,
    )
