"""Decodes the events of claims, column by column if possible.

Rows that cannot be decoded together (an id that differs from the row's, a damaged value, few rows
of a schema version) are decoded one by one when they are sent, which finds the faulty event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from storepulse.adapters.logging import logger
from storepulse.contracts.decoder import as_today, decode_known
from storepulse.contracts.schemas import HEADER_BYTES, schemas_by_id
from storepulse.delivery.claim_transaction import Claim, Row
from storepulse.destinations.rules.event_frames import events_json
from storepulse.destinations.rules.matching import may_send
from storepulse.destinations.rules.model import Destination, Event

log = logger()

#: With fewer rows of one schema, decoding one by one is faster.
LEAST_ROWS = 16
#: The fields that are read of an event whose JSON is rendered already: its time, its correlation
#: id, and those that decide whether it may be sent.
KNOWN = ("occurred_at", "correlation_id", "consent_analytics", "consent_marketing", "is_bot")


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """The events of a claim in order, with their JSON. `bytes` is the size of all JSON.

    None in `events`: that event is decoded on its own.
    """

    events: Sequence[Event | None]
    bytes: int


class StoredValue(Mapping[str, Any]):
    """A value with some known fields. Reading any other field decodes the stored value."""

    __slots__ = ("_fields", "_known_fields", "_stored_value")

    def __init__(self, known_fields: dict[str, Any], stored_value: bytes) -> None:
        self._known_fields = known_fields
        self._stored_value = stored_value
        self._fields: Mapping[str, Any] | None = None

    def get(self, name: str, default: Any = None) -> Any:
        return (
            self._known_fields[name]
            if name in self._known_fields
            else self._whole().get(name, default)
        )

    def __getitem__(self, name: str) -> Any:
        return self._known_fields[name] if name in self._known_fields else self._whole()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def _whole(self) -> Mapping[str, Any]:
        if self._fields is None:
            self._fields = decode_value(self._stored_value)
        return self._fields


def decode_value(value: bytes) -> Mapping[str, Any]:
    """The fields of a stored value. Raises if it does not decode."""
    schema = schemas_by_id()[int.from_bytes(value[1:HEADER_BYTES], "big")]
    # The ids that are sent come from the row, not from here.
    return schema.decode(value[HEADER_BYTES:], ids_as_text=True)  # type: ignore[return-value]


def prepare(claims: Sequence[Claim]) -> dict[str, PreparedBatch]:
    """The events of claims with their JSON, by batch id; empty if no rows decode together.

    Needs no event loop, so it may run in another thread.
    """
    groups: dict[tuple[bytes, str], list[Row]] = {}
    for claim in claims:
        for row in claim.rows:
            groups.setdefault((row.value[:HEADER_BYTES], row.stream), []).append(row)
    events: dict[int, Event] = {}
    for (header, stream), rows in groups.items():
        if len(rows) >= LEAST_ROWS:
            decoded_events = _decode_together(header, stream, rows)
            events.update(zip(map(id, rows), decoded_events, strict=False))
    if not events:
        return {}
    return {
        claim.batch_id: PreparedBatch(
            of_claim := [events.get(id(row)) for row in claim.rows],
            sum(len(event.json) for event in of_claim if event is not None and event.json),
        )
        for claim in claims
    }


def _decode_together(header: bytes, stream: str, rows: Sequence[Row]) -> list[Event]:
    """The events of rows of one schema; empty if they must be decoded one by one."""
    schema = schemas_by_id().get(int.from_bytes(header[1:], "big"))
    if schema is None or schema.stream != stream:
        return []
    event_ids, store_ids = [row.event_id for row in rows], [row.store_id for row in rows]
    try:
        frame = decode_known(schema, [row.value for row in rows], event_ids, store_ids)
        if frame is None:
            return []
        frame = as_today(schema.stream, frame)
        texts = events_json(stream, _add_row_columns(frame, rows, event_ids, store_ids)).to_list()
        known_columns = frame.select(name for name in KNOWN if name in frame.columns)
        facts = known_columns.with_columns(pl.col(pl.Categorical).cast(pl.String)).to_dicts()
        return [
            Event(
                row.event_id,
                row.store_id,
                stream,
                row.event_type,
                row.received_at,
                StoredValue(fact, row.value),
                text.encode(),
            )
            for row, text, fact in zip(rows, texts, facts, strict=True)
        ]
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 - polars' own faults
        log.warning("events are rendered one by one", stream=stream, reason=repr(error))
        return []


def _add_row_columns(
    frame: pl.DataFrame, rows: Sequence[Row], event_ids: list[str], store_ids: list[str]
) -> pl.DataFrame:
    received = [row.received_at for row in rows]
    return frame.with_columns(
        pl.Series("_event_id", event_ids, dtype=pl.String),
        pl.Series("_store_id", store_ids, dtype=pl.String),
        pl.Series("_received_at", received, dtype=pl.Datetime("us", "UTC")),
        pl.Series("_event_type", [row.event_type for row in rows], dtype=pl.String),
    )


def sort_events(
    destination: Destination, claim: Claim, prepared: PreparedBatch | None
) -> tuple[list[Event], dict[str, str], dict[str, str]]:
    """A batch's decoded events, and by event id the reasons why others do not decode (refusals) and
    why some of the events may not be sent (omissions)."""
    events: list[Event] = []
    refusals: dict[str, str] = {}
    omissions: dict[str, str] = {}
    prepared_events = prepared.events if prepared else [None] * len(claim.rows)
    for row, prepared_event in zip(claim.rows, prepared_events, strict=True):
        try:
            event = prepared_event or _event_of(row)
        except Exception as error:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
            refusals[row.event_id] = f"does not decode: {type(error).__name__}"
            continue
        events.append(event)
        why = may_send(destination, event)
        if why is not None:
            omissions[row.event_id] = why
    return events, refusals, omissions


def _event_of(row: Row) -> Event:
    return Event(
        row.event_id,
        row.store_id,
        row.stream,
        row.event_type,
        row.received_at,
        decode_value(row.value),
    )
