"""What a campaign event contains besides its fields: init data, start parameter, payload.

Init data is verified before any of it counts, and its start parameter becomes the event's. The
start parameter fills in a missing campaign id and tracking id. A value that occurs twice must be
the same. An app may use its own start parameters: one in verified init data is kept as text if the
event has both ids itself. In a `payload`, order, money, lines, customer and e-mail are fields of
the same names; the same fields beside the payload take precedence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.domain.init_data import InitData, init_data_by_signature, init_data_by_token
from storepulse.domain.start_params import StartParamSerializer
from storepulse.streams.campaign.beacon import (
    ORDER_TYPES,
    CampaignBeacon,
    is_start_param,
    type_of,
)
from storepulse.streams.order_lines import lines_of_value
from storepulse.streams.order_numbers import ORDER_NAMES, is_order_number
from storepulse.streams.stream import SecretsOf

#: Names of fields in a payload; the first one with a value counts.
_VALUES = ("value", "amount")
_EMAILS = ("customer_email", "email")
_ID_CHARACTERS = 255
_START_PARAMS = StartParamSerializer()


def prove(beacon: CampaignBeacon, secrets_of: SecretsOf, now: float) -> None:
    """Complete a beacon from its init data, start parameter and payload.

    `now` is in epoch seconds. Raises Rejected for contradictory or unverified values, and
    Misconfigured if the store lacks the secret to verify them.
    """
    names_campaign = bool(beacon.campaign_id and beacon.tracking_id)
    proven: InitData | None = None
    if beacon.init_data:
        proven = _proven_fields(beacon.init_data, secrets_of, now)
        _take_init_data(beacon, proven)
    if beacon.start_param:
        is_proven = proven is not None and proven.start_param == beacon.start_param
        _take_start_param(beacon, may_be_others=is_proven and names_campaign)
    if beacon.payload:
        _take_payload(beacon, dict(beacon.payload))


def _proven_fields(text: str, secrets_of: SecretsOf, now: float) -> InitData:
    """Return the verified init data.

    Raises Rejected if neither a token nor the id of one of the store's bots verifies it, and
    Misconfigured if the store has neither.
    """
    tokens, bot_ids = secrets_of("telegram_bot_token"), secrets_of("telegram_bot_id")
    if not tokens and not bot_ids:
        raise Misconfigured("telegram_bot_token", "the store has no bot's token or id")
    if not bot_ids:
        return init_data_by_token(text, tokens, now)
    try:
        return init_data_by_signature(text, bot_ids, now)
    except Rejected:
        if not tokens:
            raise
        return init_data_by_token(text, tokens, now)


def _take_init_data(beacon: CampaignBeacon, proven: InitData) -> None:
    if proven.start_param is not None:
        _take(beacon, "start_param", proven.start_param, "init_data")
    if proven.user_id is not None:
        if isinstance(beacon.telegram_id, int):
            beacon.telegram_id = str(beacon.telegram_id)
        _take(beacon, "telegram_id", str(proven.user_id), "init_data")


def _take_start_param(beacon: CampaignBeacon, *, may_be_others: bool) -> None:
    """Take the ids in the start parameter.

    Raises Rejected if it is not in our format, unless it may be the app's own.
    """
    try:
        said = _START_PARAMS.deserialize(beacon.start_param or "")
    except Rejected:
        if not may_be_others:
            raise
        if not is_start_param(beacon.start_param or ""):
            beacon.start_param = None  # longer than we keep, or of other characters
        return
    _take(beacon, "campaign_id", said.campaign_id, "start_param")
    _take(beacon, "tracking_id", said.tracking_id, "start_param")


def _take(beacon: CampaignBeacon, name: str, said: str, by: str) -> None:
    """Fill in a field. Raises Rejected if the beacon has a different value."""
    if getattr(beacon, name) is None:
        setattr(beacon, name, said)
    elif getattr(beacon, name) != said:
        raise Rejected(name, f"is not what {by} says")


def _take_payload(beacon: CampaignBeacon, payload: dict[str, Any]) -> None:
    """Move fields out of the payload; the same fields beside it take precedence."""
    customer = _id_of(payload, ("customer_id",))
    beacon.customer_id = beacon.customer_id or customer
    email = _of_kind(payload, _EMAILS, str, "text")
    beacon.customer_email = beacon.customer_email or email
    if type_of(beacon.event) in ORDER_TYPES:
        order = _id_of(payload, ORDER_NAMES)
        if order and not (beacon.order_id and is_order_number(str(beacon.order_id))):
            beacon.order_id = order
        value = _of_kind(payload, _VALUES, int | float | str, "a number")
        beacon.value = value if beacon.value is None else beacon.value
        code = _of_kind(payload, ("currency",), str, "an ISO 4217 code")
        beacon.currency = beacon.currency or code
        lines = lines_of_value("payload.items", payload.pop("items", None))
        beacon.items = beacon.items or lines
    beacon.payload = payload


def _id_of(payload: dict[str, Any], names: Sequence[str]) -> Any:
    said = _of_kind(payload, names, int | str, "text or a number")
    if said is not None and len(str(said)) > _ID_CHARACTERS:
        raise Rejected(f"payload.{names[0]}", f"has more than {_ID_CHARACTERS} characters")
    return said


def _of_kind(payload: dict[str, Any], names: Sequence[str], kind: Any, wanted: str) -> Any:
    """Remove these fields and return the first with a value. Raises Rejected for another type."""
    found = [(name, payload.pop(name)) for name in names if name in payload]
    for name, said in found:
        if said is None or said == "":
            continue
        if isinstance(said, bool) or not isinstance(said, kind):
            raise Rejected(f"payload.{name}", f"must be {wanted}")
        return said
    return None
