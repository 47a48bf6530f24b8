"""Each order once, however often it is told; and what was bought, by product."""

from __future__ import annotations

import json
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
    moment,
)
from storepulse.exactness.model.pages import landing_page

#: Of the products that purchases of an order name by themselves, the last ones told.
MOST_PRODUCTS = 100
#: product -> name, units, revenue
Lines = dict[str, tuple[str | None, int, Decimal]]


#: What each kind of event makes of the order that it names, and in which order these follow.
_STATUS = {"ORDER_CREATED": "created", "purchase": "paid", "Purchase": "paid", "ORDER_PAID": "paid"}
_FOLLOWING = ("created", "paid")


def status_of(event: Event) -> str | None:
    """What an event makes of an order; None where it tells of none."""
    return _STATUS.get(event.get("activity_type") or event.get("event_type") or "")


def is_purchase(event: Event) -> bool:
    return status_of(event) == "paid"


def order_of(event: Event) -> str | None:
    """The order that an event tells of."""
    return event.get("order_id") or None if status_of(event) else None


def order_tables(events: list[Event]) -> Tables:
    """Orders, their lines, and products of the purchases that name no order."""
    orders, lines = {}, {}
    told = [e for e in events if order_of(e)]
    for key, found in grouped(told, lambda e: (e["store_id"], order_of(e))).items():
        in_time = sorted(found, key=lambda e: (e["occurred_at"], e["event_id"], e["stream"]))
        by_trust = sorted(in_time, key=lambda e: e.get("source") in ("server", "import"))
        orders[key] = _order(in_time, by_trust)
        day, is_bot = day_of(in_time[0]), all(e["is_bot"] for e in found)
        if any(is_purchase(e) for e in found):
            for product, (currency, *line) in _lines(by_trust).items():
                lines[*key, product] = (day, currency, is_bot, *line)
    return {"orders": orders, "order_lines": lines, "product_sales_daily": _sales(events)}


def _order(in_time: list[Event], by_trust: list[Event]) -> tuple[Any, ...]:
    """When it was first told, where, and what the best word says of it."""
    page = next((e for e in in_time if e.get("landing_page_id")), None)
    credited = next((e for e in in_time if e.get("campaign_id")), None)
    status = max((status_of(e) or "" for e in in_time), key=_FOLLOWING.index)
    paid = [e for e in by_trust if e["value"] is not None]
    listed = [e for e in by_trust if e.get("items")]

    def best(name: str) -> Any:
        return next((e[name] for e in reversed(by_trust) if e.get(name) is not None), None)

    return (
        moment(in_time[0]["occurred_at"]), day_of(in_time[0]),
        landing_page(page) if page else None, page["campaign_id"] if page else None, status,
        amount(paid[-1]) if paid else None, paid[-1]["currency"] if paid else None, Decimal(0),
        json.loads(listed[-1]["items"]) if listed else None,
        listed[-1]["currency"] if listed else None, best("session_id"), best("visitor_id"),
        best("customer_id"), best("email_hash"), all(e["is_bot"] for e in in_time),
        credited["campaign_id"] if credited else None,
    )  # fmt: skip


def _lines(by_trust: list[Event]) -> dict[str, tuple[Any, ...]]:
    """product -> currency, name, units, revenue: the best list, else the last word on each."""
    listed = [e for e in by_trust if e.get("items")]
    if listed:
        currency = listed[-1]["currency"] or ""
        return {product: (currency, *line) for product, line in _bought(listed[-1]).items()}
    last = {e["product_id"]: e for e in by_trust if e.get("product_id")}
    kept = sorted(last, key=lambda product: by_trust.index(last[product]))[-MOST_PRODUCTS:]
    return {
        product: (last[product]["currency"] or "", *_bought(last[product])[product])
        for product in kept
    }


def _bought(event: Event) -> Lines:
    """What one purchase says: its list, else the product that it names."""
    if not event.get("items"):
        quantity = 1 if event["quantity"] is None else event["quantity"]
        line = event["product_name"], quantity, amount(event) or Decimal(0)
        return {event["product_id"]: line}
    lines = grouped(json.loads(event["items"]), lambda line: line["product_id"])
    return {
        product: (
            greatest(line.get("name") for line in found),
            sum(line["quantity"] for line in found),
            sum((line["quantity"] * Decimal(line["price"]) for line in found), Decimal(0)),
        )
        for product, found in lines.items()
    }


def _sales(events: list[Event]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    sold: dict[tuple[Any, ...], list[tuple[str | None, int, Decimal]]] = defaultdict(list)
    for event in events:
        names_product = event.get("items") or event.get("product_id")
        if is_purchase(event) and not order_of(event) and names_product:
            for product, line in _bought(event).items():
                key = event["store_id"], day_of(event), product, event["currency"] or ""
                sold[*key, event["is_bot"]].append(line)
    return {
        key: (
            greatest(name for name, _, _ in lines),
            len(lines),
            sum(units for _, units, _ in lines),
            sum(revenue for _, _, revenue in lines),
        )
        for key, lines in sold.items()
    }
