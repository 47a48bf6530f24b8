"""The copy of a dead letter in `dlq.<stream>.v1` or `dlq.delivery.v1`: its bytes and the reason.

Headers have the names of Kafka's own dead letters (KIP-1191) if there is one, else
`x-storepulse-…`. A replay needs only the row in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping

from storepulse import __version__
from storepulse.contracts.dead_letter_headers import REPLAYS, STAGE, replays_of
from storepulse.contracts.event_headers import CORRELATION_ID, plain_name_of, wire_bytes_of
from storepulse.dead_letters.letter import NewLetter, message_of

#: A record with its headers must stay below the limits of producer and topics. Larger letters are
#: in PostgreSQL only.
LARGEST_RECORD_BYTES = 900_000
_PREFIXES = ("__dlq.errors.", "x-storepulse-")

#: Key, value and headers.
KafkaCopy = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def may_be_copied(letter: NewLetter) -> bool:
    """Whether the letter is small enough for a copy in Kafka."""
    size = len(letter.key or b"") + len(letter.value or b"") + wire_bytes_of(letter.headers)
    return size <= LARGEST_RECORD_BYTES


def copy_of_record(letter: NewLetter, group: str) -> KafkaCopy:
    """The copy of a record that `group` could not apply.

    Keeps the record's own headers, except those that this copy sets. The correlation id is the
    event's if it decoded, else the record's own if it has one.
    """
    headers = [(plain_name_of(name), value) for name, value in letter.headers]
    replays = replays_of(headers)
    why = _reason_headers(letter, group, attempts=replays + 1, replays=replays)
    if letter.correlation_id is not None:
        why[CORRELATION_ID] = letter.correlation_id
    return _copy(letter, [header for header in headers if header[0] not in why], why)


def copy_of_delivery(
    letter: NewLetter, group: str, *, attempts: int, replays: int, destination: str
) -> KafkaCopy:
    """The copy of an event that `group` could not deliver to a destination, after `attempts`.

    Drops the headers of an earlier dead letter or replay of the event.
    """
    headers = [header for header in letter.headers if not header[0].startswith(_PREFIXES)]
    why = _reason_headers(letter, group, attempts=attempts, replays=replays)
    return _copy(letter, headers, why | {"x-storepulse-destination": destination})


def _reason_headers(
    letter: NewLetter, group: str, *, attempts: int, replays: int
) -> dict[str, str]:
    return {
        "__dlq.errors.topic": letter.topic,
        "__dlq.errors.partition": str(letter.partition),
        "__dlq.errors.offset": str(letter.offset),
        "__dlq.errors.group": group,
        "__dlq.errors.delivery.count": str(attempts),
        "__dlq.errors.message": message_of(letter) or letter.reason,
        STAGE: letter.stage,
        "x-storepulse-reason": letter.reason,
        "x-storepulse-field": letter.field,
        "x-storepulse-event-id": str(letter.event_id or ""),
        "x-storepulse-code-version": __version__,
        REPLAYS: str(replays),
    }


def _copy(
    letter: NewLetter, headers: list[tuple[str, bytes | None]], why: Mapping[str, str]
) -> KafkaCopy:
    reasons = [(name, value.encode()) for name, value in why.items()]
    return letter.key, letter.value, headers + reasons
