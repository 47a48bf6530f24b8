"""Tables of campaigns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storepulse.exactness.model.events import (
    Event,
    Tables,
    amount,
    day_of,
    grouped,
    hour_of,
    moment,
)
from storepulse.exactness.model.orders import kind_of, number_in


def campaign_tables(events: list[Event]) -> Tables:
    def place(event: Event) -> tuple[Any, ...]:
        return event["store_id"], event["campaign_id"], hour_of(event), day_of(event)

    def is_sale(event: Event) -> bool:
        return event["event_type"] == "ORDER_PAID" and not kind_of(event)

    hourly: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for key, found in grouped(events, lambda e: (*place(e), e["is_bot"])).items():
        opens = sum(e["event_type"] == "WEBAPP_OPEN" for e in found)
        sales, told = sum(map(is_sale, found)), sum(bool(kind_of(e)) for e in found)
        hourly[key] = (opens, sales, told, len(found) - opens - sales - told)
    sold = [e for e in events if is_sale(e) and e["value"] is not None]
    revenue = grouped(sold, lambda e: (*place(e), e["currency"] or "", e["is_bot"]))
    return {
        "pulse_events": {
            (e["store_id"], e["event_id"]): (
                e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["event_type"],
                e["event_name"], e["campaign_id"], e["tracking_id"], e["start_param"],
                None if e["telegram_id"] is None else int(e["telegram_id"]), amount(e),
                e["currency"], number_in(e, "order_id"), e["customer_id"], e["email_hash"],
                e["is_bot"],
            )
            for e in events
        },
        "campaign_hourly": hourly,
        "campaign_revenue_hourly": {
            key: (len(found), sum(Decimal(e["value"]) for e in found))
            for key, found in revenue.items()
        },
        "campaign_people": {(*place(e), e["tracking_id"], e["is_bot"]): () for e in events},
    }  # fmt: skip
