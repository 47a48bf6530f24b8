"""Headers of dead letters and of their replays: what we write, and recognise as ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from storepulse.contracts.event_headers import plain_name
from storepulse.domain.identity import is_uuid

#: On every record in a dead-letter topic that Storepulse wrote.
STAGE = "x-storepulse-stage"
#: On a record that was sent through again: whose replay it is, and the how-manieth.
DEAD_LETTER_ID = "x-storepulse-dead-letter-id"
REPLAYS = "x-storepulse-replays"

#: What the gateway puts on a refused beacon.
_OF_A_REFUSAL = {"stream", "reason", "field"}
_REPLAY_DIGITS = 6

Headers = Iterable[tuple[str, bytes | None]]


class Replay(NamedTuple):
    """A record is the n-th replay of a dead letter; `replays` counts from 1."""

    dead_letter_id: str
    replays: int


def columns_of(headers: Headers) -> tuple[list[str], list[bytes | None]]:
    """Names and values as PostgreSQL keeps them: a NUL in a name, for which it has no text, becomes
    U+FFFD."""
    kept = list(headers)
    return [plain_name(name) for name, _ in kept], [value for _, value in kept]


def is_ours(headers: Headers) -> bool:
    """Whether a record of a dead-letter topic was put there by Storepulse."""
    names = {name for name, _ in headers}
    return STAGE in names or names >= _OF_A_REFUSAL


def replays_of(headers: Headers) -> int:
    """How often a record was reprocessed before, as its headers say."""
    found = 0
    for name, value in headers:
        # Kafka allows a header without a value, and any producer may have written this one.
        if name == REPLAYS and value and value.isdigit() and len(value) <= _REPLAY_DIGITS:
            found = int(value)
    return found


def replay_of(headers: Headers) -> Replay | None:
    """Whose replay a record is, as its headers say; None for an ordinary one."""
    named: bytes | None = None
    for name, value in headers:
        if name == DEAD_LETTER_ID:
            named = value
    if not named or not named.isascii() or is_uuid(text := named.decode()) is None:
        return None
    return Replay(text.lower(), max(1, replays_of(headers)))


def replay_headers(
    headers: Headers, dead_letter_id: str, replays: int
) -> list[tuple[str, bytes | None]]:
    """A letter's own headers, then those that make the record its replay."""
    ours = (DEAD_LETTER_ID, REPLAYS)
    return [
        *((name, value) for name, value in headers if name not in ours),
        (DEAD_LETTER_ID, dead_letter_id.encode()),
        (REPLAYS, str(replays).encode()),
    ]
