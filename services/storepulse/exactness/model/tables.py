"""All tables as they must be after the events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache

from storepulse.exactness.model.activity import activity_tables
from storepulse.exactness.model.bots import bot_tables
from storepulse.exactness.model.campaigns import campaign_tables
from storepulse.exactness.model.carts import cart_tables
from storepulse.exactness.model.custom_events import custom_event_tables
from storepulse.exactness.model.customers import customer_tables
from storepulse.exactness.model.days import Zones, with_days
from storepulse.exactness.model.events import Event, Tables, grouped
from storepulse.exactness.model.experiment_events import experiment_event_tables
from storepulse.exactness.model.experiments import Phases, experiment_tables, with_phases
from storepulse.exactness.model.heatmap import heatmap_tables
from storepulse.exactness.model.images import image_tables
from storepulse.exactness.model.landing import landing_tables
from storepulse.exactness.model.order_events import order_event_tables
from storepulse.exactness.model.orders import order_tables
from storepulse.exactness.model.people import people_tables
from storepulse.exactness.model.pixel_calls import pixel_call_tables
from storepulse.exactness.model.session_carts import acts, session_cart_tables
from storepulse.exactness.model.sessions import session_tables
from storepulse.exactness.model.sites import Sites, with_sites
from storepulse.exactness.model.usage import usage_tables
from storepulse.exactness.model.visitors import visitor_tables
from storepulse.exactness.model.web_vitals import web_vitals_tables
from storepulse.exactness.model.weeks import with_weeks

#: Epoch milliseconds by event id.
Times = Mapping[str, int]


#: The streams that each part is made of. Without events, a part still has all of its tables.
_PARTS: tuple[tuple[tuple[str, ...], Callable[[list[Event], Times], Tables]], ...] = (
    (("activity",), lambda events, _: activity_tables(events)),
    (("activity",), lambda events, _: session_tables(acts(events))),
    (("activity", "landing"), lambda events, _: visitor_tables(acts(events))),
    (("activity", "cart", "landing"), lambda events, _: session_cart_tables(events)),
    (("activity", "landing", "bot"), lambda events, _: custom_event_tables(events)),
    (("activity", "landing"), lambda events, _: web_vitals_tables(events)),
    (("activity",), lambda events, _: pixel_call_tables(events)),
    (("heatmap",), heatmap_tables),
    (("cart",), lambda events, _: with_weeks(cart_tables(events))),
    (("landing",), lambda events, _: landing_tables(events)),
    (("campaign",), lambda events, _: campaign_tables(events)),
    (("order",), lambda events, _: order_event_tables(events)),
    (("activity", "landing", "order", "campaign"), lambda events, _: order_tables(events)),
    (("bot",), lambda events, _: bot_tables(events)),
    (("usage",), lambda events, _: usage_tables(events)),
    (("experiment",), lambda events, _: experiment_event_tables(events)),
    (("activity", "bot", "cart"), lambda events, _: image_tables(events)),
    (
        ("activity", "cart", "landing", "bot", "campaign", "order"),
        lambda events, _: customer_tables(acts(events)),
    ),
    (
        ("activity", "cart", "landing", "bot", "campaign", "order"),
        lambda events, _: people_tables(acts(events)),
    ),
    (
        ("activity", "cart", "landing", "campaign", "order", "experiment"),
        lambda events, _: experiment_tables(events),
    ),
)


def expected(
    events: list[Event],
    arrived_at: Times | None = None,
    zones: Zones | None = None,
    sites: Sites | None = None,
    phases: Phases | None = None,
) -> Tables:
    """All tables as they must be after these fresh events.

    Stores without `zones` use UTC. `phases`: of the stores' experiments. Raises ValueError if an
    event is given twice.
    """
    ids = [(e["store_id"], e["stream"], e["event_id"]) for e in events]
    if len(ids) != len(set(ids)):
        raise ValueError("events are to be given once each")
    events = with_sites(with_days(events, zones or {}), sites or {})
    events = with_phases(events, phases or {})
    counts = grouped(events, lambda e: (e["stream"], e["store_id"]))
    tables: Tables = {"ledger_counts": {key: (len(rows),) for key, rows in counts.items()}}
    for streams, tables_of in _PARTS:
        found = [e for e in events if e["stream"] in streams]
        tables |= tables_of(found, arrived_at or {})
    return tables


@cache
def feeding_streams() -> dict[str, frozenset[str]]:
    """By table, the streams whose events it contains."""
    return {
        table: frozenset(streams) for streams, tables_of in _PARTS for table in tables_of([], {})
    }


def tables_without(streams: Collection[str]) -> set[str]:
    """The tables without events of these streams."""
    return {table for table, fed_by in feeding_streams().items() if fed_by.isdisjoint(streams)}
