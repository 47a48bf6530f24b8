"""Tables of customer activity, except sessions."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from decimal import Decimal
from typing import Any

from storepulse.exactness.model.events import (
    Event,
    Tables,
    amount,
    day_of,
    greatest,
    grouped,
    hour_of,
    moment,
)
from storepulse.exactness.model.orders import number_in, order_of

PRODUCT_TYPES = ("product_view", "add_to_cart", "remove_from_cart")


def term_of(query: str) -> str:
    """NFC, lower case, single spaces, 200 characters; empty for none."""
    typed = unicodedata.normalize("NFC", query).lower()
    return " ".join(unicodedata.normalize("NFC", typed).split())[:200].rstrip(" ")


def activity_tables(events: list[Event]) -> Tables:
    def daily(event: Event) -> tuple[Any, ...]:
        return event["store_id"], day_of(event)

    rows = {
        (e["store_id"], e["event_id"]): (
            e["session_id"], e["visitor_id"], moment(e["occurred_at"]), e["activity_type"],
            e["page_url"], e["referrer"], e["product_id"], e["product_name"], e["search_query"],
            e["quantity"], amount(e), e["currency"], number_in(e, "order_id"), e.get("name"),
            json.loads(e["items"]) if e.get("items") else None, e.get("view_id"),
            e.get("customer_id"), e["is_bot"],
        )
        for e in events
    }  # fmt: skip
    hourly = grouped(events, lambda e: (e["store_id"], hour_of(e), e["activity_type"], e["is_bot"]))
    sold = [
        e
        for e in events
        if e["activity_type"] == "purchase" and e["value"] is not None and not order_of(e)
    ]
    revenue = grouped(sold, lambda e: (*daily(e), hour_of(e), e["currency"] or "", e["is_bot"]))
    products = grouped(
        [e for e in events if e["product_id"] and e["activity_type"] in PRODUCT_TYPES],
        lambda e: (*daily(e), e["product_id"], e["is_bot"]),
    )
    terms: dict[tuple[Any, ...], int] = defaultdict(int)
    for event in events:
        if event["activity_type"] == "search" and event["search_query"] is not None:
            term = event["term"] if "term" in event else term_of(event["search_query"])
            if term:
                terms[*daily(event), term, event["is_bot"]] += 1
    return {
        "customer_activity": rows,
        "activity_hourly": {
            key: (len(found), sum(e["quantity"] or 0 for e in found))
            for key, found in hourly.items()
        },
        "activity_revenue_hourly": {
            key: (len(found), sum(Decimal(e["value"]) for e in found))
            for key, found in revenue.items()
        },
        "activity_products_daily": {
            key: (
                greatest(e["product_name"] for e in found),
                *(sum(e["activity_type"] == kind for e in found) for kind in PRODUCT_TYPES),
            )
            for key, found in products.items()
        },
        "activity_searches_daily": {key: (count,) for key, count in terms.items()},
    }
