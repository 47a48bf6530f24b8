"""Connections to judged addresses: aiohttp's connector with additional rules.

- A host is resolved once for a connection, and all its addresses are judged. Each address is judged
  again when its socket is created, because address literals in URLs are not resolved.
- The most recently used idle connections are kept. An idle connection on which data arrived is
  closed: the server closed it, or sent an answer without a request.
- Connections are closed at once, even if the server does not read the remaining data.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from storepulse.destinations.http.failures import RequestFailed, in_words
from storepulse.destinations.http.library_errors import AddressRefused

#: Maximum of idle connections, of all origins together.
MOST_IDLE = 200

#: Returns the current addresses of a host, as literals. Raises OSError or UnicodeError.
Resolver = Callable[[str], Awaitable[Sequence[str]]]
#: Returns why connections to an address are not allowed, or None.
Judge = Callable[[str], str | None]


class JudgingResolver(AbstractResolver):
    """Resolves hosts, and fails if `judge` refuses any of a host's addresses."""

    def __init__(self, resolve: Resolver, judge: Judge) -> None:
        self._resolve = resolve
        self._judge = judge

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of `host`. Raises RequestFailed."""
        del family
        try:
            addresses = await self._resolve(host)
        except UnicodeError as error:
            raise RequestFailed(
                "address", f"{host} is not a valid name: {in_words(error)}"
            ) from error
        except OSError as error:
            raise RequestFailed("dns", f"{host} does not resolve: {in_words(error)}") from error
        if not addresses:
            raise RequestFailed("dns", f"{host} has no address")
        for address in addresses:
            if (why := self._judge(address)) is not None:
                raise RequestFailed("address", f"{host} must not be reached: {why}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Does nothing: the caller owns `resolve`."""


class IdleConnections:
    """Idle connections of all origins. Beyond `most`, the one idle for longest is closed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._since: OrderedDict[ResponseHandler, None] = OrderedDict()

    def add(self, protocol: ResponseHandler) -> None:
        """Adds a connection whose request has ended."""
        self._since[protocol] = None
        if len(self._since) > self._most:
            oldest, _ = self._since.popitem(last=False)
            oldest.abort()

    def remove(self, protocol: ResponseHandler) -> None:
        """Removes a connection that is used again or closed."""
        self._since.pop(protocol, None)


class JudgedConnector(aiohttp.TCPConnector):
    """Connects only to addresses that `judge` allows.

    aiohttp hands out idle connections by `_get` and takes them back by `_release`. Both are
    private, so its version is pinned and tests check their behaviour.
    """

    def __init__(
        self,
        resolve: Resolver,
        judge: Judge,
        idle: IdleConnections,
        *,
        tls: ssl.SSLContext,
        idle_seconds: float,
    ) -> None:
        super().__init__(
            resolver=JudgingResolver(resolve, judge),
            # Without a cache, DNS changes take effect, and each lookup's addresses are judged.
            use_dns_cache=False,
            ssl=tls,
            # No limit here: each destination limits its own requests.
            limit=0,
            keepalive_timeout=idle_seconds,
            socket_factory=self._socket,
        )
        self._judge = judge
        self._idle = idle

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        if (why := self._judge(host)) is not None:
            raise AddressRefused(f"{host} must not be reached: {why}")
        return socket.socket(family, kind, protocol)

    async def _get(self, key: Any, traces: Any) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            protocol = connection.protocol
            assert protocol is not None  # noqa: S101 - a connection that was just made has one
            self._idle.remove(protocol)
            if is_silent(protocol):
                return connection
            connection.close()
        return None

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        transport = protocol.transport
        super()._release(key, protocol, should_close=should_close)
        if protocol.is_connected():
            self._idle.add(protocol)
        elif transport is not None:
            transport.abort()


def is_silent(protocol: ResponseHandler) -> bool:
    """Whether no data arrived on an idle connection, in aiohttp or in the socket's buffer."""
    if protocol.should_close or protocol.transport is None:
        return False
    poll = select.poll()
    poll.register(protocol.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return not poll.poll(0)
