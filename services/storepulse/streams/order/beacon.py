"""Order beacons: a shop's reports on its orders, and the rules beyond their types.

`value` is the order's total before refunds, in every event that has it. A refund is reported as the
total refunded so far, or as one refund with its id; its `items` are the returned ones.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

import msgspec

from storepulse.domain.currencies import amount, currency
from storepulse.domain.emails import hash_of_stated_email
from storepulse.domain.envelope import Timestamp, stated_ms
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.streams.beacon import (
    Amount,
    Beacon,
    FreeObject,
    Input,
    NumberedId,
    OptionalId,
    Record,
    Rules,
    free_object,
    object_of,
    trimmed_id,
)
from storepulse.streams.order_lines import OrderLines, lines_of_text, text_of_lines
from storepulse.streams.order_numbers import bare_number, is_order_number, order_number

EventType = Literal["created", "paid", "refunded", "cancelled"]
#: Bounds of `ordered_at` in milliseconds: from 2000 to before 2100.
CALENDAR = (946_684_800_000, 4_102_444_800_000)
CHANNEL_CHARACTERS = 64


class OrderBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event. Amounts are text, or numbers, which are rounded to four decimals."""

    event_type: EventType
    order_id: (
        Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
        | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    )
    order_name: NumberedId = None
    ordered_at: Timestamp | None = None
    session_id: OptionalId = None
    value: Amount = None
    currency: str | None = None
    refunded: Amount = None
    refund_id: NumberedId = None
    refund_value: Amount = None
    channel: Annotated[str, msgspec.Meta(max_length=CHANNEL_CHARACTERS)] | None = None
    landing_page_id: OptionalId = None
    campaign_id: NumberedId = None
    metadata: FreeObject = None
    customer_id: NumberedId = None
    customer_email: str | None = None
    items: OrderLines = None


def own(beacon: OrderBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values in schema order.

    Raises Rejected for an invalid number, amount, time or address, and for a refund without an
    amount.
    """
    number = _number_of("order_id", beacon.order_id)
    if number is None:
        raise Rejected("order_id", REQUIRED)
    refund = _number_of("refund_id", beacon.refund_id)
    refunded = _amount_of("refunded", beacon.refunded)
    refund_value = _amount_of("refund_value", beacon.refund_value)
    if beacon.event_type == "refunded":
        _check_refund(refund, refunded, refund_value, has_items=bool(beacon.items))
    else:
        for name, stated in (("refund_id", refund), ("refund_value", refund_value)):
            if stated is not None:
                raise Rejected(name, "belongs to events of the type refunded")
    return (
        beacon.event_type,
        bare_number(number),
        order_number("order_name", beacon.order_name, rules),
        _moment_of("ordered_at", beacon.ordered_at),
        _amount_of("value", beacon.value),
        currency("currency", beacon.currency) if beacon.currency else None,
        refunded,
        refund,
        refund_value,
        beacon.channel or None,
        trimmed_id(beacon.landing_page_id),
        trimmed_id(beacon.campaign_id),
        free_object("metadata", beacon.metadata),
        trimmed_id(beacon.customer_id),
        hash_of_stated_email("customer_email", beacon.customer_email),
        text_of_lines("items", beacon.items),
    )


def _number_of(field: str, stated: str | int | None) -> str | None:
    """Return the shop's number of an order or a refund.

    Raises Rejected for a placeholder: it would merge all orders without a number into one.
    """
    number = trimmed_id(stated)
    if number is not None and not is_order_number(number):
        raise Rejected(field, "is not an order number but a placeholder, such as undefined or #")
    return number


def _check_refund(
    refund: str | None, refunded: Decimal | None, value: Decimal | None, *, has_items: bool
) -> None:
    """Raise Rejected for a refund that could not be counted, or would count twice."""
    if refund is None:
        for name, is_stated in (("refund_value", value is not None), ("items", has_items)):
            if is_stated:
                raise Rejected(name, "needs the refund_id of the refund that it is of")
        if refunded is None:
            raise Rejected("refunded", "is needed, or refund_id with refund_value")
    elif value is None:
        raise Rejected("refund_value", "is needed where refund_id is stated")


def _amount_of(field: str, stated: float | str | None) -> Decimal | None:
    """Return the amount, or None if there is none. Raises Rejected for one below 0."""
    if stated is None or stated == "":
        return None
    value = amount(field, stated)
    if value < 0:
        raise Rejected(field, "is below 0")
    return value


def _moment_of(field: str, stated: Any) -> int | None:
    """Return epoch milliseconds. Raises Rejected for a time outside of `CALENDAR`."""
    if stated is None:
        return None
    moment = stated_ms(stated)
    if not CALENDAR[0] <= moment < CALENDAR[1]:
        raise Rejected(field, "is not a time from 2000 to 2099")
    return moment


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    names = (
        "session_id", "visitor_id", "event_type", "order_id", "order_name", "ordered_at",
        "currency", "refund_id", "channel", "landing_page_id", "campaign_id", "customer_id",
    )  # fmt: skip
    own = {name: record[name] for name in names}
    for name in ("value", "refunded", "refund_value"):
        own[name] = None if record[name] is None else f"{record[name]:f}"
    return own | {
        "metadata": object_of("metadata", record["metadata"]),
        "items": lines_of_text("items", record["items"]),
    }


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {
        "event_type": kind,
        "order_id": "450789469",
        "order_name": "#1001",
        "value": "49.90",
        "currency": "EUR",
        "customer_id": "207119551",
        "channel": "web",
    }
    if kind == "refunded":
        return body | {"refund_id": "509562969", "refund_value": "9.90"}
    line = {"product_id": "8123456789", "name": "Linen shirt", "quantity": 1, "price": "49.90"}
    return body | {"items": [line]}


INPUT = Input(
    beacon=OrderBeacon,
    own=own,
    beacon_of=beacon_of,
    free_form=("metadata",),
    type_field="event_type",
    types=get_args(EventType),
    hashed=("email_hash",),
)
