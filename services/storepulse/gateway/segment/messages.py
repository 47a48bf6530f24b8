"""Map Segment's messages to beacons of our streams.

Products, amounts, orders and people in a message become fields; the rest of `properties` or
`traits` goes into `metadata`. An unknown event is a custom event under its own name. Only servers
send orders: from a page, the same names are custom events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from storepulse.domain.clients import canonical_ip
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.event_meanings import Meaning, meaning_of, normal_name
from storepulse.domain.event_names import NAME_CHARACTERS
from storepulse.gateway.segment.commerce import (
    Taken,
    numbered_order_fields,
    order_fields,
    product_fields,
    refund_fields,
    search_fields,
)
from storepulse.gateway.segment.json_parts import JsonObject, id_at, object_at, text_of
from storepulse.gateway.segment.people import (
    OURS,
    consent_of,
    email_of,
    moments_of,
    own_options,
    session_of,
)
from storepulse.streams.beacon import URL_CHARACTERS, url

MessageType = Literal["track", "page", "screen", "identify", "group", "alias"]
MESSAGE_TYPES: tuple[str, ...] = get_args(MessageType)

_NAME_CHARACTERS = 1_000
#: A client's way to say that a visitor's address must not be kept.
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - Segment's word, and no address to listen on

#: The order stream's event types, by meaning.
_ORDER_WORDS: Mapping[str, str] = {
    "order_updated": "created",
    "order_refunded": "refunded",
    "order_cancelled": "cancelled",
}

#: (store id, None if the key determines it) -> the store's own event names.
NamesOf = Callable[[str | None], Mapping[str, Meaning]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a message maps to: a stream and the fields of its beacon.

    `address` is the visitor's as stated in the message: "" if it must not be kept, None if not
    stated.
    """

    stream: str
    fields: dict[str, Any]
    address: str | None


@dataclass(frozen=True, slots=True)
class _Message:
    """A message's parts, and the beacon fields that all types share."""

    raw: JsonObject
    context: JsonObject
    shared: dict[str, Any]
    email: str | None


def told_by(
    message: Any,
    kind: str | None,
    *,
    names_of: NamesOf,
    is_trusted: bool,
    sent_at: Any = None,
) -> Told:
    """Map a decoded message to a beacon.

    `kind` is the type if the path determines it, `sent_at` the batch's, `is_trusted` whether a
    secret key sent it. Raises Rejected with the path of the field.
    """
    if not isinstance(message, dict):
        raise Rejected("", "must be an object")
    kind = _type_of(message) if kind is None else kind
    read = _read(message, sent_at)
    store_id = read.shared.get("store_id")
    match kind:
        case "track":
            stream, own = _track(read, names_of(store_id), is_trusted=is_trusted)
        case "page" | "screen":
            stream, own = "activity", _page(read)
        case "identify":
            stream, own = "activity", _people(read, "identify", {})
        case "group":
            group = _required_id(message, "groupId")
            stream, own = "activity", _people(read, "group", {"group_id": group})
        case _:
            stream, own = "activity", _alias(message)
    fields = read.shared | own
    if stream == "activity":
        fields.setdefault("session_id", _session(message))
    elif "visitor_id" in fields or _states_session(message):
        fields["session_id"] = _session(message)
    return Told(stream, fields, _address(read.context))


def _type_of(message: JsonObject) -> str:
    kind = message.get("type")
    if kind is None:
        raise Rejected("type", REQUIRED)
    if not isinstance(kind, str) or kind not in MESSAGE_TYPES:
        raise Rejected("type", f"is not one of {', '.join(MESSAGE_TYPES)}")
    return kind


def _read(message: JsonObject, sent_at: Any) -> _Message:
    context, integrations = object_at(message, "context"), object_at(message, "integrations")
    anonymous, user = id_at(message, "anonymousId"), id_at(message, "userId")
    if anonymous is None and user is None:
        raise Rejected("anonymousId", "is required, or userId")
    traits, of_context = object_at(message, "traits"), context.get("traits")
    email = email_of(traits, of_context if isinstance(of_context, dict) else {})
    shared: dict[str, Any] = {
        "store_id": id_at(own_options(message), "store_id", f"integrations.{OURS}."),
        "visitor_id": anonymous,
        "customer_id": user,
        "customer_email": email,
        "messageId": id_at(message, "messageId"),
        "consent": consent_of(context, integrations),
        "user_agent": text_of(context.get("userAgent"), URL_CHARACTERS),
        **moments_of(message, sent_at),
    }
    shared = {name: value for name, value in shared.items() if value is not None}
    return _Message(message, context, shared, email)


def _track(
    read: _Message, own_names: Mapping[str, Meaning], *, is_trusted: bool
) -> tuple[str, dict[str, Any]]:
    """The stream and fields of a `track` call. Raises Rejected."""
    name = _event_name(read.raw)
    properties = object_at(read.raw, "properties")
    meaning = meaning_of(name, own_names)
    if meaning in _ORDER_WORDS and is_trusted:
        return "order", _order_word(read, meaning, properties)
    fields, taken = _fields_of(meaning, properties)
    if meaning == "purchase" and read.email is None:
        email = email_of(properties)
        if email is not None:
            fields["customer_email"] = email
            taken.add("email")
    is_known = meaning not in _ORDER_WORDS and meaning != "custom"
    kind = {"activity_type": meaning} if is_known else {"activity_type": "custom", "name": name}
    place = _place(read, {})
    if meaning == "page_view":
        place = _place(read, _page_of_ga4(properties))
    return "activity", kind | place | fields | _rest(properties, taken)


