"""Custom events by their names."""

from __future__ import annotations

import unicodedata

from storepulse.exactness.model.events import Event, Tables, day_of, grouped

_NAMED_BY = {"activity": "name", "bot": "name", "landing": "event_name"}
_TYPED_BY = {"activity": "activity_type", "bot": "event_type", "landing": "event_type"}


def event_name_of(name: str | None) -> str:
    """NFC, single spaces, 255 characters; empty for none."""
    return " ".join(unicodedata.normalize("NFC", name or "").split())[:255].rstrip(" ")


def custom_event_tables(events: list[Event]) -> Tables:
    custom = [e for e in events if e[_TYPED_BY[e["stream"]]].lower() == "custom"]
    counts = grouped(
        custom, lambda e: (e["store_id"], day_of(e), e["stream"], _counted_name(e), e["is_bot"])
    )
    return {"custom_events_daily": {key: (len(found),) for key, found in counts.items()}}


def _counted_name(event: Event) -> str:
    """The name that it counts under; (other) if the gateway marked it as folded."""
    if (event.get("folded") or 0) & 8:
        return "(other)"
    if "custom_name" in event:
        return str(event["custom_name"])
    return event_name_of(event.get(_NAMED_BY[event["stream"]]))
