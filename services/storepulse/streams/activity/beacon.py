"""Activity beacons: what visitors do in a shop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from storepulse.domain.currencies import currency, money
from storepulse.streams.beacon import (
    Beacon,
    FreeObject,
    Input,
    Int32,
    NumberedId,
    OptionalUrl,
    Rules,
    SessionText,
    ShortText,
    Title,
    free_object,
    numbered_id,
    optional_url,
)

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
    """One action. `value` is a decimal as number or text, with at most four decimals."""

    session_id: SessionText
    activity_type: ActivityType
    page_url: OptionalUrl = None
    referrer: OptionalUrl = None
    product_id: NumberedId = None
    product_name: Title = None
    search_query: ShortText = None
    quantity: Int32 = None
    value: Decimal | None = None
    currency: str | None = None
    metadata: FreeObject = None


def own(beacon: ActivityBeacon, _rules: Rules) -> tuple[Any, ...]:
    """The stream's own values. Raises Rejected for bad URLs, money or metadata."""
    return (
        beacon.activity_type,
        optional_url("page_url", beacon.page_url),
        optional_url("referrer", beacon.referrer),
        numbered_id(beacon.product_id),
        beacon.product_name or None,
        beacon.search_query or None,
        beacon.quantity,
        None if beacon.value is None else money("value", beacon.value),
        currency("currency", beacon.currency) if beacon.currency else None,
        free_object("metadata", beacon.metadata),
    )


INPUT = Input("activity", ActivityBeacon, own, keeps_unknown=True)
