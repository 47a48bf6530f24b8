"""Headers of dead letters and of their replays, as far as a consumer of any topic reads them.

The slices read these headers too, below the room `dead_letters`; what is written into a dead-letter
topic is made there, in `dead_letters.kafka_copy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from storepulse.contracts.event_headers import plain_name_of
from storepulse.domain.identity import is_uuid

#: On every record in a dead-letter topic that Storepulse wrote.
STAGE = "x-storepulse-stage"
#: On a replay: whose it is, and its number.
DEAD_LETTER_ID = "x-storepulse-dead-letter-id"
REPLAYS = "x-storepulse-replays"

#: What the gateway puts on a refused beacon.
_REFUSAL_NAMES = {"stream", "reason", "field"}
_REPLAY_DIGITS = 6

Headers = Iterable[tuple[str, bytes | None]]


class ReplayMark(NamedTuple):
    """A record is the n-th replay of a dead letter; `replays` counts from 1."""

    dead_letter_id: str
    replays: int


def columns_of(headers: Headers) -> tuple[list[str], list[bytes | None]]:
    """Names and values as PostgreSQL holds them: a NUL in a name, for which it has no text, becomes
    U+FFFD."""
    pairs = list(headers)
    return [plain_name_of(name) for name, _ in pairs], [value for _, value in pairs]


def is_ours(headers: Headers) -> bool:
    """Whether a record of a dead-letter topic was put there by Storepulse."""
    names = {name for name, _ in headers}
    return STAGE in names or names >= _REFUSAL_NAMES


def replays_of(headers: Headers) -> int:
    """How often a record was replayed before, as its headers say; the last count holds."""
    replays = 0
    for name, value in headers:
        # Kafka allows a header without a value, and any producer may have written this one.
        if name == REPLAYS and value and value.isdigit() and len(value) <= _REPLAY_DIGITS:
            replays = int(value)
    return replays


def replay_of(headers: Headers) -> ReplayMark | None:
    """Whose replay a record is, as its headers say; None for an ordinary one."""
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
    """A letter's own headers, then those that mark the record as its replay."""
    ours = (DEAD_LETTER_ID, REPLAYS)
    return [
        *((name, value) for name, value in headers if name not in ours),
        (DEAD_LETTER_ID, dead_letter_id.encode()),
        (REPLAYS, str(replays).encode()),
    ]
