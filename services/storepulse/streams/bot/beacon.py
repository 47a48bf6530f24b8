"""Bot beacons: what happens in chats with a shop's bot.

A chat is its `client_id`, any signed 64-bit integer; Telegram's groups have negative ones. An event
without a session belongs to the chat's session, and one without a visitor to the chat itself.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

import msgspec

from storepulse.domain.emails import email_hash, trimmed_email
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import (
    URL_CHARACTERS,
    Beacon,
    FreeObject,
    Input,
    NumberedId,
    OptionalId,
    Record,
    Rules,
    SessionText,
    free_object,
    object_of,
    trimmed_id,
    url,
)

EventType = Literal[
    "start_command",
    "user_message",
    "ai_message",
    "image_generated",
    "image_refresh",
    "persona_selected",
    "story_selected",
    "chat_cleared",
    "chat_continued",
    "premium_action",
    "custom",
]

TEXT_CHARACTERS = 16_384
#: The limit of an inline image in the event, which is 36 KiB of bytes.
INLINE_CHARACTERS = 49_152
CLIENT_TEXT = r"0|-?[1-9][0-9]{0,18}"
#: Prefix of the client's id in the id of a session that the sender omitted.
OF_CHAT = "chat-"
INLINE = "data:image/"

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_is_number = re.compile(CLIENT_TEXT).fullmatch
_is_inline = re.compile(
    r"data:image/[a-z0-9.+-]{1,40}(?:;[a-z0-9=._-]{1,40}){0,8},[A-Za-z0-9+/=%_~.!*'()-]+",
    re.IGNORECASE,
).fullmatch

ClientId = (
    Annotated[
        str, msgspec.Meta(max_length=255, extra_json_schema={"pattern": f"^({CLIENT_TEXT})$"})
    ]
    | Annotated[int, msgspec.Meta(ge=_LEAST, le=_GREATEST)]
)
ChatText = Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS)] | None
Image = Annotated[str, msgspec.Meta(max_length=INLINE_CHARACTERS)] | None


class BotBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event of a chat."""

    event_type: EventType
    client_id: ClientId
    session_id: SessionText | None = None
    persona: OptionalId = None
    story: OptionalId = None
    text: ChatText = None
    image_url: Image = None
    metadata: FreeObject = None
    name: OptionalId = None
    customer_id: NumberedId = None
    customer_email: str | None = None

    def __post_init__(self) -> None:
        """Fill in a missing session and visitor from a valid client id."""
        client = str(self.client_id)
        if is_client(client):
            self.client_id = client
            self.session_id = self.session_id or OF_CHAT + client
            self.visitor_id = self.visitor_id or client


def is_client(text: str) -> bool:
    """Whether a text is a signed 64-bit integer in its shortest decimal form."""
    return _is_number(text) is not None and _LEAST <= int(text) <= _GREATEST


def own(beacon: BotBeacon, _rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values in schema order.

    Raises Rejected for a bad client, image, e-mail address or metadata.
    """
    client = str(beacon.client_id)
    if not is_client(client):
        raise Rejected("client_id", "must be a 64-bit integer without leading zeros or a plus sign")
    email = trimmed_email("customer_email", beacon.customer_email or "")
    return (
        beacon.event_type,
        client,
        beacon.persona or None,
        beacon.story or None,
        beacon.text or None,
        image_of("image_url", beacon.image_url) if beacon.image_url else None,
        free_object("metadata", beacon.metadata) if beacon.metadata else None,
        beacon.name or None,
        trimmed_id(beacon.customer_id),
        email_hash(email) if email else None,
    )


def image_of(field: str, text: str) -> str:
    """Return an image's address or `data:` URI. Raises Rejected for anything else."""
    if text[: len(INLINE)].lower() == INLINE:
        if _is_inline(text) is None:
            raise Rejected(field, "is not a data URI of an image")
        return text
    if len(text) > URL_CHARACTERS:
        raise Rejected(field, f"is longer than {URL_CHARACTERS} characters")
    return url(field, text)


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record."""
    names = (
        "session_id", "visitor_id", "event_type", "client_id", "persona", "story", "text",
        "image_url", "name", "customer_id",
    )  # fmt: skip
    own = {name: record[name] for name in names}
    return own | {"metadata": object_of("metadata", record["metadata"])}


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon of a type."""
    body = envelope | {"event_type": kind, "client_id": "8123456789", "persona": "Stylist"}
    if kind in ("user_message", "ai_message"):
        body |= {"text": "Which shirt goes with linen trousers?"}
    if kind in ("image_generated", "image_refresh"):
        body |= {"image_url": "https://trial.storepulse.invalid/images/linen-shirt.png"}
    return body


INPUT = Input(
    beacon=BotBeacon,
    own=own,
    beacon_of=beacon_of,
    free_form=("metadata",),
    type_field="event_type",
    types=get_args(EventType),
    hashed=("email_hash",),
    keeps_unknown=True,
)
