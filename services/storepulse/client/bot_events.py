"""One method for each event of a chat with a shop's bot."""

from __future__ import annotations

from typing import Any, Unpack

from storepulse.client.calls import Queues, never_raises
from storepulse.client.fields import BotFields, ChatFields, PersonaFields, StoryFields, Timestamp
from storepulse.client.telegram import Buttons, chat_event_of, update_key

#: Longer texts are cut, because the gateway would refuse the whole event.
TEXT_CHARACTERS = 16_384


class BotEvents(Queues):
    """Events of chats. `client_id` is the chat, any signed 64-bit integer.

    Each method returns the event's id at once, or None if the event is lost. No method raises.
    """

    @never_raises
    def start_command(self, client_id: int | str, **fields: Unpack[ChatFields]) -> str | None:
        """The user started the bot."""
        return self._chat_event("start_command", client_id, fields)

    @never_raises
    def user_message(
        self, client_id: int | str, text: str = "", **fields: Unpack[ChatFields]
    ) -> str | None:
        """The user sent a message."""
        return self._chat_event("user_message", client_id, fields, text=text)

    @never_raises
    def ai_message(
        self, client_id: int | str, text: str = "", **fields: Unpack[ChatFields]
    ) -> str | None:
        """The bot answered."""
        return self._chat_event("ai_message", client_id, fields, text=text)

    @never_raises
    def image_generated(
        self, client_id: int | str, image_url: str = "", **fields: Unpack[ChatFields]
    ) -> str | None:
        """The bot generated an image: its address, or the image as a data URI."""
        return self._chat_event("image_generated", client_id, fields, image_url=image_url)

    @never_raises
    def image_refresh(
        self, client_id: int | str, image_url: str = "", **fields: Unpack[ChatFields]
    ) -> str | None:
        """The user asked for another image; `image_url` is the new one."""
        return self._chat_event("image_refresh", client_id, fields, image_url=image_url)

    @never_raises
    def persona_selected(
        self, client_id: int | str, persona: str, **fields: Unpack[PersonaFields]
    ) -> str | None:
        """The user chose a persona."""
        return self._chat_event("persona_selected", client_id, fields, persona=persona)

    @never_raises
    def story_selected(
        self, client_id: int | str, story: str, **fields: Unpack[StoryFields]
    ) -> str | None:
        """The user chose a story."""
        return self._chat_event("story_selected", client_id, fields, story=story)

    @never_raises
    def chat_cleared(self, client_id: int | str, **fields: Unpack[ChatFields]) -> str | None:
        """The user cleared the chat."""
        return self._chat_event("chat_cleared", client_id, fields)

    @never_raises
    def chat_continued(self, client_id: int | str, **fields: Unpack[ChatFields]) -> str | None:
        """The user came back to a chat and went on."""
        return self._chat_event("chat_continued", client_id, fields)

    @never_raises
    def premium_action(self, client_id: int | str, **fields: Unpack[ChatFields]) -> str | None:
        """The user viewed, bought or used a paid feature; describe it in `metadata`."""
        return self._chat_event("premium_action", client_id, fields)

    @never_raises
    def bot_event(
        self, client_id: int | str, name: str, **fields: Unpack[ChatFields]
    ) -> str | None:
        """A custom event."""
        if not name:
            raise ValueError("name is missing")
        return self._chat_event("custom", client_id, fields, name=name)

    @never_raises
    def telegram_update(
        self,
        update: object,
        *,
        buttons: Buttons | None = None,
        with_text: bool = True,
        bot_id: int | str | None = None,
        timestamp: Timestamp | None = None,
    ) -> str | None:
        """Queue the event of an update of Telegram's Bot API, if it has one: see `chat_event_of`.

        `update`: its JSON as a mapping, or an object with the same attribute names. With `bot_id`,
        an update that Telegram sends again counts once.
        """
        event = chat_event_of(update, buttons, with_text=with_text)
        if event is None:
            return None
        fields = event.fields if timestamp is None else {**event.fields, "timestamp": timestamp}
        key = update_key(update, bot_id) if bot_id is not None else None
        if key is not None:
            fields = {**fields, "idempotency_key": key}
        what = {"event_type": event.event_type, "client_id": event.client_id, "source": "bot"}
        return self._queue_event("bot", what, _cut(dict(fields)))

    def _chat_event(
        self, event_type: str, client_id: int | str, fields: BotFields, **own: str
    ) -> str | None:
        if isinstance(client_id, bool) or not isinstance(client_id, int | str) or client_id == "":
            raise TypeError(f"client_id must be the chat's number, not {type(client_id).__name__}")
        given: dict[str, Any] = {**fields, **{name: text for name, text in own.items() if text}}
        what = {"event_type": event_type, "client_id": client_id, "source": "bot"}
        return self._queue_event("bot", what, _cut(given))


def _cut(given: dict[str, Any]) -> dict[str, Any]:
    text = given.get("text")
    if isinstance(text, str) and len(text) > TEXT_CHARACTERS:
        given["text"] = text[:TEXT_CHARACTERS]
    return given
