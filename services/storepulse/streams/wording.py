"""Decoder errors for a beacon, as field and reason. Never contains the client's values."""

from __future__ import annotations

import re

import msgspec

from storepulse.domain.errors import REQUIRED, Rejected, reason_of_type
from storepulse.domain.redaction import redacted_text

#: The maximum length of a field's path and of a reason.
_MOST_SAID = 300
_PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]*)`")


def translated(error: Exception) -> Rejected:
    """Convert an error of msgspec or Python to a field and a reason."""
    if isinstance(error, RecursionError):
        return Rejected("", "is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return Rejected("", "The body is not valid UTF-8")
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Rejected(
            "", f"The body is not valid JSON: {text.removeprefix('JSON is malformed: ')}"
        )
    place = _PLACE.search(text)
    path = place["path"] if place else ""
    reason = text[: place.start()] if place else text
    named = _NAMED.fullmatch(reason)
    if named:
        path = f"{path}.{named['name']}" if path else named["name"]
        reason = REQUIRED if named["what"].startswith("missing") else "is not a known field"
    elif reason.startswith("Invalid enum value"):
        reason = "is not a known value"
    elif "out of range" in reason:
        reason = "is out of range"
    elif reason.startswith("Invalid RFC3339"):
        reason = "is neither an RFC 3339 time with a zone nor an epoch number"
    else:
        reason = reason_of_type(reason)
    # Both may contain names that the client chose.
    path, reason = (redacted_text(said[:_MOST_SAID]) for said in (path, reason))
    return Rejected(path, reason) if path else Rejected("", f"The body {reason}")
