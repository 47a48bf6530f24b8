"""Judged addresses: the names below `http_client`.

A host is resolved here and nowhere else, and the connection is made to one of the literals that
were judged. The TLS handshake above it still verifies the host's name.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from aiohttp.abc import AbstractResolver, ResolveResult

from storepulse.domain.delivery.addresses import is_literal
from storepulse.domain.delivery.quoting import quoted
from storepulse.domain.errors import Transient

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


class JudgedNames(AbstractResolver):
    """Gives a connector addresses that `judge` finds nothing against, and no others.

    A connector does not ask for literals: these are for `check_literal`, before each request.
    """

    def __init__(self, resolve: Resolver, judge: Callable[[str], str | None]) -> None:
        self._resolve = resolve
        self._judge = judge

    def check_literal(self, host: str) -> None:
        """Raises RequestFailed where the host is an address that must not be reached."""
        if is_literal(host) and (why := self._judge(host)) is not None:
            raise RequestFailed("address", f"{host} must not be reached: {why}")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises RequestFailed where one of them is refused."""
        del family
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
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close: the resolver is whose it is."""


def in_words(error: Exception) -> str:
    """What an error says, cut to a line."""
    return quoted(str(error) or type(error).__name__, 300)
