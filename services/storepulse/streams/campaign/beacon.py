"""Campaign beacons: what people did who came from a campaign.

Ids may come from a start parameter, and an order's money may be in `payload`: `proof.py` completes
such a beacon.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from storepulse.domain.campaign_ids import CAMPAIGN_ID_TEXT, check_campaign_id
from storepulse.domain.currencies import amount, currency
from storepulse.domain.emails import hash_of_stated_email
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.init_data import MOST_CHARACTERS
from storepulse.streams.beacon import (
    Amount,
    Beacon,
    FreeObject,
    Input,
    NumberedId,
    Record,
    Rules,
    SessionText,
    folded_type,
    free_object,
    object_of,
    trimmed_id,
)
from storepulse.streams.order_lines import OrderLines, lines_of_text, text_of_lines
from storepulse.streams.order_numbers import order_number

#: Matched in any case, with or without underscores: `webapp_open`, `OrderPaid`.
KNOWN_TYPES = ("WEBAPP_OPEN", "ORDER_CREATED", "ORDER_PAID")
ORDER_TYPES = ("ORDER_CREATED", "ORDER_PAID")
_TYPES = {name: name for name in KNOWN_TYPES}
_TYPES_BY_FOLDED = {folded_type(name): name for name in KNOWN_TYPES}
EVENT_NAME_TEXT = r"[A-Za-z0-9 _.:-]{1,64}"
START_PARAM_TEXT = r"[A-Za-z0-9_-]{1,64}"
_is_event_name = re.compile(EVENT_NAME_TEXT).fullmatch
_is_start_param = re.compile(START_PARAM_TEXT).fullmatch
_is_telegram_id = re.compile(r"0|-?[1-9][0-9]{0,18}").fullmatch
_ID_BOUND = 2**63


def _shown_as(pattern: str) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema={"pattern": f"^{pattern}$"})


CampaignId = Annotated[str, _shown_as(CAMPAIGN_ID_TEXT)]


class CampaignBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event. Case and underscores of known names are ignored. Any other name makes an event of
    that name.

    `value` is an amount: text, or a number, which is rounded to four decimals."""

    event: Annotated[str, _shown_as(EVENT_NAME_TEXT)]
    campaign_id: CampaignId | None = None
    tracking_id: CampaignId | None = None
    session_id: SessionText | None = None
    start_param: Annotated[str, _shown_as(START_PARAM_TEXT)] | None = None
    init_data: Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)] | None = None
    telegram_id: NumberedId = None
    value: Amount = None
    currency: str | None = None
    order_id: NumberedId = None
    customer_id: NumberedId = None
    customer_email: str | None = None
    items: OrderLines = None
    payload: FreeObject = None


def type_of(name: str) -> str | None:
    """Return the known type of a name, or None for a shop's own name."""
    return _TYPES.get(name) or _TYPES_BY_FOLDED.get(folded_type(name))


def own(beacon: CampaignBeacon, rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values. Raises Rejected for bad names, ids, money or payloads."""
    if _is_event_name(beacon.event) is None:
        raise Rejected("event", "must be 1 to 64 letters, digits, spaces or _ . : -")
    return (
        type_of(beacon.event) or "Custom",
        beacon.event,
        _id("campaign_id", beacon.campaign_id),
        _id("tracking_id", beacon.tracking_id),
        _start_param(beacon.start_param) if beacon.start_param else None,
        _telegram_id(beacon.telegram_id),
        None if beacon.value is None else amount("value", beacon.value),
        currency("currency", beacon.currency) if beacon.currency else None,
        order_number("order_id", beacon.order_id, rules),
        trimmed_id(beacon.customer_id),
        hash_of_stated_email("customer_email", beacon.customer_email),
        text_of_lines("items", beacon.items) if beacon.items else None,
        free_object("payload", beacon.payload) if beacon.payload else None,
    )


def _id(field: str, text: str | None) -> str:
    if text is None:
        raise Rejected(field, REQUIRED)
    return check_campaign_id(field, text)


def is_start_param(text: str) -> bool:
    """Whether the text may be stored as a start parameter, whoever made it."""
    return _is_start_param(text) is not None


def _start_param(text: str) -> str:
    if not is_start_param(text):
        raise Rejected("start_param", "must be 1 to 64 letters, digits, - or _")
    return text


def _telegram_id(value: str | int | None) -> str | None:
    if value is None or value == "":
        return None
    text = str(value)
    if _is_telegram_id(text) is None or not -_ID_BOUND <= int(text) < _ID_BOUND:
        raise Rejected("telegram_id", "must be a signed 64-bit integer in decimal")
    return text


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    names = (
        "session_id", "visitor_id", "campaign_id", "tracking_id", "start_param", "telegram_id",
        "currency", "order_id", "customer_id",
    )  # fmt: skip
    value = record["value"]
    return {name: record[name] for name in names} | {
        "event": record["event_name"],
        "value": None if value is None else f"{value:f}",
        "items": lines_of_text("items", record["items"]),
        "payload": object_of("payload", record["payload"]),
    }


def record_field(name: str) -> str:
    """Return the record's name for a field of the beacon."""
    return {"event": "event_name", "customer_email": "email_hash"}.get(name, name)


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {
        "event": kind,
        "campaign_id": "summer-2026",
        "tracking_id": "trial",
        "telegram_id": "279058397",
    }
    if kind in ORDER_TYPES:
        body |= {"value": "49.90", "currency": "EUR", "order_id": envelope["event_id"]}
    return body


INPUT = Input(
    beacon=CampaignBeacon,
    own=own,
    beacon_of=beacon_of,
    record_field=record_field,
    free_form=("payload",),
    hashed=("email_hash",),
)
