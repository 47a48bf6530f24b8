"""Connections that are kept for the next request to the same origin.

httpcore's pool looks at each of its connections several times a request, those of other origins
too, so that every destination would pay for all of them. Here a request takes the connection that
was given back last, or makes one: origins share nothing but how many idle ones are kept.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

import httpcore

#: Connections that are kept although nobody uses them, of all origins.
MOST_IDLE = 200

#: Scheme, host and port.
Origin = tuple[bytes, bytes, int]
Connection = httpcore.AsyncHTTPConnection


class KeptConnections:
    """Lends connections that `make` makes: to one request at a time, at most `seconds` idle."""

    def __init__(self, make: Callable[[Origin], Connection], seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        #: By origin, the longest idle first.
        self._idle: dict[Origin, deque[Connection]] = {}
        #: All of them, the longest idle first, with the time at which they came back.
        self._since: OrderedDict[Connection, tuple[Origin, float]] = OrderedDict()

    async def take(self, origin: Origin) -> Connection:
        """A connection to `origin`, to be given back whatever happens; it may not be open yet."""
        await self._expire()
        while idle := self._idle.get(origin):
            connection = idle[-1]
            self._forget(connection, idle.pop)
            # The server may have closed it meanwhile.
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return self._make(origin)

    async def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keeps a connection where another request may use it, and closes it where not."""
        if not connection.is_idle() or connection.is_closed():
            await connection.aclose()
            return
        self._idle.setdefault(origin, deque()).append(connection)
        self._since[connection] = origin, time.monotonic()
        if len(self._since) > MOST_IDLE:
            await self._close_longest_idle()

    async def aclose(self) -> None:
        """Closes what idles."""
        while self._since:
            await self._close_longest_idle()

    async def _expire(self) -> None:
        latest = time.monotonic() - self._seconds
        while self._since:
            _, since = next(iter(self._since.values()))
            if since > latest:
                return
            await self._close_longest_idle()

    async def _close_longest_idle(self) -> None:
        connection, (origin, _) = next(iter(self._since.items()))
        self._forget(connection, self._idle[origin].popleft)
        await connection.aclose()

    def _forget(self, connection: Connection, take_out: Callable[[], Connection]) -> None:
        origin, _ = self._since.pop(connection)
        take_out()
        if not self._idle[origin]:
            del self._idle[origin]
