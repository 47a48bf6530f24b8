"""Requests to addresses that outsiders chose, made so that they reach nothing of ours.

- A host is resolved once; every address it has must pass `domain.delivery.addresses`, and the
  connection is made to an address that was judged, so that a name server that changes its answer
  (rebinding) gains nothing.
- HTTPS, verified against the host's name. Loopback and private addresses only where `reach`
  includes them, and plain HTTP to loopback alone.
- No redirects, no proxies, no sockets of the file system, no names or passwords in URLs.
- `timeout` bounds the whole request, a server that sends one byte a second included; answers are
  read up to a limit, counted after decompression.
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Self

import httpcore
import httpx
import msgspec

from storepulse.destinations.judged_network import JudgedNetwork, RequestFailed, Resolver, in_words
from storepulse.destinations.kept_connections import KeptConnections, Origin
from storepulse.destinations.names import SystemNames
from storepulse.destinations.rules.quoting import quoted
from storepulse.domain.addresses import Reach, is_literal, is_loopback, refusal
from storepulse.domain.errors import Rejected

__all__ = ["Answer", "RequestFailed", "SafeClient", "checked_url"]

#: Bytes of an answer that are read.
ANSWER_LIMIT = 64 * 1024
URL_LIMIT = 2048
#: Seconds an unused connection is kept: no longer, so that a host that moves is soon followed.
IDLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered: header names in lower case, the first bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    truncated: bool = False

    @property
    def text(self) -> str:
        """The first 1 KB of the body, for people."""
        return quoted(self.body[:1024].decode("utf-8", "replace"))

    @property
    def json(self) -> Any:
        """What the body says; None where it is no JSON, or none that one could keep."""
        try:
            return msgspec.json.decode(self.body)
        except (ValueError, RecursionError):
            return None


def checked_url(field: str, text: object) -> httpx.URL:
    """The URL of a destination. Raises Rejected, naming `field`, where none could be reached."""
    if not isinstance(text, str) or not 0 < len(text) <= URL_LIMIT:
        raise Rejected(field, f"wants a URL of at most {URL_LIMIT} characters")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise Rejected(field, f"is no URL: {error}") from None
    if url.scheme not in ("https", "http"):
        raise Rejected(field, "wants https")
    if not url.host:
        raise Rejected(field, "has no host")
    if "%" in url.host:
        raise Rejected(field, "names a network interface")
    if url.userinfo:
        raise Rejected(field, "has a user or password: these belong in the secrets")
    if url.fragment:
        raise Rejected(field, "has a fragment")
    if url.port is not None and not 0 < url.port < 65536:
        raise Rejected(field, "has no usable port")
    name = url.host.rstrip(".")
    if url.scheme == "http" and name != "localhost" and not is_loopback(name):
        raise Rejected(field, "wants https outside of loopback")
    # A setting decides about this machine and private networks; the rest is never reached.
    if is_literal(name) and (why := refusal(name, "private")) is not None:
        raise Rejected(field, f"must not be reached: {why}")
    return url


class SafeClient:
    """Connections to all destinations of a process; an async context manager."""

    def __init__(
        self,
        reach: Reach,
        *,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        context = tls or _public_authorities()
        self._names = SystemNames()
        resolver = resolve or self._names

        def judge_plain(address: str) -> str | None:
            if not is_loopback(address):
                return f"plain HTTP to {address}, which is not loopback"
            return refusal(address, reach)

        networks = {
            b"https": JudgedNetwork(resolver, lambda address: refusal(address, reach)),
            b"http": JudgedNetwork(resolver, judge_plain),
        }

        def connection(origin: Origin) -> httpcore.AsyncHTTPConnection:
            return httpcore.AsyncHTTPConnection(
                httpcore.Origin(*origin),
                ssl_context=context,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=networks[origin[0]],
            )

        self._connections = KeptConnections(connection, IDLE_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connections.aclose()
        self._names.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        timeout: float,  # noqa: ASYNC109 - it is applied with asyncio.timeout
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """One request; `timeout` in seconds for all of it, `limit` in bytes of the answer.

        Raises RequestFailed where no answer came.
        """
        target = _target(url)
        sent = target.headers | {
            name.lower().encode("ascii"): value.encode("utf-8")
            for name, value in (headers or {}).items()
        }
        if content or method != "GET":
            sent[b"content-length"] = b"%d" % len(content)
        request = httpcore.Request(method, target.url, headers=list(sent.items()), content=content)
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(target.origin, request, limit, started)
        except TimeoutError:
            raise RequestFailed("timeout", f"no complete answer within {timeout:g} s") from None

    async def _exchange(
        self, origin: Origin, request: httpcore.Request, limit: int, started: float
    ) -> Answer:
        connection = await self._connections.take(origin)
        try:
            response = await connection.handle_async_request(request)
            try:
                names = _names(response.headers)
                body, truncated = await _read(response, names.get("content-encoding", ""), limit)
            finally:
                await response.aclose()
        except httpcore.TimeoutException as error:
            raise RequestFailed("timeout", in_words(error)) from error
        except httpcore.ConnectError as error:
            # The network below names its own faults: this is the handshake above it.
            raise RequestFailed("tls", in_words(error)) from error
        except httpcore.NetworkError as error:
            raise RequestFailed("connect", f"the connection broke: {in_words(error)}") from error
        except httpcore.ProtocolError as error:
            raise RequestFailed("protocol", in_words(error)) from error
        except zlib.error as error:
            raise RequestFailed("protocol", f"the answer does not unpack: {error}") from error
        finally:
            await self._connections.give_back(origin, connection)
        return Answer(response.status, names, body, time.monotonic() - started, truncated)


@dataclass(frozen=True, slots=True)
class _Target:
    """A checked URL as requests take it. `headers`: those of every request to it."""

    origin: Origin
    url: httpcore.URL
    headers: dict[bytes, bytes]


@lru_cache(maxsize=1024)
def _target(text: str) -> _Target:
    """Raises RequestFailed where the URL could not be reached."""
    try:
        url = checked_url("its URL", text)
    except Rejected as error:
        raise RequestFailed("address", str(error)) from error
    plain = httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
    origin = plain.origin
    return _Target(
        (origin.scheme, origin.host, origin.port),
        plain,
        {
            b"host": url.netloc,
            b"user-agent": b"storepulse",
            b"accept-encoding": b"identity",
        },
    )


@cache
def _public_authorities() -> ssl.SSLContext:
    # Reading all their certificates takes a tenth of a second.
    return httpx.create_ssl_context(trust_env=False)


async def _read(response: httpcore.Response, encoding: str, limit: int) -> tuple[bytes, bool]:
    """(at most `limit` bytes of the body, whether there was more).

    We ask for none, but a server may compress all the same; what it packs small must not grow
    beyond the limit here.
    """
    unpack = zlib.decompressobj(47) if encoding.strip().lower() in ("gzip", "deflate") else None
    body = bytearray()
    async for chunk in response.aiter_stream():
        # One byte beyond the limit tells whether there was more.
        room = limit + 1 - len(body)
        body += unpack.decompress(chunk, room) if unpack else chunk[:room]
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


def _names(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        names[name] = f"{names[name]}, {value}" if name in names else value
    return names
