"""What the gateway refused, from its topic: the body, which is untrusted text, and the reason.

The store is that of the sender's key (a header from the gateway). If the key belongs to no single
store, the store in the body is used, so that a shop finds its own faulty events. It may be false,
and it is used for this list only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from storepulse.domain.identity import is_uuid
from storepulse.query.live.entries import REFUSED, Entry, id_of
from storepulse.query.live.wording import cut
from storepulse.streams.registry import STREAMS

#: Longest refused value that is shown.
LONGEST_VALUE = 120
_STEP = re.compile(r"\[(\d{1,6})\]|([^.\[\]]+)")
#: Names that other clients give to the fields of store and session.
_STORES = ("store_id", "storeId")
_SESSIONS = ("session_id", "sessionId", "anonymousId")
_decode = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused beacon. `left_out`: how many earlier ones the gateway counted but did not keep."""

    body: bytes
    stream: str
    field: str
    reason: str
    store_id: str | None
    left_out: int
    body_bytes: int
    headers: dict[str, str]


def refusal_of(value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> Refusal:
    """The refusal in a record of the topic."""
    said = {name: (text or b"").decode("utf-8", "replace") for name, text in headers}
    body = value or b""
    return Refusal(
        body=body,
        stream=said.get("stream", ""),
        field=said.get("field", ""),
        reason=said.get("reason", ""),
        store_id=said["store_id"] if is_uuid(said.get("store_id", "")) else None,
        left_out=_number(said.get("left_out", "")),
        body_bytes=_number(said.get("body_bytes", "")) or len(body),
        headers=said,
    )


def entry_of_refusal(refusal: Refusal, partition: int, offset: int, at_ms: int) -> Entry:
    """The entry of a refusal."""
    sent = decoded_body(refusal.body)
    fields = sent if isinstance(sent, dict) else {}
    stream = STREAMS.get(refusal.stream)
    type_field = stream.input.type_field if stream is not None else None
    names = ("type", "event", "event_type") if type_field is None else (type_field, "type")
    session_names = _SESSIONS if stream is None else (stream.input.session_field, *_SESSIONS)
    value = value_at(sent, refusal.field)
    event_id = _text_at(fields, ("event_id", "eventId", "messageId"))
    return Entry(
        id=id_of(REFUSED, partition, offset),
        received_at=at_ms,
        stream=refusal.stream,
        type=cut(_text_at(fields, names) or "", 64),
        what="",
        store_id=store_of_refusal(refusal, fields),
        session_id=_text_at(fields, session_names),
        event_id=event_id,
        stage="rejected",
        field=cut(refusal.field),
        value=None if value is None else cut(value, LONGEST_VALUE),
        wish=cut(refusal.reason),
    )


def store_of_refusal(refusal: Refusal, fields: dict[str, Any]) -> str | None:
    """The store that the refusal is listed under; None if there is none."""
    if refusal.store_id is not None:
        return refusal.store_id
    named = _text_at(fields, _STORES)
    return named.lower() if named is not None and is_uuid(named) else None


def decoded_body(body: bytes) -> Any:
    """The body as JSON; None if it is not JSON, for example because it was cut."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def value_at(sent: Any, field: str) -> str | None:
    """The value at a path such as `items[0].price`, as JSON; None if there is none."""
    at = sent
    if not field:
        return None
    for index, name in _STEP.findall(field):
        if index and isinstance(at, list) and int(index) < len(at):
            at = at[int(index)]
        elif name and isinstance(at, dict) and name in at:
            at = at[name]
        else:
            return None
    try:
        return json.dumps(at, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _text_at(fields: dict[str, Any], names: Iterable[str]) -> str | None:
    """The first of these fields that is a non-empty text, cut."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return cut(value, 128)
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
