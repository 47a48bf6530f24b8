"""Headers of dead letters and of their replays.

Consumers of all topics read these headers, also the slices, which must not import `dead_letters`.
Headers of new records in dead-letter topics are written by `dead_letters.kafka_copy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from storepulse.contracts.event_headers import plain_name_of
from storepulse.domain.identity import is_uuid

#: On every record that Storepulse wrote to a dead-letter topic.
STAGE = "x-storepulse-stage"
#: On a replay: its letter's id, and its number.
DEAD_LETTER_ID = "x-storepulse-dead-letter-id"
REPLAYS = "x-storepulse-replays"

#: Headers that the gateway sets on a rejected beacon.
_REFUSAL_NAMES = {"stream", "reason", "field"}
_REPLAY_DIGITS = 6

Headers = Iterable[tuple[str, bytes | None]]


class ReplayMark(NamedTuple):
    """A record is the n-th replay of a dead letter; `replays` counts from 1."""

    dead_letter_id: str
    replays: int


def columns_of(headers: Headers) -> tuple[list[str], list[bytes | None]]:
    """Names and values for PostgreSQL. A NUL in a name, which text cannot hold, becomes U+FFFD."""
    pairs = list(headers)
    return [plain_name_of(name) for name, _ in pairs], [value for _, value in pairs]


def is_ours(headers: Headers) -> bool:
    """Whether Storepulse wrote a record of a dead-letter topic."""
    names = {name for name, _ in headers}
    return STAGE in names or names >= _REFUSAL_NAMES


def replays_of(headers: Headers) -> int:
    """The number of earlier replays in a record's headers; the last header counts."""
    replays = 0
    for name, value in headers:
        # Kafka allows a header without a value, and any producer may have written this one.
        if name == REPLAYS and value and value.isdigit() and len(value) <= _REPLAY_DIGITS:
            replays = int(value)
    return replays


def replay_of(headers: Headers) -> ReplayMark | None:
    """The replay that a record's headers mark it as; None for an ordinary record."""
    letter_id: bytes | None = None
    for name, value in headers:
        if name == DEAD_LETTER_ID:
            letter_id = value
    if not letter_id or not letter_id.isascii() or is_uuid(text := letter_id.decode()) is None:
        return None
    return ReplayMark(text.lower(), max(1, replays_of(headers)))


def headers_of_replay(
    headers: Headers, dead_letter_id: str, replays: int
) -> list[tuple[str, bytes | None]]:
    """A letter's own headers, followed by those that mark the record as its replay."""
    ours = (DEAD_LETTER_ID, REPLAYS)
    return [
        *((name, value) for name, value in headers if name not in ours),
        (DEAD_LETTER_ID, dead_letter_id.encode()),
        (REPLAYS, str(replays).encode()),
    ]
