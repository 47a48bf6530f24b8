"""How a record that cannot be applied is kept: its own bytes, and why, in Kafka and PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from storepulse import __version__
from storepulse.agents.preparation import DecodedSlice
from storepulse.contracts.dead_letter_headers import REPLAYS, STAGE, columns_of, replays_of
from storepulse.contracts.event_headers import CORRELATION_ID, plain_name
from storepulse.slices.consumer import Dead
from storepulse.slices.ledger import SourcePartition

MESSAGE_LENGTH = 1_000


def dead_letter_headers(
    dead: Dead, prepared: DecodedSlice, source: SourcePartition
) -> list[tuple[str, bytes]]:
    """The record's own headers, then why it is here, in the names of Kafka's own dead letters.

    `correlation_id` is the event's where it decoded, else the record's own if it has one.
    """
    own = [(plain_name(name), value) for name, value in prepared.slice.headers[dead.index]]
    replays = replays_of(own)
    why = {
        "__dlq.errors.topic": source.topic,
        "__dlq.errors.partition": str(source.partition),
        "__dlq.errors.offset": str(prepared.slice.offsets[dead.index]),
        "__dlq.errors.group": source.group,
        "__dlq.errors.delivery.count": str(replays + 1),
        "__dlq.errors.message": told(dead) or dead.reason,
        STAGE: dead.stage,
        "x-storepulse-reason": dead.reason,
        "x-storepulse-field": dead.field,
        "x-storepulse-event-id": dead.event_id or "",
        "x-storepulse-code-version": __version__,
        REPLAYS: str(replays),
    }
    if dead.correlation_id is not None:
        why[CORRELATION_ID] = dead.correlation_id
    kept = [(name, value) for name, value in own if name not in why]
    return kept + [(name, value.encode()) for name, value in why.items()]


def told(dead: Dead) -> str:
    """The message as PostgreSQL and Kafka's headers hold it, whatever the bad bytes led to."""
    return dead.message[:MESSAGE_LENGTH].replace("\x00", "\ufffd")


def dead_letter_rows(
    prepared: DecodedSlice, source: SourcePartition, stream: str, returned: Collection[int] = ()
) -> Iterator[dict[str, Any]]:
    """Rows of the index of dead letters, but for those that returned to a letter."""
    piece = prepared.slice
    for dead in prepared.dead:
        if dead.index in returned:
            continue
        names, values = columns_of(piece.headers[dead.index])
        yield source.parameters | {
            "stream": stream,
            "stage": dead.stage,
            "reason": dead.reason,
            "field": dead.field,
            "message": told(dead),
            "offset": piece.offsets[dead.index],
            "store_id": dead.store_id,
            "event_id": dead.event_id,
            "key": piece.keys[dead.index],
            "value": piece.values[dead.index],
            "header_names": names,
            "header_values": values,
            "received_at": dead.received_at,
            "code_version": __version__,
        }
