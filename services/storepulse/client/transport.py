"""Requests to the gateway over one blocking connection.

Only the sender's thread uses it. Modules that httpx imports lazily are imported here: if a process
forks while a thread imports, the child inherits an import lock that is never released. The same
applies to OpenSSL's locks, so forks wait while its certificates are loaded.
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

#: Reentrant, because its holder may fork, for example in a signal handler.
_LOADING = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_LOADING.acquire,
        after_in_parent=_LOADING.release,
        after_in_child=_LOADING.release,
    )

#: The limit of an answer, which is read to its end so that the connection can be reused.
MOST_ANSWER_BYTES = 1024 * 1024


class Transport(Protocol):
    """Sends batches to the gateway."""

    def post(self, batch: Batch, seconds: float) -> AnswerVerdict:
        """Send a batch; return the verdict. Never raises for network faults."""

    def close(self) -> None:
        """Close the connection."""


class HttpTransport:
    """A connection to the gateway, opened on demand and kept."""

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
        """Send a batch. The outcome is "kept" if there is no answer within `seconds`."""
        # httpx's transport, because its client logs every request at INFO.
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
                # The status is known, and the rest of the answer is not worth the wait.
                return b""
        return body

    def close(self) -> None:
        """Close the connection."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _new_pool(self) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=4.0)
        proxy = self._settings.proxy or proxy_of(self._settings.url)
        with _LOADING:
            return httpx.HTTPTransport(limits=limits, proxy=proxy)


def proxy_of(url: str) -> str | None:
    """The proxy for an address in the environment's usual variables."""
    address = urlsplit(url)
    host = address.hostname or ""
    if proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
