"""Parse a connection's bytes into the heads and bodies of its requests.

llhttp (httptools) does the parsing; `rules` has the further restrictions. An offer to upgrade (RFC
9110, 7.8) makes it stop: the head is then parsed again without the offer, and no part of the body
is lost. llhttp consumes some endless input without a callback, so bytes are counted here.
"""

from __future__ import annotations

from typing import NoReturn, Protocol

import httptools

from storepulse.adapters.http import rules
from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.http.limits import (
    HEAD_BYTES,
    HEADER_BYTES,
    HEADER_COUNT,
    URL_BYTES,
    ConnectionLimits,
)


class ParserCallbacks(Protocol):
    """Called for requests, in the order of their bytes. It may raise RequestRefused."""

    def on_begin(self) -> None:
        """Handle the first byte of a request."""
        ...

    def on_head(
        self,
        method: bytes,
        path: bytes,
        query: bytes,
        version: str,
        fields: dict[bytes, bytes],
        headers: list[Header],
        keep_alive: bool,
    ) -> None:
        """Handle a request's checked head. `fields`: the headers by name."""
        ...

    def on_body(self, body: bytes) -> None: ...

    def on_complete(self) -> None:
        """Handle the end of a request with its body."""
        ...


class RequestParser:
    """Parses the bytes of one connection. After a RequestRefused it must not be used again."""

    def __init__(self, callbacks: ParserCallbacks, limits: ConnectionLimits) -> None:
        self._callbacks = callbacks
        self._limits = limits
        #: An attribute, so that httptools calls it directly.
        self.on_body = callbacks.on_body
        self._parser = httptools.HttpRequestParser(self)
        self._in_head = self._upgrading = False
        self._url = b""
        self._headers: list[Header] = []
        #: The bytes of the current message so far, and those of the piece in which it started.
        self._received = self._before = self._piece = 0

    def parse(self, piece: bytes) -> bytes:
        """Parse a piece; return what must be parsed again. Raises RequestRefused."""
        self._piece = len(piece)
        self._received += self._piece
        rest = b""
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            rest = piece[upgrade.args[0] :]
            self._parse_head_again()
        except httptools.HttpParserError as error:
            _raise_cause(error)
        if self._received > self._before + HEAD_BYTES:
            self._check_wire()
        return rest

    def close(self) -> None:
        """Release the callbacks."""
        del self._parser, self._callbacks, self.on_body

    def _parse_head_again(self) -> None:
        old = self._parser
        head = rules.head_of(old.get_method(), self._url, old.get_http_version(), self._headers)
        self._parser = httptools.HttpRequestParser(self)
        self._upgrading = False
        try:
            self._parser.feed_data(head)
        except httptools.HttpParserError as error:
            _raise_cause(error)

    def _check_wire(self) -> None:
        if self._in_head:
            raise rules.header_size_refusal()
        if self._received > self._before + self._limits.wire_bytes:
            raise RequestRefused(413, "The request takes too many bytes", "TOO_LARGE")

    # ---- what httptools calls ---------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._upgrading:
            return
        self._in_head = True
        self._received = self._before = self._piece
        self._url, self._headers = b"", []
        self._callbacks.on_begin()

    def on_url(self, url: bytes) -> None:
        self._url += url
        if len(self._url) > URL_BYTES:
            raise RequestRefused(414, f"The URL is longer than {URL_BYTES} bytes", "URL_TOO_LONG")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # otherwise a trailer, which is ignored
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        parser, headers = self._parser, self._headers
        # A head cannot be larger than its pieces, and most are far below the limit.
        if len(headers) > HEADER_COUNT or (
            self._received > HEADER_BYTES
            and sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES
        ):
            raise rules.header_size_refusal()
        method, version = parser.get_method(), parser.get_http_version()
        if parser.should_upgrade() and method != b"CONNECT":
            self._upgrading = True
            return
        target, host = rules.target_of(self._url)
        fields = rules.fields_of(headers, version, host)
        path, _, query = target.partition(b"?")
        keep_alive = version == "1.1" and parser.should_keep_alive()
        self._in_head = False
        self._url, self._headers = b"", []
        self._callbacks.on_head(method, path, query, version, fields, headers, keep_alive)

    def on_message_complete(self) -> None:
        if not self._upgrading:
            self._callbacks.on_complete()


def _raise_cause(error: httptools.HttpParserError) -> NoReturn:
    """Raise the error of a callback as itself, any other as 400."""
    cause = error.__context__
    if isinstance(error, httptools.HttpParserCallbackError) and cause is not None:
        raise cause
    raise rules.syntax_refusal("The request is not valid HTTP")
