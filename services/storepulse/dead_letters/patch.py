"""Repairs a dead letter's event with an RFC 6902 patch, which is checked before anything is sent.

A patch cannot change the event's identity: its id, its store and the time when it was received.
Otherwise a replay could apply the event twice. The content checksum and the key are computed again
for the patched event. The letter's own bytes do not change.

A few copy operations can double an event repeatedly. So the size of a patch is limited, and the
cost of what each operation copies, adds or compares is counted before it is applied. A patch may
spend the event's own cost plus `MAX_COST`, which bounds its time and the size of its result.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonpatch
from jsonpatch import JsonPointer, JsonPointerException

from storepulse.contracts.record_json import CHECKSUM, Undecodable, decode_event, encode_event
from storepulse.dead_letters.letter import Letter
from storepulse.domain import json_values
from storepulse.domain.errors import Rejected

IDENTITY = ("event_id", "store_id", "received_at", CHECKSUM)
MAX_OPERATIONS = 200
#: Maximum cost of the patch itself, and of its result beyond the event; see `domain.json_values`.
MAX_COST = 262_144
#: Characters of a path, far more than any field of an event needs.
MAX_PATH = 1_024
#: Characters of a reason. Libraries repeat the offending values in their messages.
MAX_REASON = 300
_COPIES = frozenset(("copy", "move"))
_FAULTS = (
    jsonpatch.JsonPatchException, JsonPointerException, TypeError, ValueError, LookupError,
)  # fmt: skip


class PatchTooCostly(Rejected):
    """The patch would make the event too large. The patch is at fault, not the letter."""


def parse_patch(text: str) -> jsonpatch.JsonPatch:
    """A patch from its JSON text. Raises Rejected."""
    return patch_of(json_values.read_text("patch", text))


def patch_of(document: Any) -> jsonpatch.JsonPatch:
    """A patch from its list of operations. Raises Rejected."""
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise Rejected("patch", "must be a list of operations as in RFC 6902")
    if len(document) > MAX_OPERATIONS:
        raise Rejected("patch", f"has more than {MAX_OPERATIONS} operations")
    if json_values.cost(document) > MAX_COST:
        raise Rejected("patch", f"is larger than {MAX_COST} characters, values counted too")
    if json_values.depth(document) > json_values.NESTING:
        raise Rejected("patch", f"is nested deeper than {json_values.NESTING}")
    json_values.check_storable("patch", document)
    try:
        for operation in document:
            for name in ("path", "from"):
                _check_path(operation.get(name, ""))
        return jsonpatch.JsonPatch(document)
    except _FAULTS as error:
        raise Rejected("patch", _reason_of("is not an RFC 6902 patch", error)) from None


def patched_event(letter: Letter, patch: jsonpatch.JsonPatch) -> tuple[bytes, bytes]:
    """Key and value of a letter's event after the patch.

    Raises Rejected, naming the field, or if the letter's bytes do not decode, and PatchTooCostly.
    """
    try:
        schema, event = decode_event(letter.value)
    except Undecodable as error:
        raise Rejected("patch", f"there is no event to patch: {error}") from None
    changed = _apply(event, patch)
    if not isinstance(changed, dict):
        raise Rejected("patch", "replaces the event by something else")
    for name in IDENTITY:
        if changed.get(name) != event[name]:
            raise Rejected(name, "cannot be changed: it makes the event what it is")
    return encode_event(schema.stream, changed)


def _check_path(path: Any) -> None:
    if not isinstance(path, str):
        raise Rejected("patch", "must have paths that are text")
    if len(path) > MAX_PATH:
        raise Rejected("patch", f"has a path longer than {MAX_PATH} characters")
    JsonPointer(path)


def _apply(event: dict[str, Any], patch: jsonpatch.JsonPatch) -> Any:
    """The event after every operation. Raises Rejected, PatchTooCostly."""
    changed: Any = deepcopy(event)
    budget = json_values.cost(event) + MAX_COST
    for number, operation in enumerate(patch):
        try:
            value, level = _operand_of(changed, operation)
            budget -= json_values.cost(value)
            if budget < 0:
                raise PatchTooCostly(
                    "patch", f"makes too much of an event: operation {number} is one too many"
                )
            if level + json_values.depth(value) > json_values.NESTING:
                raise PatchTooCostly(
                    "patch", f"nests an event deeper than {json_values.NESTING}: operation {number}"
                )
            changed = jsonpatch.JsonPatch([operation]).apply(changed, in_place=True)
        except _FAULTS as error:
            raise Rejected("patch", _reason_of("does not apply", error)) from None
    return changed


def _operand_of(document: Any, operation: dict[str, Any]) -> tuple[Any, int]:
    """The value that an operation copies, adds, moves or compares, and its level of nesting."""
    level = len(JsonPointer(operation["path"]).parts)
    if operation["op"] in _COPIES:
        return JsonPointer(operation.get("from", "")).resolve(document), level
    return operation.get("value"), level


def _reason_of(what: str, error: Exception) -> str:
    text = f"{what}: {error}"
    return text if len(text) <= MAX_REASON else text[:MAX_REASON] + "…"
