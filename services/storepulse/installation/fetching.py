"""Requests of the check, bounded in size, time and redirects.

An operator enters the addresses, so private ones are allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

from storepulse.adapters.plain_httpx import httpx

MOST_BYTES = 4 * 2**20
MOST_REDIRECTS = 5
SECONDS = 15.0
_AGENT = "Mozilla/5.0 (compatible; Storepulse installation check)"


@dataclass(frozen=True)
class Fetched:
    """An answer. `fault` is the reason if there is none; `status` is then 0."""

    url: str
    status: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    body: bytes = b""
    fault: str = ""

    def header(self, name: str) -> str:
        """The header's value; "" if it is absent."""
        value: str = self.headers.get(name, "")
        return value


class Fetcher:
    """Fetches URLs; a context manager."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._client = httpx.Client(timeout=seconds, headers={"user-agent": _AGENT})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """GET a URL, following redirects."""
        ends = monotonic() + self._seconds
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask("GET", url, headers or {}, b"", ends)
            place = answer.header("location")
            if not 300 <= answer.status < 400 or not place:
                return answer
            url = urljoin(url, place)
        return Fetched(url, fault=f"more than {MOST_REDIRECTS} redirects")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """POST a body. Redirects are not followed, because browsers would drop the body."""
        return self._ask("POST", url, headers, body, monotonic() + self._seconds)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, ends: float
    ) -> Fetched:
        if urlsplit(url).scheme not in ("http", "https"):
            return Fetched(url, fault="no http or https address")
        read = bytearray()
        try:
            request = self._client.stream(method, url, content=body or None, headers=dict(headers))
            with request as answer:
                for piece in answer.iter_bytes():
                    read += piece
                    if len(read) > MOST_BYTES:
                        return Fetched(url, fault=f"more than {MOST_BYTES // 2**20} MiB")
                    if monotonic() > ends:
                        return Fetched(url, fault=f"not complete after {self._seconds:g} s")
                return Fetched(url, answer.status_code, answer.headers, bytes(read))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, UnicodeError) as error:
            return Fetched(url, fault=str(error) or type(error).__name__)
