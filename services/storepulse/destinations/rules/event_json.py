"""The JSON of an event as receivers get it.

The envelope's fields are at the top level, the stream's own fields in `data`. Money is a decimal
string, times are RFC 3339 in UTC with milliseconds, ids are text. Free-form fields, which are JSON
text in Avro, are decoded.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from storepulse.destinations.rules.model import Event
from storepulse.domain.times import utc_text

#: Fields of the schema by their place in the JSON; all others are the stream's own values.
ENVELOPE = ("session_id", "visitor_id", "correlation_id", "source")
CLIENT = ("ip", "user_agent", "country")
ELSEWHERE = frozenset(
    (
        *("event_id", "store_id", "occurred_at", "received_at", "priority", "content_crc"),
        *("consent_analytics", "consent_marketing", "is_bot", "bot_reason"),
        "folded",
        *ENVELOPE,
        *CLIENT,
    )
)
#: Fields that hold JSON as text.
JSON_TEXT = frozenset({"metadata", "event_data", "items"})
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def event_json(event: Event) -> dict[str, Any]:
    """The event as values that can be encoded as JSON."""
    value = event.value
    data = {
        name: content if type(content) in _AS_THEY_ARE else _plain(content)
        for name, content in value.items()
        if name not in ELSEWHERE
    }
    for name in JSON_TEXT & data.keys():
        data[name] = free_form(data[name])
    return {
        "event_id": event.event_id,
        "stream": event.stream,
        "type": event.event_type,
        "store_id": event.store_id,
        **{name: value.get(name) for name in ENVELOPE},
        "occurred_at": _plain(value.get("occurred_at")),
        "received_at": utc_text(event.received_at),
        "consent": {
            "analytics": value.get("consent_analytics", "unknown"),
            "marketing": value.get("consent_marketing", "unknown"),
        },
        "is_bot": value.get("is_bot", False),
        "client": {name: value.get(name) for name in CLIENT},
        "data": data,
    }


def free_form(text: object) -> Any:
    """The value that a free-form field has as JSON text; None if the field is not text."""
    if not isinstance(text, str):
        return None
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        # Another producer wrote text that is not JSON. Pass it on unchanged.
        return text


def _plain(content: Any) -> Any:
    if isinstance(content, datetime):
        return utc_text(content)
    if isinstance(content, Decimal):
        return f"{content:f}"
    if isinstance(content, UUID):
        return str(content)
    return content
