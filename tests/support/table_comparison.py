"""PostgreSQL's tables beside what the plain model makes of events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from storepulse.exactness.model import comparison
from storepulse.exactness.model.days import stored_zones
from storepulse.exactness.model.events import EPOCH, Event
from storepulse.exactness.model.experiments import stored_phases
from storepulse.exactness.model.sites import stored_sites
from storepulse.exactness.model.tables import expected


def compare_tables(
    connection: Any,
    events: list[Event],
    arrived_at: Mapping[str, int] | None = None,
    shown: int = 5,
) -> comparison.Differences:
    """Holds PostgreSQL against the events, by the stores' time zones, domains and patterns of pages
    that it has; at most `shown` lines a table."""
    events = with_receipt(connection, events)
    wanted = expected(
        events,
        arrived_at,
        zones=stored_zones(connection),
        sites=stored_sites(connection),
        phases=stored_phases(connection),
    )
    stored = comparison.stored_tables(connection)
    return comparison.differences(wanted, stored, comparison.QUERIES, shown)


_RECEIPTS = {
    "activity": "SELECT store_id::text, event_id::text, received_at FROM customer_activity",
    "cart": "SELECT store_id::text, event_id::text, created_at FROM cart_tracking_events",
    "landing": "SELECT store_id::text, event_id::text, received_at FROM landing_events",
}


def with_receipt(connection: Any, events: list[Event]) -> list[Event]:
    """The events with `received_at`, which clients do not know: that of their rows."""
    streams = {e["stream"] for e in events if "received_at" not in e} & _RECEIPTS.keys()
    received = {
        (stream, store, event_id): (at - EPOCH) // timedelta(milliseconds=1)
        for stream in streams
        for store, event_id, at in connection.execute(_RECEIPTS[stream].encode())
    }
    return [
        {"received_at": received.get((e["stream"], e["store_id"], e["event_id"])), **e}
        for e in events
    ]
