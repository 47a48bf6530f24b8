"""Connections to judged addresses: the network below `http_client`.

A host is resolved here and nowhere else, and the connection is made to one of the literals that
were judged. The TLS handshake above it still verifies the host's name.
"""

# httpcore fixes the methods' signatures, timeouts included.
# ruff: noqa: ASYNC109
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal

import httpcore

from storepulse.destinations.rules.quoting import quoted
from storepulse.destinations.tcp_stream import TcpStream
from storepulse.domain.errors import Transient

#: Seconds for one of a host's addresses before the next one is tried.
ADDRESS_SECONDS = 5.0

#: A host to the addresses that it has now, as literals; raises OSError or UnicodeError.
Resolver = Callable[[str], Awaitable[Sequence[str]]]


class RequestFailed(Transient):
    """No answer came. `kind` says at which step, `reason` why, in words for the administrator."""

    def __init__(
        self,
        kind: Literal["address", "dns", "connect", "tls", "timeout", "protocol"],
        reason: str,
    ) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class JudgedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that `judge` finds nothing against, and to no others."""

    def __init__(self, resolve: Resolver, judge: Callable[[str], str | None]) -> None:
        self._resolve = resolve
        self._judge = judge

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> TcpStream:
        del timeout, local_address, socket_options
        try:
            addresses = await self._resolve(host)
        except (OSError, UnicodeError) as error:
            raise RequestFailed("dns", f"{host} does not resolve: {in_words(error)}") from error
        if not addresses:
            raise RequestFailed("dns", f"{host} has no address")
        for address in addresses:
            why = self._judge(address)
            if why is not None:
                raise RequestFailed("address", f"{host} must not be reached: {why}")
        failed: list[str] = []
        for address in addresses:
            try:
                async with asyncio.timeout(ADDRESS_SECONDS):
                    return await TcpStream.connect(address, port)
            except TimeoutError:
                failed.append(f"{address} port {port}: no answer within {ADDRESS_SECONDS:g} s")
            except OSError as error:
                failed.append(f"{address} port {port}: {in_words(error)}")
        raise RequestFailed("connect", "; ".join(failed))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise RequestFailed("address", "sockets of the file system are no destinations")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def in_words(error: Exception) -> str:
    """What an error says, cut to a line."""
    return quoted(str(error) or type(error).__name__, 300)
