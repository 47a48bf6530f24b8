"""Landing-page beacons: views, call-to-action clicks, purchases, web vitals, custom events."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from storepulse.domain.currencies import amount, currency
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import (
    Beacon,
    Described,
    FreeObject,
    Input,
    NumberedId,
    Record,
    Rules,
    SessionText,
    ViewId,
    description,
    folded_type,
    free_object,
    numbered_id,
    object_of,
    trimmed_id,
    view_of,
)
from storepulse.streams.order_lines import (
    OrderLine,
    OrderLines,
    lines_of_text,
    lines_of_value,
    text_of_lines,
)
from storepulse.streams.order_numbers import ORDER_NAMES, order_number

#: Types that shops may write in any case, with or without underscores: `purchase`, `page_view`.
KNOWN_TYPES = ("PageView", "AddToCart", "Purchase", "WebVitals")
_TYPES = {name: name for name in KNOWN_TYPES}
_TYPES_BY_FOLDED = {folded_type(name): name for name in KNOWN_TYPES}
SCREEN_CHARACTERS = 64
EVENT_NAME_TEXT = r"[A-Za-z0-9 _.-]{1,64}"
#: The id is part of the path of its figures in the query API.
PAGE_ID_TEXT = r"(?!\.{1,2}$)[A-Za-z0-9_.~:-]{1,128}"
_is_page_id = re.compile(PAGE_ID_TEXT).fullmatch
_is_event_name = re.compile(EVENT_NAME_TEXT).fullmatch


class LandingBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event. Case and underscores of known types are ignored. Any other name makes a custom
    event of that name."""

    event_type: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{EVENT_NAME_TEXT}$"})]
    landing_page_id: (
        Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{PAGE_ID_TEXT}$"})]
        | Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    )
    campaign_id: NumberedId = None
    session_id: SessionText
    event_data: FreeObject = None
    screen_resolution: Described = None
    metadata: FreeObject = None
    order_id: NumberedId = None
    customer_id: NumberedId = None
    items: OrderLines = None
    view_id: ViewId = None


#: Hashes of valid page ids, a cache: they recur.
_known_pages: set[int] = set()
_KNOWN_PAGES = 8_192


def _check_page(page_id: str) -> None:
    """Raise Rejected for an id that could not be part of a query's path."""
    if _is_page_id(page_id) is None:
        raise Rejected(
            "landing_page_id", "must be 1 to 128 letters, digits or _ . ~ : - and not . or .."
        )
    if len(_known_pages) >= _KNOWN_PAGES:
        _known_pages.clear()
    _known_pages.add(hash(page_id))


def own(beacon: LandingBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values.

    For a purchase, money, order, customer and lines move out of `event_data`. If there is also a
    field of its own, that field counts.
    """
    name = beacon.event_type
    event_type = _TYPES.get(name)
    if event_type is None:
        if _is_event_name(name) is None:
            raise Rejected("event_type", "must be 1 to 64 letters, digits, spaces or _ . -")
        event_type = _TYPES_BY_FOLDED.get(folded_type(name), "Custom")
    page_id = str(beacon.landing_page_id)
    if hash(page_id) not in _known_pages:
        _check_page(page_id)
    data = beacon.event_data
    value = code = None
    order, customer = None, trimmed_id(beacon.customer_id)
    if beacon.order_id is not None:
        order = order_number("order_id", beacon.order_id, rules)
    lines: list[OrderLine] | None = beacon.items
    if event_type == "Purchase" and data:
        data = dict(data)
        value = _amount(data.pop("value", None))
        code = _code(data.pop("currency", None))
        stated = _order(data, rules)
        order = order or stated
        stated = _text_of(data, "customer_id")
        customer = customer or stated
        found = lines_of_value("event_data.items", data.pop("items", None))
        lines = lines or found
    return (
        event_type,
        name,
        page_id,
        numbered_id(beacon.campaign_id),
        value,
        code,
        order,
        free_object("event_data", data) if data else None,
        description("screen_resolution", beacon.screen_resolution, SCREEN_CHARACTERS, rules)
        if beacon.screen_resolution
        else None,
        free_object("metadata", beacon.metadata) if beacon.metadata else None,
        customer,
        text_of_lines("items", lines) if lines else None,
        view_of("view_id", beacon.view_id) if beacon.view_id else None,
    )


def _amount(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Rejected("event_data.value", "is not a number")
    return amount("event_data.value", value)


def _code(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Rejected("event_data.currency", "is not an ISO 4217 currency")
    return currency("event_data.currency", value)


def _order(data: dict[str, Any], rules: Rules) -> str | None:
    found = (
        order_number(f"event_data.{name}", _text_of(data, name), rules) for name in ORDER_NAMES
    )
    return next(filter(None, found), None)


def _text_of(data: dict[str, Any], name: str) -> str | None:
    """Remove an id from `event_data` and return it."""
    value = data.pop(name, None)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > 255:
        raise Rejected(f"event_data.{name}", "must be text of at most 255 characters")
    return trimmed_id(value)


#: Fields of the record that a purchase's `event_data` may have; the second group has fields of its
#: own since version 2 of the schema.
_OF_PURCHASE = ("value", "currency", "order_id")
_LATER_OF_PURCHASE = ("customer_id", "items")


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record. Raises Rejected if `event_data` repeats a field of its own."""
    data = object_of("event_data", record["event_data"])
    if record["event_type"] == "Purchase":
        for name in _OF_PURCHASE:
            if name in (data or {}):
                raise Rejected(f"event_data.{name}", "has a field of its own")
        later = [name for name in _LATER_OF_PURCHASE if name in (data or {})]
        for name in later:
            if record[name] is not None:
                raise Rejected(f"event_data.{name}", "has a field of its own")
        data = {name: item for name, item in (data or {}).items() if name not in later}
        value = None if record["value"] is None else f"{record['value']:f}"
        data |= {"value": value, "currency": record["currency"]}
    names = (
        "session_id", "visitor_id", "landing_page_id", "campaign_id", "screen_resolution",
        "order_id", "customer_id", "view_id",
    )  # fmt: skip
    return {name: record[name] for name in names} | {
        "items": lines_of_text("items", record["items"]),
        "event_type": record["event_name"],
        "event_data": data,
        "metadata": object_of("metadata", record["metadata"]),
    }


def record_field(name: str) -> str:
    """Return the record's name for a field; a purchase's money has fields of its own."""
    first, _, rest = name.partition(".")
    return rest if first == "event_data" and rest in _OF_PURCHASE else name


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {"event_type": kind, "landing_page_id": "trial"}
    if kind == "Purchase":
        order = {"value": "49.90", "currency": "EUR", "order_id": envelope["event_id"]}
        body |= {"event_data": order}
    return body


INPUT = Input(
    beacon=LandingBeacon,
    own=own,
    beacon_of=beacon_of,
    record_field=record_field,
    free_form=("event_data", "metadata"),
    keeps_unknown=True,
)
