"""Map updates of Telegram's Bot API to events of a chat.

An update is the API's JSON as a mapping, or an object of a library whose attributes have the API's
names, such as aiogram's. Files' addresses are never used, because they contain the bot's token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from storepulse.domain.errors import Rejected
from storepulse.domain.start_params import StartParamSerializer

#: Contents of a message other than text; the first one present is its `content`.
CONTENTS = (
    "photo", "video", "voice", "audio", "document", "sticker", "animation", "video_note",
    "location", "contact", "poll", "dice", "venue", "story", "web_app_data",
)  # fmt: skip
#: Event types by the prefix of a button's data; the rest of the data is the choice.
Buttons = Mapping[str, str]
CHOICES = {"persona_selected": "persona", "story_selected": "story"}

_command = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@\w+)?(?:\s+(.*))?\Z", re.DOTALL).match
_START_PARAMS = StartParamSerializer()


class UpdateEvent(NamedTuple):
    """An event of a chat: its type in the bot stream, the chat, and further fields."""

    event_type: str
    client_id: int
    fields: dict[str, Any]


def chat_event_of(
    update: object, buttons: Buttons | None = None, *, with_text: bool = True
) -> UpdateEvent | None:
    """The event of an update; None if the update is not an action of a user.

    `buttons`: event types by the prefix of a button's data, such as `{"persona:":
    "persona_selected"}`; other buttons are the custom event `button_press`. Without `with_text`,
    users' texts are left out.
    """
    for name in ("message", "business_message"):
        message = _of(update, name)
        if message is not None:
            return _message_event(message, with_text)
    press = _of(update, "callback_query")
    if press is not None:
        return _button_event(press, buttons or {})
    change = _of(update, "my_chat_member")
    return _membership_event(change) if change is not None else None


def update_key(update: object, bot_id: object) -> str | None:
    """The idempotency key of an update, which Telegram may send again."""
    number = _of(update, "update_id")
    return None if number is None else f"telegram-{bot_id}-{number}"


def _message_event(message: object, with_text: bool) -> UpdateEvent | None:
    chat = _chat_id(message)
    if chat is None:
        return None
    metadata = _sender_of(message, chat)
    if _of(message, "successful_payment") is not None:
        payment = _of(message, "successful_payment")
        metadata |= {
            "action": "payment",
            "currency": _of(payment, "currency"),
            "total_amount": _of(payment, "total_amount"),
        }
        return UpdateEvent("premium_action", chat, {"metadata": metadata})
    text = _of(message, "text") or _of(message, "caption") or ""
    command = _command(text) if _of(message, "text") else None
    if command is not None:
        if command[1].lower() == "start":
            metadata |= _start_fields((command[2] or "").strip())
            return UpdateEvent("start_command", chat, {"metadata": metadata} if metadata else {})
        metadata["command"] = command[1].lower()
    content = next((name for name in CONTENTS if _of(message, name) is not None), None)
    if content is not None:
        metadata["content"] = content
    elif not text:
        return None  # A service message, such as a new member or title.
    fields: dict[str, Any] = {"text": text} if with_text and text else {}
    return UpdateEvent("user_message", chat, fields | ({"metadata": metadata} if metadata else {}))


def _start_fields(param: str) -> dict[str, Any]:
    """The start parameter, and the campaign in it if it has our format."""
    if not param:
        return {}
    try:
        said = _START_PARAMS.deserialize(param)
    except Rejected:
        return {"start_param": param[:64]}
    ids = {"campaign_id": said.campaign_id, "tracking_id": said.tracking_id}
    return {"start_param": param, **ids, **({"more": dict(said.more)} if said.more else {})}


def _button_event(press: object, buttons: Buttons) -> UpdateEvent | None:
    message = _of(press, "message")
    chat = _chat_id(message) if message is not None else None
    if chat is None:
        chat = _user_id(press)
    if chat is None:
        return None
    data = str(_of(press, "data") or _of(press, "game_short_name") or "")
    metadata = _sender_of(press, chat)
    for beginning, event_type in buttons.items():
        if not data.startswith(beginning):
            continue
        choice = data[len(beginning) :]
        if event_type in CHOICES:
            fields: dict[str, Any] = {CHOICES[event_type]: choice[:255]}
        else:
            fields = {}
            metadata["button"] = data
        return UpdateEvent(event_type, chat, fields | ({"metadata": metadata} if metadata else {}))
    return UpdateEvent(
        "custom", chat, {"name": "button_press", "metadata": {**metadata, "button": data}}
    )


def _membership_event(change: object) -> UpdateEvent | None:
    """A user blocked or unblocked the bot, or the bot was removed from or added to a group."""
    chat = _chat_id(change)
    status = str(_of(_of(change, "new_chat_member"), "status") or "").rpartition(".")[2].lower()
    if chat is None or not status:
        return None
    is_away = status in ("kicked", "left")
    return UpdateEvent("custom", chat, {"name": "bot_blocked" if is_away else "bot_unblocked"})


def _sender_of(thing: object, chat: int) -> dict[str, Any]:
    """The sender's id, if the chat is not the sender's private one."""
    user = _user_id(thing)
    return {} if user is None or user == chat else {"user_id": user}


def _user_id(thing: object) -> int | None:
    user = _of(thing, "from_user")
    number = _of(user if user is not None else _of(thing, "from"), "id")
    return number if isinstance(number, int) else None


def _chat_id(thing: object) -> int | None:
    number = _of(_of(thing, "chat"), "id")
    return number if isinstance(number, int) else None


def _of(thing: object, name: str) -> Any:
    if thing is None:
        return None
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
