"""A middleware for aiogram 3 that tells of every update. It imports nothing of aiogram's.

    dp.update.outer_middleware(StorepulseMiddleware(storepulse))

An outer one, of updates: inner ones run only where a handler matches, and one of messages sees no
buttons.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from storepulse.client.encoding import now_milliseconds
from storepulse.client.storepulse import Storepulse
from storepulse.client.telegram import Buttons

Handler = Callable[[Any, dict[str, Any]], Awaitable[Any]]


class StorepulseMiddleware:
    """Queues what an update is after its handler, with the time before it. What the handler gives
    or raises is passed on. `buttons` and `with_text` are those of `chat_event_of`."""

    def __init__(
        self, storepulse: Storepulse, *, buttons: Buttons | None = None, with_text: bool = True
    ) -> None:
        self._storepulse, self._buttons, self._with_text = storepulse, buttons, with_text

    async def __call__(self, handler: Handler, event: Any, data: dict[str, Any]) -> Any:
        """What aiogram calls with each update."""
        at = now_milliseconds()
        try:
            return await handler(event, data)
        finally:
            bot = data.get("bot")
            self._storepulse.telegram_update(
                event,
                buttons=self._buttons,
                with_text=self._with_text,
                bot_id=getattr(bot, "id", None),
                timestamp=at,
            )
