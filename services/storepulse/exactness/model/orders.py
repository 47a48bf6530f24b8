"""Each order once, however often it is reported; and what was bought, by product."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

from storepulse.exactness.model.events import (
    UNKNOWN,
    Event,
    Tables,
    amount,
    day_of,
    greatest,
    grouped,
    moment,
)
from storepulse.exactness.model.pages import landing_page

#: Most products that an order's purchases name without a list; the ones reported last are kept.
MOST_PRODUCTS = 100
KINDS = ("created", "paid", "refunded", "cancelled")
#: Orders with these statuses count, and so do their lines.
SOLD = ("paid", "refunded")
#: product -> name, units, revenue
Lines = dict[str, tuple[str | None, int, Decimal]]


def is_purchase(event: Event) -> bool:
    return (event.get("activity_type") or event.get("event_type")) in (
        "purchase", "Purchase", "ORDER_PAID",
    )  # fmt: skip


def kind_of(event: Event) -> str | None:
    """What an event reports about an order: created, paid, refunded, cancelled; None without an
    order."""
    if not number_in(event, "order_id"):
        return None
    if event["stream"] == "order":
        kind: str = event["event_type"]
        return kind
    if event["stream"] == "campaign":
        return {"ORDER_CREATED": "created", "ORDER_PAID": "paid"}.get(event["event_type"])
    return "paid" if is_purchase(event) else None


def order_of(event: Event) -> str | None:
    """The order that a purchase names."""
    return number_in(event, "order_id") if is_purchase(event) else None


def bare(number: str) -> str:
    """A number without prefixes."""
    return _without_signs(number) or number


def _without_signs(number: str) -> str:
    for sign in ("gid://shopify/Order/", "gid://shopify/OrderIdentity/", "#"):
        if number.startswith(sign):
            return _without_signs(number.removeprefix(sign))
    return number


def number_in(event: Event, field: str) -> str | None:
    """The order number in an event; None if it has none, or only a placeholder."""
    number: str | None = event.get(field)
    if not number:
        return None
    rest = _without_signs(number).casefold()
    marks = "".join(letter for letter in rest if not letter.isalnum())
    word = rest.strip(marks)
    is_none = not word or rest in UNKNOWN or word in (*UNKNOWN, "object object")
    return None if is_none else number


def order_tables(events: list[Event]) -> Tables:
    """Orders, their lines, and products of purchases without an order."""
    orders, lines = {}, {}
    for key, found in by_order(events).items():
        in_time = sorted(found, key=lambda e: (_counted_at(e), e["event_id"], e["stream"]))
        by_trust = sorted(found, key=_word)
        orders[key] = _order(in_time, by_trust)
        if orders[key][4] not in SOLD:
            continue
        day, is_bot = _day(in_time[0]), all(e["is_bot"] for e in found)
        for product, (currency, *line) in _lines(by_trust).items():
            lines[*key, product] = (day, currency, is_bot, *line)
    return {"orders": orders, "order_lines": lines, "product_sales_daily": _sales(events)}


def by_order(events: list[Event]) -> dict[tuple[str, str], list[Event]]:
    """The events of each order under all of its numbers, by store and order."""
    told = [e for e in events if kind_of(e)]
    names = _names(told)

    def order(event: Event) -> tuple[str, str]:
        number = event["store_id"], bare(event["order_id"])
        return number[0], names.get(number, number)[1]

    return grouped(told, order)


def _names(told: list[Event]) -> dict[tuple[str, str], tuple[str, str]]:
    """By store and number, the order that it means: a number with a name is an order itself."""
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for event in told:
        if named := number_in(event, "order_name"):
            store, number = event["store_id"], bare(event["order_id"])
            name = store, bare(named)
            if name != (store, number):
                best[name] = max(best.get(name, (0,)), (1, _word(event), number))
            best[store, number] = (2, None, number)
    return {name: (name[0], best[name][-1]) for name in best}


def _word(event: Event) -> tuple[Any, ...]:
    trusted = event.get("source") in ("server", "import")
    return trusted, event["occurred_at"], event["event_id"], event["stream"]


def _counted_at(event: Event) -> int:
    ordered: int | None = event.get("ordered_at")
    occurred: int = event["occurred_at"]
    return occurred if ordered is None else min(ordered, occurred)


def _day(event: Event) -> Any:
    """The store's day on which the order was placed, according to this event."""
    if _counted_at(event) == event["occurred_at"]:
        return day_of(event)
    return event.get("ordered_day") or moment(_counted_at(event)).date()


