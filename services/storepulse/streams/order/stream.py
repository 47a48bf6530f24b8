"""Order: a shop's reports on its orders, from its server or by webhooks."""

from __future__ import annotations

from typing import get_args

from storepulse.streams.order.beacon import INPUT, EventType, sample
from storepulse.streams.order.shopify import beacons_of_webhook
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint, VendorNames

STREAM = Stream(
    name="order",
    input=INPUT,
    types=EventTypes(column="event_type", names=get_args(EventType)),
    endpoints=(
        StreamEndpoint(path="/api/orders", source="server", door="signed"),
        StreamEndpoint(path="/api/orders/batch", batch=True, source="server", door="signed"),
        StreamEndpoint(
            path="/webhooks/shopify",
            batch=True,
            source="server",
            answer="webhook",
            door="shopify",
            beacons_of=beacons_of_webhook,
            is_large=True,
        ),
    ),
    rows="order_events",
    counts=Counts(
        events=("order_rows", "order_hourly"),
        shortest_kept="order_events",
        sessions=("orders",),
    ),
    sample=sample,
    priority="high",
    session_required=False,
    order_field="order_id",
    own_meter="order",
    own_meter_types=("created", "paid"),
    ga4=VendorNames(names={"paid": "purchase"}),
    meta=VendorNames(names={"paid": "Purchase"}),
)
