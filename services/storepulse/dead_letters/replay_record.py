"""The record that a dead letter is replayed as: its topic, bytes and headers."""

from __future__ import annotations

from dataclasses import dataclass

import jsonpatch

from storepulse.contracts.dead_letter_headers import headers_of_replay
from storepulse.contracts.event_headers import wire_bytes_of
from storepulse.contracts.topics import Catalog
from storepulse.dead_letters.foreign import origin_of, own_headers_of
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.patch import patched_event
from storepulse.domain.errors import Rejected

#: The agents could not publish a larger event after applying it.
LARGEST_BYTES = 990_000


@dataclass(frozen=True, slots=True)
class ReplayRecord:
    """A record for an ingest topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def replay_record_of(
    letter: Letter, catalog: Catalog, patch: jsonpatch.JsonPatch | None = None
) -> ReplayRecord:
    """The next replay of a letter: its own bytes, or the patched event.

    Raises Rejected with the reason if it cannot be replayed.
    """
    headers, source = letter.headers, catalog.topics.get(letter.topic)
    if source is not None and source.family == "events":
        raise Rejected("topic", "the event was applied; say which destination is to have it")
    if is_foreign(letter, catalog):
        topic = _original_topic(letter, catalog)
        headers = own_headers_of(headers)
    elif letter.stream in catalog.streams:
        topic = catalog.ingest(letter.stream)
    else:
        raise Rejected("stream", f"{letter.stream} is not a stream of this installation")
    key, value = (letter.key, letter.value) if patch is None else patched_event(letter, patch)
    headers = headers_of_replay(headers, str(letter.dead_letter_id), letter.replays + 1)
    if wire_bytes_of(headers) + len(key or b"") + len(value or b"") > LARGEST_BYTES:
        raise Rejected("value", "is larger than Kafka takes in one record")
    return ReplayRecord(topic, key, value, headers)


def is_foreign(letter: Letter, catalog: Catalog) -> bool:
    """Whether another tool left the letter in a dead-letter topic."""
    topic = catalog.topics.get(letter.topic)
    if topic is None:
        return False
    return topic.family == "dlq" or topic.name in (catalog.undelivered, catalog.rejected)


def _original_topic(letter: Letter, catalog: Catalog) -> str:
    origin = origin_of(letter.headers)
    if origin.topic is None:
        raise Rejected("topic", "no header says which topic the record came from")
    topic = catalog.topics.get(origin.topic)
    if topic is None or topic.family != "ingest":
        raise Rejected(
            "topic", f"it came from {origin.topic}, which is not a topic that our agents read"
        )
    return topic.name
