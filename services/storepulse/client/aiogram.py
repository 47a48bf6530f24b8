"""A middleware for aiogram 3 that reports every update. It does not import aiogram.

    dp.update.outer_middleware(StorepulseMiddleware(storepulse))

It must be an outer middleware of updates: inner ones run only if a handler matches, and one of
messages does not see buttons.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from storepulse.client.encoding import now_milliseconds
from storepulse.client.storepulse import Storepulse
from storepulse.client.telegram import Buttons

Handler = Callable[[Any, dict[str, Any]], Awaitable[Any]]


class StorepulseMiddleware:
    """Queues an update's event after its handler, with the time before it.

    The handler's result or exception is passed on. `buttons` and `with_text` are those of
    `chat_event_of`.
    """

    def __init__(
        self, storepulse: Storepulse, *, buttons: Buttons | None = None, with_text: bool = True
    ) -> None:
        self._storepulse, self._buttons, self._with_text = storepulse, buttons, with_text

    async def __call__(self, handler: Handler, event: Any, data: dict[str, Any]) -> Any:
        """Handle an update; aiogram calls this."""
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
