"""Calls on their way to the query service: how many there may be, and which one is cut off.

A client that reads nothing for `STALLED_SECONDS` is cut off. If there is no room for another call,
so is one that has stalled for `GIVES_WAY_SECONDS`.
"""

from __future__ import annotations

import asyncio
from asyncio import timeout
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from storepulse.adapters.http.asgi import ClientGone
from storepulse.adapters.http.errors import RequestRefused

#: How long a client may read nothing of its answer.
STALLED_SECONDS = 30.0
#: A client that has stalled for this long may be cut off for another call.
GIVES_WAY_SECONDS = 1.0
MOST_AT_ONCE = 256

Send = Callable[[Any], Awaitable[None]]


class ClientStalled(ConnectionError):
    """The client does not read its answer; its connection ends."""


@dataclass(eq=False, slots=True)
class Passage:
    """One call on its way. `stalled_at`: since when its client has read nothing."""

    stalled_at: float | None = None
    limit: asyncio.Timeout | None = None

    async def send(self, send: Send, message: Any) -> None:
        """Send a part of the answer. Raises ClientGone, ClientStalled."""
        try:
            async with timeout(STALLED_SECONDS) as self.limit:
                self.stalled_at = monotonic()
                await send(message)
        except TimeoutError:
            raise ClientStalled("the client does not read") from None
        except OSError as error:
            raise ClientGone("the client left") from error
        finally:
            self.stalled_at = self.limit = None

    def cut(self) -> None:
        """End the wait for the client."""
        if self.limit is not None:
            self.limit.reschedule(asyncio.get_running_loop().time())


class Passages:
    """All open passages, at most `MOST_AT_ONCE`."""

    def __init__(self) -> None:
        self._open: set[Passage] = set()

    def __len__(self) -> int:
        return len(self._open)

    def open(self) -> Passage:
        """Open a passage. Raises RequestRefused 503 if there is no room and no stalled one to cut
        off."""
        if len(self._open) >= MOST_AT_ONCE:
            now = monotonic()
            stalled = [one for one in self._open if one.stalled_at is not None]
            longest = min(stalled, key=lambda one: one.stalled_at or now, default=None)
            if longest is None or now - (longest.stalled_at or now) < GIVES_WAY_SECONDS:
                message = "Too many reads at once, try again"
                raise RequestRefused.unavailable(message, "TOO_MANY_READS", 1)
            self._open.discard(longest)
            longest.cut()
        passage = Passage()
        self._open.add(passage)
        return passage

    def close(self, passage: Passage) -> None:
        """Remove a call that has ended."""
        self._open.discard(passage)
