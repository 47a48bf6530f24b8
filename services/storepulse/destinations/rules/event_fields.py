"""Fields that several receivers need of an event of any stream: page, order, money, ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from storepulse.destinations.rules.event_json import free_form
from storepulse.destinations.rules.model import Event
from storepulse.domain.currencies import minor_units
from storepulse.streams.order_numbers import is_order_number
from storepulse.streams.stream import VendorNames

#: Longest order number, which every vendor accepts unchanged. Longer texts are not order numbers.
ORDER_CHARACTERS = 100
_PAGE_NAMES = ("page_url", "url")


def happened_at(event: Event) -> datetime:
    """When it happened, UTC; at most `received_at`, because clients' clocks may run ahead."""
    occurred: datetime | None = event.value.get("occurred_at")
    return event.received_at if occurred is None else min(occurred, event.received_at)


def free_fields(event: Event) -> Mapping[str, Any]:
    """The event's free-form fields; `event_data` takes precedence over `metadata`."""
    fields: dict[str, Any] = {}
    for name in ("metadata", "event_data"):
        content = free_form(event.value.get(name))
        if isinstance(content, dict):
            fields |= content
    return fields


def free_text(event: Event, *names: str) -> str | None:
    """The first of the named free-form fields that holds text or a number, as text."""
    fields = free_fields(event)
    for name in names:
        content = fields.get(name)
        if isinstance(content, str | int | float) and not isinstance(content, bool):
            text = str(content).strip()
            if text:
                return text
    return None


def vendor_name(names: VendorNames | None, event: Event) -> str | None:
    """The vendor's name for the event, or the event's own name; None if it is not sent."""
    if names is None:
        return None
    if event.event_type in names.names:
        return names.names[event.event_type]
    if not names.own:
        return None
    stated: str | None = event.value.get("name")
    own = stated or free_text(event, *names.own_from) or event.event_type
    return None if own in names.kept else own


def page_of(event: Event) -> str | None:
    """The page on which it happened."""
    value = event.value
    page: str | None = value.get("page_url") or value.get("product_url")
    return page or free_text(event, *_PAGE_NAMES)


def order_of(event: Event) -> str | None:
    """The shop's number of the event's order, 1 to 100 printable characters, or None."""
    stated: str | None = event.value.get("order_id")
    order = (stated or "").strip()
    is_short = len(order) <= ORDER_CHARACTERS and order.isprintable()
    return order if order and is_short and is_order_number(order) else None


def purchase_id(order: str) -> str:
    """The id of an order's purchase at vendors, the same for every event of the order."""
    return f"purchase:{order}"


def money_of(event: Event) -> tuple[Decimal, str] | None:
    """(amount, ISO 4217 code), rounded to the currency's minor units, as vendors require.

    None unless both are present.
    """
    amount, currency = event.value.get("value"), event.value.get("currency")
    if amount is None or not currency:
        return None
    return round(amount, minor_units(currency)), currency


def lines_of(event: Event) -> list[dict[str, Any]]:
    """The lines of the order or cart: `product_id`, `quantity`, `price`, optionally `name`."""
    lines = free_form(event.value.get("items"))
    return lines if isinstance(lines, list) and all(map(_is_line, lines)) else []


def _is_line(line: Any) -> bool:
    return isinstance(line, dict) and {"product_id", "quantity", "price"} <= line.keys()


def product_name(event: Event) -> str | None:
    """The product's title, from the field that the event's stream has for it."""
    name: str | None = event.value.get("product_name") or event.value.get("product_title")
    return name
