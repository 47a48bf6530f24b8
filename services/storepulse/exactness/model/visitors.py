"""The visitors of a store by day and hour."""

from __future__ import annotations

from storepulse.exactness.model.events import Event, Tables, day_of, hour_of


def visitor_tables(events: list[Event]) -> Tables:
    """One row per store, day and visitor, and one per hour. A session without a visitor counts
    as one. Robots are left out."""
    seen = [
        (e["store_id"], day_of(e), hour_of(e), e["visitor_id"] or f"s:{e['session_id']}")
        for e in events
        if not e["is_bot"]
    ]
    return {
        "visitors_daily": {(store, day, visitor): () for store, day, _, visitor in seen},
        "visitors_hourly": dict.fromkeys(seen, ()),
    }
