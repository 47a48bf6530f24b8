"""The query parameters of requests about tests.

Each parameter may occur once; an empty one counts as absent. Unknown ones are refused, so that a
misspelling does not silently select a default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.names import DEVICES, is_page_type
from storepulse.domain.identity import is_session

VALUE_CHARACTERS = 255
MOST_PARAMETERS = 24
#: How much of an unknown name a refusal shows.
_NAME_SHOWN = 64

#: Parameters that describe the visit for targeting, besides `utm_...`.
VISIT = frozenset({"page_type", "slug", "device", "visitor", "user_agent"})
#: Accepted everywhere.
_OF_CALLS = frozenset({"key"})
WHO = frozenset({"session_id", "visitor_id"})
OF_VARIANT = VISIT | WHO | {"expose", "preview"}
OF_PAGE = OF_VARIANT - {"page_type", "slug"} | {"store_id"}
OF_ACTIVE = frozenset({"pageType"})

#: These have limits of their own.
_LONG = frozenset({"user_agent", "preview"})

_is_utm = re.compile(r"utm_[a-z0-9_]{1,32}").fullmatch
_VISITORS = ("new", "returning")


class Asker(NamedTuple):
    """Who asks; a field is "" if it is not stated."""

    visitor_id: str
    session_id: str


def read_parameters(query: bytes, known: frozenset[str]) -> dict[str, str]:
    """The parameters of a query, by name. Raises Rejected."""
    found: dict[str, str] = {}
    if not query:
        return found
    pairs = query.split(b"&", MOST_PARAMETERS)
    if len(pairs) > MOST_PARAMETERS:
        raise Rejected("", f"The address has more than {MOST_PARAMETERS} parameters")
    takes_utm = "visitor" in known
    for pair in pairs:
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition(b"=")
        name = _text("a parameter's name", raw_name)
        if name not in known and name not in _OF_CALLS and not (takes_utm and _is_utm(name)):
            raise Rejected(name[:_NAME_SHOWN], "is not known here")
        if name in found:
            raise Rejected(name, "is given twice")
        value = _text(name, raw_value)
        if len(value) > VALUE_CHARACTERS and name not in _LONG:
            raise Rejected(name, f"is longer than {VALUE_CHARACTERS} characters")
        found[name] = value
    return found


def asker_of(parameters: Mapping[str, str]) -> Asker:
    """Who asks. Raises Rejected for a malformed session id or an unprintable visitor id."""
    session_id = parameters.get("session_id", "")
    if session_id and is_session(session_id) is None:
        raise Rejected("session_id", "may hold letters, digits, - and _ alone, 128 at most")
    visitor_id = parameters.get("visitor_id", "")
    if visitor_id and not visitor_id.isprintable():
        raise Rejected("visitor_id", "holds a character that cannot be printed")
    return Asker(visitor_id, session_id)


def wants_exposure(parameters: Mapping[str, str]) -> bool:
    """Whether the answer should store the exposure: unless `expose=false`. Raises Rejected."""
    value = parameters.get("expose", "")
    if value not in ("", "true", "false"):
        raise Rejected("expose", "is neither true nor false")
    return value != "false"


def page_type_of(field: str, text: str | None) -> str | None:
    """A page type; None if there is none. Raises Rejected."""
    if not text:
        return None
    if is_page_type(text) is None:
        raise Rejected(field, "is not a page type: lower-case letters, digits, - and _, 64 at most")
    return text


def device_of(parameters: Mapping[str, str]) -> str | None:
    """The stated device, or None. Raises Rejected for an unknown one."""
    device = parameters.get("device") or None
    if device is not None and device not in DEVICES:
        raise Rejected("device", f"is not one of {', '.join(DEVICES)}")
    return device


def visitor_of(parameters: Mapping[str, str]) -> Literal["new", "returning"] | None:
    """Whether the visitor is new; None if it is not stated. Raises Rejected."""
    match parameters.get("visitor", ""):
        case "new":
            return "new"
        case "returning":
            return "returning"
        case "":
            return None
    raise Rejected("visitor", f"is not one of {', '.join(_VISITORS)}")


def utm_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """The campaign parameters without their prefix: `source` for `utm_source`."""
    return {
        name.removeprefix("utm_"): value
        for name, value in parameters.items()
        if name.startswith("utm_")
    }


def _text(field: str, raw: bytes) -> str:
    """Decode a name or value. Raises Rejected."""
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Rejected(field, "is not valid UTF-8") from None
    if "\0" in text:
        raise Rejected(field, "holds a NUL character")
    return text
