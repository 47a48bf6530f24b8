"""Campaigns: opens, orders and named events of a campaign's people, sent by the shop's servers."""

from __future__ import annotations

from storepulse.streams.campaign.beacon import INPUT, KNOWN_TYPES, sample
from storepulse.streams.campaign.proof import prove
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint, VendorNames

STREAM = Stream(
    name="campaign",
    input=INPUT,
    types=EventTypes(column="event_type", own_column="event_name", names=KNOWN_TYPES),
    endpoints=(StreamEndpoint(path="/ingest", source="server", door="signed"),),
    priority="high",
    rows="pulse_events",
    counts=Counts(events=("campaign_rows", "campaign_hourly"), shortest_kept="pulse_events"),
    sample=sample,
    session_required=False,
    prove=prove,
    order_field="order_id",
    ga4=VendorNames(
        names={
            "WEBAPP_OPEN": "webapp_open",
            "ORDER_CREATED": "order_created",
            "ORDER_PAID": "purchase",
        },
        own=True,
    ),
    meta=VendorNames(names={"WEBAPP_OPEN": None, "ORDER_CREATED": None, "ORDER_PAID": "Purchase"}),
)