def _refunds(by_trust: list[Event]) -> list[Event]:
    """Each refund once, by its most trusted event."""
    named = [e for e in by_trust if e.get("refund_id") and e.get("refund_value") is not None]
    return [*{e["refund_id"]: e for e in named}.values()]


def _order(in_time: list[Event], by_trust: list[Event]) -> tuple[Any, ...]:
    """When and where it was first reported, and the values of the most trusted events."""
    page = next((e for e in in_time if e.get("landing_page_id")), None)
    campaign = next((e for e in in_time if e.get("campaign_id")), None)
    priced = [e for e in by_trust if e.get("value") is not None]
    currency = priced[-1]["currency"] if priced else None
    listed = _listed_items(by_trust)

    def best(name: str) -> Any:
        return next((e[name] for e in reversed(by_trust) if e.get(name) is not None), None)

    paid_back = sum(
        (
            Decimal(e["refund_value"])
            for e in _refunds(by_trust)
            if not e.get("currency") or not currency or e["currency"] == currency
        ),
        Decimal(0),
    )
    totals = [Decimal(e["refunded"]) for e in by_trust if e.get("refunded") is not None]
    back = max([*totals, paid_back])
    if priced:
        back = min(back, Decimal(priced[-1]["value"]))
    told = [_counted_at(e) for e in by_trust if _word(e)[0]]
    seen = [_counted_at(e) for e in by_trust if not _word(e)[0]]
    return (
        moment(_counted_at(in_time[0])), _day(in_time[0]), landing_page(page) if page else None,
        campaign["campaign_id"] if campaign else None,
        max((str(kind_of(e)) for e in by_trust), key=KINDS.index),
        amount(priced[-1]) if priced else None, currency, back,
        json.loads(listed[-1]["items"]) if listed else None,
        listed[-1]["currency"] if listed else None, best("session_id"), best("visitor_id"),
        best("customer_id"), best("email_hash"), all(e["is_bot"] for e in in_time),
        _name_of(by_trust), best("channel"), moment(min(told)) if told else None,
        moment(min(seen)) if seen else None,
    )  # fmt: skip


def _name_of(by_trust: list[Event]) -> str | None:
    names = (number_in(e, "order_name") for e in reversed(by_trust))
    return next((name for name in names if name), None)


def _listed_items(by_trust: list[Event]) -> list[Event]:
    """Events with the order's items; the items of a refund are those returned."""
    return [e for e in by_trust if e.get("items") and kind_of(e) != "refunded"]


def _lines(by_trust: list[Event]) -> dict[str, tuple[Any, ...]]:
    """product -> currency, name, units, revenue, minus returned items."""
    lines = _bought_lines(by_trust)
    for refund in _refunds(by_trust):
        for product, (_, units, revenue) in (
            _bought(refund) if refund.get("items") else {}
        ).items():
            if product in lines:
                currency, name, *sold = lines[product]
                if not currency or (refund.get("currency") or currency) == currency:
                    lines[product] = (currency, name, sold[0] - units, sold[1] - revenue)
    return {
        product: (currency, name, max(units, 0), max(revenue, Decimal(0)))
        for product, (currency, name, units, revenue) in lines.items()
    }


def _bought_lines(by_trust: list[Event]) -> dict[str, tuple[Any, ...]]:
    """product -> currency, name, units, revenue: the most trusted list, else the last event
    about each product."""
    listed = _listed_items(by_trust)
    if listed:
        currency = listed[-1]["currency"] or ""
        return {product: (currency, *line) for product, line in _bought(listed[-1]).items()}
    last = {e["product_id"]: e for e in by_trust if e.get("product_id") and kind_of(e) == "paid"}
    kept = sorted(last, key=lambda product: by_trust.index(last[product]))[-MOST_PRODUCTS:]
    return {
        product: (last[product]["currency"] or "", *_bought(last[product])[product])
        for product in kept
    }


def _bought(event: Event) -> Lines:
    """The content of one purchase: its list, else the product that it names."""
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
