"""Calls on their way to the query service: how many there may be, and which one gives way.

A client that reads nothing for `STALLED_SECONDS` is cut off, and one that has stalled for
`GIVES_WAY_SECONDS` as soon as there is no room for others.
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

#: How long a client may take none of what we send.
STALLED_SECONDS = 30.0
#: A client that has stalled for so long gives way where there are too many.
GIVES_WAY_SECONDS = 1.0
MOST_AT_ONCE = 256

Send = Callable[[Any], Awaitable[None]]


class ClientStalled(ConnectionError):
    """The client takes nothing of what we send: its connection ends here."""


@dataclass(eq=False, slots=True)
class Passage:
    """One call on its way. `stalled_at`: since when its client takes none of what we send."""

    stalled_at: float | None = None
    limit: asyncio.Timeout | None = None

    async def send(self, send: Send, message: Any) -> None:
        """Sends a part of the answer. Raises ClientGone, ClientStalled."""
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
        """Ends the wait for the client."""
        if self.limit is not None:
            self.limit.reschedule(asyncio.get_running_loop().time())


class Passages:
    """All calls on their way, at most `MOST_AT_ONCE`."""

    def __init__(self) -> None:
        self._open: set[Passage] = set()

    def __len__(self) -> int:
        return len(self._open)

    def open(self) -> Passage:
        """Room for one more call. Raises RequestRefused 503 where every other one is served."""
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
        """The call has ended."""
        self._open.discard(passage)
