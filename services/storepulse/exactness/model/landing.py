"""Tables of landing pages."""

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
from storepulse.exactness.model.orders import order_of
from storepulse.exactness.model.pages import landing_page


def landing_tables(events: list[Event]) -> Tables:
    def place(event: Event) -> tuple[Any, ...]:
        return (
            event["store_id"], landing_page(event), event["campaign_id"] or "", hour_of(event),
            day_of(event),
        )  # fmt: skip

    hourly: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for key, found in grouped(events, lambda e: (*place(e), e["is_bot"])).items():
        kinds = [e["event_type"] for e in found if not order_of(e)]
        known = [kinds.count(kind) for kind in ("PageView", "AddToCart", "Purchase")]
        visits = len({e["session_id"] for e in found})
        hourly[key] = (*known, len(found) - len(kinds), len(kinds) - sum(known), visits)
    sold = [
        e
        for e in events
        if e["event_type"] == "Purchase" and e["value"] is not None and not order_of(e)
    ]
    revenue = grouped(sold, lambda e: (*place(e), e["currency"] or "", e["is_bot"]))
    return {
        "landing_events": {
            (e["store_id"], e["event_id"]): (
                e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["event_type"],
                e["landing_page_id"], e["campaign_id"], amount(e), e["currency"], e["is_bot"],
            )
            for e in events
        },
        "landing_hourly": hourly,
        "landing_revenue_hourly": {
            key: (len(found), sum(Decimal(e["value"]) for e in found))
            for key, found in revenue.items()
        },
        "landing_sessions": {(*place(e), e["session_id"], e["is_bot"]): () for e in events},
    }  # fmt: skip
