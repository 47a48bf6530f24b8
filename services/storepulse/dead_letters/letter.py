"""A dead letter: a record that failed, with its own bytes, the stage and the reason.

The stage is where it failed:
- `decode`: its bytes do not decode as an event of the stream;
- `validate`: it breaks a rule of the gateway;
- `store`: PostgreSQL refused it;
- `match`: it was applied but could not be queued for destinations;
- `delivery`: its delivery failed for good;
- `foreign`: another tool left it in one of our dead-letter topics.

Key, value and headers never change. Status and reason change with the outcomes of replays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from storepulse import __version__
from storepulse.contracts.dead_letter_headers import columns_of

Status = Literal["open", "reprocessing", "resolved", "discarded"]
STAGES = ("decode", "validate", "store", "match", "delivery", "foreign")
#: The stream of a letter whose stream is not known.
NO_STREAM = "unknown"
MESSAGE_CHARACTERS = 1_000

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A record to set aside.

    `reason` is one of a few fixed phrases, by which letters are grouped; `field` and `message` give
    details. Topic, partition and offset are the record's position; `topic_id` tells topics of the
    same name apart.
    """

    stream: str
    stage: str
    reason: str
    field: str = ""
    message: str = ""
    topic: str
    topic_id: str
    partition: int
    offset: int
    store_id: UUID | str | None = None
    event_id: UUID | str | None = None
    #: Stored only in the copy in Kafka.
    correlation_id: str | None = None
    destination_id: UUID | str | None = None
    received_at: datetime | None = None
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as the index holds it.

    Topic, partition and offset are the record's position: in an ingest topic, in the events topic
    that a delivery came from, or in the dead-letter topic where another tool left it.
    """

    dead_letter_id: UUID
    stream: str
    stage: str
    status: Status
    reason: str
    field: str
    message: str
    topic: str
    topic_id: str
    partition: int
    offset: int
    store_id: UUID | None
    event_id: UUID | None
    destination_id: UUID | None
    received_at: datetime | None
    key: bytes | None
    value: bytes | None
    header_names: Sequence[str]
    header_values: Sequence[bytes | None]
    code_version: str
    replays: int
    created_at: datetime
    updated_at: datetime
    claimed_until: datetime | None
    quarantined_at: datetime | None

    @property
    def headers(self) -> list[tuple[str, bytes | None]]:
        """The record's headers, in their order."""
        return list(zip(self.header_names, self.header_values, strict=True))


def row_of(letter: NewLetter, now: datetime) -> dict[str, Any]:
    """The parameters of a new letter for the index's statements."""
    header_names, header_values = columns_of(letter.headers)
    return {
        "stream": letter.stream,
        "stage": letter.stage,
        "reason": letter.reason,
        "field": letter.field,
        "message": message_of(letter),
        "topic": letter.topic,
        "topic_id": letter.topic_id,
        "partition": letter.partition,
        "offset": letter.offset,
        "store_id": letter.store_id,
        "event_id": letter.event_id,
        "destination_id": letter.destination_id,
        "received_at": letter.received_at,
        "key": letter.key,
        "value": letter.value,
        "header_names": header_names,
        "header_values": header_values,
        "code_version": __version__,
        "now": now,
    }


def message_of(letter: NewLetter) -> str:
    """The message cut to `MESSAGE_CHARACTERS` and without NUL, for PostgreSQL and Kafka headers."""
    return letter.message[:MESSAGE_CHARACTERS].replace("\x00", "\ufffd")
