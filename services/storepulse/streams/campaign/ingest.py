"""The published form of `POST /ingest`, read into a beacon.

Rules: init data is proven before anything of it counts; its start parameter is the call's. What the
start parameter says of campaign and tracking id fills in what the body leaves out. Whatever is said
twice must be the same. In a `payload`, order, money, lines, customer and e-mail are the fields of
the same names; beside the payload they count first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.domain.init_data import InitData, init_data_by_signature, init_data_by_token
from storepulse.domain.start_params import StartParamSerializer
from storepulse.streams.campaign.beacon import ORDER_TYPES, type_of
from storepulse.streams.order_numbers import ORDER_NAMES
from storepulse.streams.stream import SignedCall

#: Field of the beacon -> what it may be called in a payload; the first that is there counts.
_OF_ORDERS: Mapping[str, tuple[str, ...]] = {
    "order_id": ORDER_NAMES,
    "value": ("value", "amount"),
    "currency": ("currency",),
    "items": ("items",),
}
_OF_CUSTOMERS: Mapping[str, tuple[str, ...]] = {
    "customer_id": ("customer_id",),
    "customer_email": ("customer_email", "email"),
}
_IDS = ("campaign_id", "tracking_id")


def beacons_of_call(call: SignedCall) -> list[dict[str, Any]]:
    """The one beacon of a call. Raises Rejected for what contradicts itself or is not proven, and
    Misconfigured where we lack what proves it."""
    if not isinstance(call.body, dict):
        raise Rejected("", "The body wants an object")
    body = {name: value for name, value in call.body.items() if value is not None}
    init_data = body.pop("init_data", None)
    if init_data is not None:
        _take_init_data(body, _proven(init_data, call))
    for name in _IDS:
        if type(body.get(name)) is int:
            body[name] = str(body[name])
    start_param = body.get("start_param")
    if isinstance(start_param, str) and start_param:
        said = StartParamSerializer().deserialize(start_param)
        _take(body, "campaign_id", said.campaign_id, "start_param")
        _take(body, "tracking_id", said.tracking_id, "start_param")
    if isinstance(body.get("payload"), dict):
        _take_payload(body)
    return [body]


def _proven(text: Any, call: SignedCall) -> InitData:
    """Raises Rejected for init data that neither the token nor the id of a bot of the store proves,
    and Misconfigured where the store has neither."""
    if not isinstance(text, str):
        raise Rejected("init_data", "wants text")
    tokens, bot_ids = (call.secrets_of(k) for k in ("telegram_bot_token", "telegram_bot_id"))
    if not tokens and not bot_ids:
        raise Misconfigured("telegram_bot_token", "the store has no bot's token or id")
    if not bot_ids:
        return init_data_by_token(text, tokens, call.now)
    try:
        return init_data_by_signature(text, bot_ids, call.now)
    except Rejected:
        if not tokens:
            raise
        return init_data_by_token(text, tokens, call.now)


def _take_init_data(body: dict[str, Any], proven: InitData) -> None:
    if proven.start_param is not None:
        _take(body, "start_param", proven.start_param, "init_data")
    if proven.user_id is not None:
        if isinstance(body.get("telegram_id"), int):
            body["telegram_id"] = str(body["telegram_id"])
        _take(body, "telegram_id", str(proven.user_id), "init_data")


def _take(body: dict[str, Any], name: str, said: str, by: str) -> None:
    """Fills a field in. Raises Rejected where the body says something else."""
    if body.setdefault(name, said) != said:
        raise Rejected(name, f"is not what {by} says")


def _take_payload(body: dict[str, Any]) -> None:
    """Moves what has a field of its own out of the payload; what is of no such type stays."""
    payload = dict(body["payload"])
    known = type_of(body["event"]) if isinstance(body.get("event"), str) else None
    for field, names in {**(_OF_ORDERS if known in ORDER_TYPES else {}), **_OF_CUSTOMERS}.items():
        found = [payload.pop(name) for name in names if payload.get(name) not in (None, "")]
        if found and body.get(field) in (None, ""):
            body[field] = found[0]
    body["payload"] = payload
