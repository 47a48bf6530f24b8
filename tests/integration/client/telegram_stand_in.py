"""A stand-in of Telegram's Bot API: hands out updates once, and takes what a bot sends."""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.support.http_messages import Reply, Request

USER = {"id": 8123456789, "is_bot": False, "first_name": "Ada"}
BOT = {"id": 42, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
GROUP = {"id": -100500, "type": "group", "title": "Friends"}
PRIVATE = {"id": USER["id"], "type": "private", "first_name": "Ada"}


def message(text: str | None = None, chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    sent = {"message_id": 1, "date": int(time.time()), "chat": chat, "from": USER, **more}
    return {"message": sent | ({} if text is None else {"text": text})}


def press(data: str) -> dict[str, Any]:
    asked = {"message_id": 1, "date": int(time.time()), "chat": PRIVATE, "from": BOT, "text": "?"}
    return {
        "callback_query": {
            "id": "1", "from": USER, "chat_instance": "1", "data": data, "message": asked,
        }
    }  # fmt: skip


class TelegramApi:
    """The answer of a receiver; `updates` are handed out from the offset that is asked for."""

    def __init__(self, updates: list[dict[str, Any]]) -> None:
        self.updates = [
            {"update_id": number, **update} for number, update in enumerate(updates, start=1)
        ]
        self.sent: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Reply:
        method = request.path.rpartition("/")[2]
        self.sent.append(method)
        if method == "getMe":
            return Reply(200, {"ok": True, "result": BOT})
        if method == "getUpdates":
            offset = int(_field(request, "offset") or 0)
            waiting = [update for update in self.updates if update["update_id"] >= offset]
            # Without updates, Telegram answers late.
            return Reply(200, {"ok": True, "result": waiting}, after=0.0 if waiting else 0.2)
        if method == "sendMessage":
            result = {"message_id": 2, "date": int(time.time()), "chat": PRIVATE, "text": "Welcome"}
            return Reply(200, {"ok": True, "result": result})
        return Reply(200, {"ok": True, "result": True})

    @property
    def is_drained(self) -> bool:
        """Whether the bot has taken every update and asked for further ones."""
        return self.sent.count("getUpdates") >= 3


def _field(request: Request, name: str) -> str | None:
    """A field of a multipart or a form body."""
    text = request.body.decode()
    if "boundary=" in request.headers.get("content-type", ""):
        for part in text.split("Content-Disposition: form-data;")[1:]:
            if f'name="{name}"' in part:
                return part.split("\r\n\r\n", 1)[1].split("\r\n")[0]
        return None
    for pair in text.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return value
    return None
