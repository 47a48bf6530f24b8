"""Requests to the gateway, over one connection that blocks its thread.

Rules: the sender's thread alone uses it. What httpx would load later is loaded here: a process that
forks while a thread imports leaves the child a lock that nobody opens. OpenSSL's own locks are such
locks, too, and forks wait until its certificates are loaded.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from storepulse import __version__
from storepulse.adapters.plain_httpx import httpx
from storepulse.client.answers import AnswerVerdict, verdict_of
from storepulse.client.batches import Batch
from storepulse.client.settings import ClientSettings

for _name in ("httpcore", "certifi", "ssl", "encodings.idna"):
    importlib.import_module(_name)

#: Who has it may fork, as a signal handler might.
_LOADING = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_LOADING.acquire,
        after_in_parent=_LOADING.release,
        after_in_child=_LOADING.release,
    )

#: Of an answer, which is read to its end so that the connection can be used again.
MOST_ANSWER_BYTES = 1024 * 1024


class Transport(Protocol):
    """What brings a batch to the gateway."""

    def post(self, batch: Batch, seconds: float) -> AnswerVerdict:
        """Sends and says what came of it; never raises for what the network does."""

    def close(self) -> None:
        """Closes the connection."""


class HttpTransport:
    """A connection to the gateway, opened when it is needed and kept."""

    def __init__(
        self, settings: ClientSettings, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._monotonic = settings, monotonic
        self._pool: httpx.HTTPTransport | None = None
        self._headers = {
            "content-type": "application/json",
            "user-agent": f"storepulse-python/{__version__}",
            "x-api-key": settings.key,
        }

    def post(self, batch: Batch, seconds: float) -> AnswerVerdict:
        """Sends a batch. No answer within `seconds`, or within each of its steps, is "kept"."""
        # The pool, not httpx's client: that one logs every request at INFO.
        try:
            self._pool = self._pool or self._new_pool()
            ends_at = self._monotonic() + seconds
            step = min(seconds, 5.0)
            request = httpx.Request(
                "POST",
                f"{self._settings.url}{batch.path}?sent_at={time.time_ns() // 1_000_000}",
                headers=self._headers,
                content=batch.body,
                extensions={
                    "timeout": {"connect": step, "write": seconds, "read": seconds, "pool": step}
                },
            )
            response = self._pool.handle_request(request)
            try:
                body = self._read(response, ends_at)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return AnswerVerdict("kept", None, f"{type(error).__name__}: {error}")
        return verdict_of(response.status_code, response.headers, body, datetime.now(UTC))

    def _read(self, response: httpx.Response, ends_at: float) -> bytes:
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_ANSWER_BYTES or self._monotonic() > ends_at:
                # The status is known, and what else it says is not worth the wait.
                return b""
        return body

    def close(self) -> None:
        """Closes the connection."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _new_pool(self) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=4.0)
        proxy = self._settings.proxy or proxy_of(self._settings.url)
        with _LOADING:
            return httpx.HTTPTransport(limits=limits, proxy=proxy)


def proxy_of(url: str) -> str | None:
    """The proxy that the environment names for an address, as other programs obey it."""
    address = urlsplit(url)
    host = address.hostname or ""
    if proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
