"""Checks an answer against the outcome that its request must have. Pure functions."""

from __future__ import annotations

from typing import Any

import msgspec

from storepulse.demo.beacons import CART_PATHS, BeaconRequest, ManifestEntry
from storepulse.demo.connection import BeaconAnswer

#: Statuses after which a client retries.
RETRIED = frozenset({402, 429, 500, 502, 503, 504})


def complaint(request: BeaconRequest, answer: BeaconAnswer) -> str | None:
    """What is wrong with the answer, or None. Fills in ids that the server derived."""
    try:
        document = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return f"{answer.status} with a body that is not JSON"
    if not isinstance(document, dict):
        return f"{answer.status} with a body that is not an object"
    if request.expects_refusal:
        return _refusal(request, answer.status, document)
    if request.path in CART_PATHS:
        if answer.status != 200 or document.get("status") != "success":
            return f"{answer.status} {_message_in(document)} instead of 200 success"
        return None
    if answer.status not in (200, 202):
        return f"{answer.status} {_message_in(document)} instead of 202"
    return _acceptance(request, document)


def _message_in(document: dict[str, Any]) -> str:
    return str(document.get("message") or document)[:200]


def _refusal(request: BeaconRequest, status: int, document: dict[str, Any]) -> str | None:
    if status not in request.refusal_statuses:
        return f"{status} {_message_in(document)} instead of {request.refusal_statuses[0]}"
    expected = request.entries[0].field
    details = document.get("details")
    named_field = details.get("field") if isinstance(details, dict) else None
    for rejection in document.get("rejected") or ():
        named_field = rejection.get("field")
    if expected and not _names(named_field, expected):
        return (
            f"{status} names field {named_field!r} instead of {expected!r}: {_message_in(document)}"
        )
    return None


def _names(named_field: Any, expected: str) -> bool:
    """Whether the answer names the field, a part of it, or the field in a batch (`events[3].x`)."""
    text = str(named_field or "")
    return text == expected or text.startswith(expected + ".") or text.endswith("." + expected)


def _acceptance(request: BeaconRequest, document: dict[str, Any]) -> str | None:
    good = [entry for entry in request.entries if entry.outcome != "malformed"]
    rejected = {r.get("index"): r.get("field") for r in document.get("rejected") or ()}
    expected = {i: e.field for i, e in enumerate(request.entries) if e.outcome == "malformed"}
    if rejected.keys() != expected.keys() or not all(
        _names(rejected[index], field) for index, field in expected.items()
    ):
        return f"rejected {rejected} instead of {expected}"
    if document.get("accepted") != len(good):
        return f"accepted {document.get('accepted')} instead of {len(good)}"
    ids = document.get("ids")
    if not isinstance(ids, list) or len(ids) != len(good):
        return f"{ids!r:.80} are not the ids of {len(good)} events"
    for entry, event_id in zip(good, ids, strict=True):
        if not _is_its_id(entry, event_id):
            return f"id {event_id} instead of {entry.json.get('event_id')}"
    return None


def _is_its_id(entry: ManifestEntry, event_id: str) -> bool:
    """Compare with the id that was sent. If none was sent, store the server's id in the event."""
    assert entry.event is not None  # noqa: S101 - only malformed entries have no event
    if entry.event["event_id"] is None:
        entry.event["event_id"] = event_id
    return bool(entry.event["event_id"] == event_id)