def _page_of_ga4(properties: JsonObject) -> dict[str, Any]:
    return {
        "url": properties.get("page_location") or properties.get("url"),
        "referrer": properties.get("page_referrer") or properties.get("referrer"),
    }


def _event_name(message: JsonObject) -> str:
    event = message.get("event")
    if event is None or event == "":
        raise Rejected("event", REQUIRED)
    if not isinstance(event, str):
        raise Rejected("event", "must be text")
    if len(event) > NAME_CHARACTERS:
        raise Rejected("event", f"is longer than {NAME_CHARACTERS} characters")
    name = normal_name(event)
    if not name or len(name) > NAME_CHARACTERS:
        raise Rejected("event", f"must have 1 to {NAME_CHARACTERS} characters")
    return name


def _fields_of(meaning: Meaning, properties: JsonObject) -> Taken:
    match meaning:
        case "product_view":
            return product_fields(properties, counts_pieces=False)
        case "add_to_cart" | "remove_from_cart":
            return product_fields(properties, counts_pieces=True)
        case "checkout_start" | "purchase":
            return order_fields(properties)
        case "search":
            return search_fields(properties)
    return {}, set()


def _order_word(read: _Message, meaning: Meaning, properties: JsonObject) -> dict[str, Any]:
    """The fields of an order event from a server. Raises Rejected."""
    if meaning == "order_refunded":
        fields, taken = refund_fields(properties, read.shared.get("messageId"))
    else:
        fields, taken = numbered_order_fields(properties)
    return {"event_type": _ORDER_WORDS[meaning]} | fields | _rest(properties, taken)


def _page(read: _Message) -> dict[str, Any]:
    """A view of a page or a screen; its name and category stay in the metadata."""
    properties = object_at(read.raw, "properties")
    named = {
        name: text
        for name in ("name", "category")
        if name not in properties and (text := text_of(read.raw.get(name), _NAME_CHARACTERS))
    }
    place = _place(read, properties)
    taken = {
        name
        for name, field in (("url", "page_url"), ("referrer", "referrer"))
        if properties.get(name) is not None and place.get(field) == properties[name]
    }
    return {"activity_type": "page_view"} | place | _rest({**named, **properties}, taken)


def _people(read: _Message, name: str, more: JsonObject) -> dict[str, Any]:
    """A custom event that keeps the traits, except the e-mail address, which becomes the
    customer's."""
    traits = {**object_at(read.raw, "traits"), **more}
    taken = {"email"} if read.email is not None else set()
    return {"activity_type": "custom", "name": name} | _place(read, {}) | _rest(traits, taken)


def _alias(message: JsonObject) -> dict[str, Any]:
    """Link the visitor `previousId` to the customer `userId`. Raises Rejected."""
    previous, user = _required_id(message, "previousId"), _required_id(message, "userId")
    who = {"visitor_id": previous, "customer_id": user}
    session = _session({**message, "anonymousId": message.get("anonymousId") or previous})
    return {"activity_type": "custom", "name": "alias", "session_id": session} | who


def _required_id(message: JsonObject, name: str) -> str:
    value = id_at(message, name)
    if value is None:
        raise Rejected(name, REQUIRED)
    return value


def _session(message: JsonObject) -> str:
    return session_of(message, id_at(message, "anonymousId"), id_at(message, "userId"))


def _states_session(message: JsonObject) -> bool:
    stated = object_at(message, "context").get("sessionId")
    return bool(stated or own_options(message).get("session_id"))


def _place(read: _Message, properties: JsonObject) -> dict[str, Any]:
    """The page and its referrer."""
    page = read.context.get("page")
    page = page if isinstance(page, dict) else {}
    urls = (_url_of(part.get("url")) for part in (properties, page))
    found = {
        "page_url": next((one for one in urls if one), None),
        "referrer": text_of(properties.get("referrer") or page.get("referrer"), URL_CHARACTERS),
    }
    return {name: value for name, value in found.items() if value is not None}


def _url_of(value: Any) -> str | None:
    """An http or https address, cut before its query if it is too long."""
    if not isinstance(value, str):
        return None
    text = value if len(value) <= URL_CHARACTERS else value.partition("?")[0]
    if not text or len(text) > URL_CHARACTERS:
        return None
    try:
        return url("page_url", text)
    except Rejected:
        return None


def _rest(properties: JsonObject, taken: set[str]) -> dict[str, Any]:
    rest = {name: value for name, value in properties.items() if name not in taken}
    return {"metadata": rest} if rest else {}


def _address(context: JsonObject) -> str | None:
    stated = context.get("ip")
    if not isinstance(stated, str):
        return None
    return "" if stated == _NO_ADDRESS else canonical_ip(stated)
