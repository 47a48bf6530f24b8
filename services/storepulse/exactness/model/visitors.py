"""Who was in a store on a day."""

from __future__ import annotations

from typing import Any

from storepulse.exactness.model.events import Event, day_of


def visitors_of(events: list[Event]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """One row for each store, day and visitor; a session without one stands for one. No robots."""
    return {
        (e["store_id"], day_of(e), e["visitor_id"] or f"s:{e['session_id']}"): ()
        for e in events
        if not e["is_bot"]
    }
