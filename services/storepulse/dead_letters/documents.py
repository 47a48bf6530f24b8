"""Dead letters as JSON documents, for people, exports and the API. Bytes are base64."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any

from storepulse.contracts.record_json import Undecodable, decode_event
from storepulse.contracts.topics import Catalog
from storepulse.dead_letters.foreign import origin_of
from storepulse.dead_letters.index import Action, LetterGroup
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.replay_record import is_foreign
from storepulse.domain.times import utc_text

Document = dict[str, Any]


def _iso_of(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)


def document_of_group(group: LetterGroup) -> Document:
    """A group of letters."""
    return {
        "stream": group.stream,
        "stage": group.stage,
        "reason": group.reason,
        "letters": group.letters,
        "quarantined": group.quarantined,
        "first_at": _iso_of(group.first_at),
        "last_at": _iso_of(group.last_at),
        "newest_id": str(group.newest_id),
    }


def document_of_letter(letter: Letter) -> Document:
    """A letter as listings show it."""
    return {
        "id": str(letter.dead_letter_id),
        "stream": letter.stream,
        "stage": letter.stage,
        "status": letter.status,
        "quarantined": letter.quarantined_at is not None,
        "reason": letter.reason,
        "field": letter.field,
        "message": letter.message,
        "source": {"topic": letter.topic, "partition": letter.partition, "offset": letter.offset},
        "store_id": None if letter.store_id is None else str(letter.store_id),
        "event_id": None if letter.event_id is None else str(letter.event_id),
        "destination_id": None if letter.destination_id is None else str(letter.destination_id),
        "replays": letter.replays,
        "received_at": _iso_of(letter.received_at),
        "created_at": _iso_of(letter.created_at),
        "updated_at": _iso_of(letter.updated_at),
    }


def full_document_of(letter: Letter, catalog: Catalog, *, raw: bool) -> Document:
    """A whole letter: its event or why it does not decode, its headers; with `raw`, its bytes."""
    document = document_of_letter(letter)
    document["code_version"] = letter.code_version
    document["event"], document["undecodable"] = None, None
    try:
        document["event"] = decode_event(letter.value)[1]
    except Undecodable as error:
        document["undecodable"] = str(error)
    if is_foreign(letter, catalog):
        origin = origin_of(letter.headers)
        document["origin"] = {
            "tool": origin.tool,
            "topic": origin.topic,
            "partition": origin.partition,
            "offset": origin.offset,
        }
    document["headers"] = [_header_of(name, value) for name, value in letter.headers]
    if raw:
        document["raw"] = {"key": _base64_of(letter.key), "value": _base64_of(letter.value)}
    return document


def document_of_action(action: Action) -> Document:
    """A line of a letter's trail."""
    return {
        "action": action.action,
        "actor": action.actor,
        "why": action.why,
        "details": action.details,
        "at": _iso_of(action.at),
    }


def _header_of(name: str, value: bytes | None) -> Document:
    """A header in base64, and as text if it is UTF-8."""
    try:
        text = None if value is None else value.decode()
    except UnicodeDecodeError:
        text = None
    return {"name": name, "text": text, "base64": _base64_of(value)}


def _base64_of(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()
