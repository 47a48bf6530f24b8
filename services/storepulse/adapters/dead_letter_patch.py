"""Repairing a dead letter: an RFC 6902 patch of its event, checked before anything is sent.

What makes an event itself cannot be changed, since the same event must have one effect however
often it is replayed: its id, its store and the time at which it was received. The checksum of its
content is made anew; the key follows the session. The letter's own bytes stay as they are.
"""

from __future__ import annotations

import json
from typing import Any

import jsonpatch

from storepulse.adapters.dead_letter_index import Letter
from storepulse.contracts.record_json import CHECKSUM, Undecodable, decoded, encoded
from storepulse.domain.errors import Rejected

IDENTITY = ("event_id", "store_id", "received_at", CHECKSUM)
MAX_OPERATIONS = 200


def parse_patch(text: str) -> jsonpatch.JsonPatch:
    """A patch from its JSON text. Raises Rejected."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected("patch", f"is no JSON: {error}") from None
    return patch_of(document)


def patch_of(document: Any) -> jsonpatch.JsonPatch:
    """A patch from its list of operations. Raises Rejected."""
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise Rejected("patch", "wants a list of operations as in RFC 6902")
    if len(document) > MAX_OPERATIONS:
        raise Rejected("patch", f"has more than {MAX_OPERATIONS} operations")
    try:
        return jsonpatch.JsonPatch(document)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
        raise Rejected("patch", f"is no patch of RFC 6902: {error}") from None


def patched(letter: Letter, patch: jsonpatch.JsonPatch) -> tuple[bytes, bytes]:
    """Key and value of a letter's event after the patch.

    Raises Rejected with the field's name; where the letter's bytes are no event, there is nothing
    to patch.
    """
    try:
        schema, event = decoded(letter.value)
    except Undecodable as error:
        raise Rejected("patch", f"there is no event to patch: {error}") from None
    try:
        changed: Any = patch.apply(event)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
        raise Rejected("patch", f"does not apply: {error}") from None
    if not isinstance(changed, dict):
        raise Rejected("patch", "replaces the event by something else")
    for name in IDENTITY:
        if changed.get(name) != event[name]:
            raise Rejected(name, "cannot be changed: it makes the event what it is")
    return encoded(schema.stream, changed)
