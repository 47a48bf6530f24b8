"""All tables as they must be after the events."""

from __future__ import annotations

from collections.abc import Mapping

from storepulse.exactness.model.activity import activity_tables
from storepulse.exactness.model.carts import cart_tables
from storepulse.exactness.model.days import Zones, with_days
from storepulse.exactness.model.events import Event, Tables, day_of, grouped
from storepulse.exactness.model.heatmap import heatmap_tables
from storepulse.exactness.model.landing import landing_tables
from storepulse.exactness.model.orders import orders_of
from storepulse.exactness.model.sessions import session_tables
from storepulse.exactness.model.sites import Sites, with_sites


def expected(
    events: list[Event],
    received_at: Mapping[str, int] | None = None,
    arrived_at: Mapping[str, int] | None = None,
    zones: Zones | None = None,
    sites: Sites | None = None,
) -> Tables:
    """All tables as they must be after these fresh events. Stores that have no `zones` are on UTC.
    Raises on an event given twice."""
    ids = [(e["store_id"], e["event_id"]) for e in events]
    if len(ids) != len(set(ids)):
        raise ValueError("events are to be given once each")
    events = with_sites(with_days(events, zones or {}), sites or {})
    of = grouped(events, lambda e: e["stream"])
    counts = grouped(events, lambda e: (e["stream"], e["store_id"]))
    return {
        "ledger_counts": {key: (len(rows),) for key, rows in counts.items()},
        **activity_tables(of.get("activity", [])),
        **session_tables(of.get("activity", [])),
        "visitors_daily": {
            (e["store_id"], day_of(e), e["visitor_id"] or f"s:{e['session_id']}"): ()
            for e in [*of.get("activity", []), *of.get("landing", [])]
            if not e["is_bot"]
        },
        **heatmap_tables(of.get("heatmap", []), received_at or {}, arrived_at or {}),
        **cart_tables(of.get("cart", [])),
        **landing_tables(of.get("landing", [])),
        "orders": orders_of(events),
    }
