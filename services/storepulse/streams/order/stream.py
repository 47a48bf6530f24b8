"""Order: say here what its events are."""

from __future__ import annotations

from storepulse.streams.order.beacon import INPUT, sample
from storepulse.streams.order.shopify import beacons_of_webhook
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint

STREAM = Stream(
    name="order",
    input=INPUT,
    types=EventTypes(column="event_type", names=("created", "changed", "removed")),
    endpoints=(
        StreamEndpoint(path="/api/order/track"),
        StreamEndpoint(path="/api/order/track-batch", batch=True),
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
    counts=Counts(events=("order_rows", "order_hourly"), shortest_kept="order_events"),
    sample=sample,
)
