"""Activity beacons: what visitors do in a shop."""

from __future__ import annotations

from typing import Any, Literal, get_args

from storepulse.domain.currencies import amount, currency
from storepulse.domain.emails import hash_of_stated_email
from storepulse.streams.beacon import (
    Amount,
    Beacon,
    Described,
    FreeObject,
    Input,
    Int32,
    NumberedId,
    OptionalId,
    OptionalUrl,
    Record,
    Rules,
    SessionText,
    ShortText,
    Title,
    ViewId,
    free_object,
    numbered_id,
    object_of,
    optional_url,
    referrer,
    trimmed_id,
    view_of,
)
from storepulse.streams.order_lines import OrderLines, lines_of_text, text_of_lines
from storepulse.streams.order_numbers import order_number, take_order_number

ActivityType = Literal[
    "page_view",
    "product_view",
    "add_to_cart",
    "remove_from_cart",
    "checkout_start",
    "purchase",
    "search",
    "custom",
]


class ActivityBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One action. `value` is an amount: text, or a number, which is rounded to four decimals."""

    session_id: SessionText
    activity_type: ActivityType
    page_url: OptionalUrl = None
    referrer: Described = None
    product_id: NumberedId = None
    product_name: Title = None
    search_query: ShortText = None
    quantity: Int32 = None
    value: Amount = None
    currency: str | None = None
    metadata: FreeObject = None
    order_id: NumberedId = None
    name: OptionalId = None
    customer_id: NumberedId = None
    customer_email: str | None = None
    items: OrderLines = None
    view_id: ViewId = None


def own(beacon: ActivityBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values. Raises Rejected for bad URLs, money or metadata.

    If only `metadata` has a purchase's order, it moves to the column.
    """
    metadata = beacon.metadata
    order = None
    if beacon.order_id is not None:
        order = order_number("order_id", beacon.order_id, rules)
    if metadata and not order and beacon.activity_type == "purchase":
        metadata, order = take_order_number("metadata", metadata, rules)
    return (
        beacon.activity_type,
        optional_url("page_url", beacon.page_url),
        referrer("referrer", beacon.referrer, rules) if beacon.referrer else None,
        numbered_id(beacon.product_id),
        beacon.product_name or None,
        beacon.search_query or None,
        beacon.quantity,
        None if beacon.value is None else amount("value", beacon.value),
        currency("currency", beacon.currency) if beacon.currency else None,
        free_object("metadata", metadata) if metadata else None,
        order,
        beacon.name or None,
        trimmed_id(beacon.customer_id),
        hash_of_stated_email("customer_email", beacon.customer_email),
        text_of_lines("items", beacon.items) if beacon.items else None,
        view_of("view_id", beacon.view_id) if beacon.view_id else None,
    )


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    names = (
        "session_id", "visitor_id", "activity_type", "page_url", "referrer", "product_id",
        "product_name", "search_query", "quantity", "currency", "order_id", "name",
        "customer_id", "view_id",
    )  # fmt: skip
    own = {name: record[name] for name in names}
    value = record["value"]
    return own | {
        "value": None if value is None else f"{value:f}",
        "metadata": object_of("metadata", record["metadata"]),
        "items": lines_of_text("items", record["items"]),
    }


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {
        "activity_type": kind,
        "page_url": "https://trial.storepulse.invalid/products/linen-shirt",
        "product_id": "8123456789",
        "product_name": "Linen shirt",
    }
    if kind == "purchase":
        body |= {"value": "49.90", "currency": "EUR", "quantity": 1}
    if kind == "search":
        body |= {"search_query": "linen shirt"}
    return body


INPUT = Input(
    beacon=ActivityBeacon,
    own=own,
    beacon_of=beacon_of,
    free_form=("metadata",),
    type_field="activity_type",
    types=get_args(ActivityType),
    hashed=("email_hash",),
    keeps_unknown=True,
)
