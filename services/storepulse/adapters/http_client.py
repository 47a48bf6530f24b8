"""Requests to addresses that outsiders chose, made so that they reach nothing of ours.

- A host is resolved once; every address it has must pass `domain.delivery.addresses`, and the
  connection is made to an address that was judged, so that a name server that changes its answer
  (rebinding) gains nothing.
- HTTPS, verified against the host's name. Plain HTTP and loopback only with `allow_private`,
  which tests set, and plain HTTP to loopback alone.
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

import aiohttp
import httpx
import msgspec
from yarl import URL

from storepulse.adapters.judged_network import JudgedNames, RequestFailed, Resolver, in_words
from storepulse.adapters.names import SystemNames
from storepulse.domain.delivery.addresses import is_literal, is_loopback, refusal
from storepulse.domain.delivery.quoting import quoted
from storepulse.domain.errors import Rejected

__all__ = ["Answer", "RequestFailed", "SafeClient", "checked_url"]

#: Bytes of an answer that are read.
ANSWER_LIMIT = 64 * 1024
URL_LIMIT = 2048
LINE_LIMIT = 64 * 1024
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
    # Private ones may be reached where a setting lets tests do so; the rest never.
    if is_literal(name) and (why := refusal(name, allow_private=True)) is not None:
        raise Rejected(field, f"must not be reached: {why}")
    return url


class SafeClient:
    """A pool of connections for all destinations of a process; an async context manager."""

    def __init__(
        self,
        allow_private: bool,
        *,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls or _public_authorities()
        self._names = SystemNames()
        resolver = resolve or self._names

        def judge_plain(address: str) -> str | None:
            if not is_loopback(address):
                return f"plain HTTP to {address}, which is not loopback"
            return refusal(address, allow_private=allow_private)

        self._judged = {
            "https": JudgedNames(resolver, lambda a: refusal(a, allow_private=allow_private)),
            "http": JudgedNames(resolver, judge_plain),
        }
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        self._sessions = {
            scheme: _session(names, self._tls) for scheme, names in self._judged.items()
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions.values():
            await session.close()
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
        self._judged[target.scheme].check_literal(target.host)
        sent = {
            "host": target.authority,
            "user-agent": "storepulse",
            "accept-encoding": "identity",
        }
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(method, target, sent, content, limit)
        except TimeoutError:
            raise RequestFailed("timeout", f"no complete answer within {timeout:g} s") from None

    async def _exchange(
        self,
        method: str,
        target: _Target,
        headers: Mapping[str, str],
        content: bytes,
        limit: int,
    ) -> Answer:
        started = time.monotonic()
        try:
            async with self._sessions[target.scheme].request(
                method,
                target.url,
                headers=headers,
                data=content or None,
                allow_redirects=False,
            ) as response:
                names = _names(response.raw_headers)
                encoding = names.get("content-encoding", "")
                body, truncated = await _read(response.content, encoding, limit)
                if truncated:
                    response.close()
                return Answer(response.status, names, body, time.monotonic() - started, truncated)
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise RequestFailed("tls", _because(error)) from error
        except aiohttp.ClientConnectorError as error:
            why = f"{target.host} port {error.port}: {_because(error)}"
            raise RequestFailed("connect", why) from error
        except aiohttp.InvalidURL as error:
            raise RequestFailed("address", in_words(error)) from error
        except aiohttp.ClientOSError as error:
            raise RequestFailed("connect", f"the connection broke: {in_words(error)}") from error
        except (aiohttp.ClientError, ValueError) as error:
            # ValueError: a header that would be two.
            raise RequestFailed("protocol", in_words(error)) from error
        except zlib.error as error:
            raise RequestFailed("protocol", f"the answer does not unpack: {error}") from error


@dataclass(frozen=True, slots=True)
class _Target:
    """A checked URL, in the pieces that a request takes. `url` goes out as it is written."""

    scheme: str
    host: str
    authority: str
    url: URL


@lru_cache(maxsize=1024)
def _target(text: str) -> _Target:
    try:
        url = checked_url("its URL", text)
    except Rejected as error:
        raise RequestFailed("address", str(error)) from error
    host = url.raw_host.decode("ascii")
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return _Target(
        scheme=url.scheme,
        host=host,
        authority=url.netloc.decode("ascii"),
        url=URL.build(
            scheme=url.scheme,
            host=host,
            port=url.port,
            path=path,
            query_string=query,
            encoded=True,
        ),
    )


def _session(names: JudgedNames, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=names,
            # Each connection asks anew: a host that moves is followed, and judged.
            use_dns_cache=False,
            # Destinations have limits of their own: one must not wait for another's.
            limit=0,
            keepalive_timeout=IDLE_SECONDS,
            ssl=tls,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        # What a server packs small must not grow beyond the limit: we unpack ourselves.
        auto_decompress=False,
        skip_auto_headers=("Accept", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        trust_env=False,
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
    )


def _because(error: Exception) -> str:
    """The system's own words, where there are some."""
    inner: Exception = (
        getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    )
    return in_words(inner)


@cache
def _public_authorities() -> ssl.SSLContext:
    # Reading all their certificates takes a tenth of a second.
    return httpx.create_ssl_context(trust_env=False)


async def _read(stream: aiohttp.StreamReader, encoding: str, limit: int) -> tuple[bytes, bool]:
    """(at most `limit` bytes of the body, whether there was more).

    We ask for none, but a server may compress all the same; what it packs small must not grow
    beyond the limit here.
    """
    unpack = zlib.decompressobj(47) if encoding.strip().lower() in ("gzip", "deflate") else None
    body = bytearray()
    async for chunk in stream.iter_any():
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
