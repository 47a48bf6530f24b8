"""Compresses answers to reads with gzip, if the client accepts it.

Rules:
- Only answers to GET (and so to HEAD) with status 200, of text or JSON, of more than 1 KiB or of
  unknown length. A stream is flushed after each part. Server-sent events are not compressed.
- Never answers with a new key or secret: those are answers to POST, PATCH or DELETE. Next to text
  that a client chose, the length of a compressed answer would leak a secret piece by piece
  (BREACH).
- `Vary: Accept-Encoding` is on each answer that would be compressed for another client.
- A strong ETag becomes weak, because the bytes differ.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storepulse.adapters.http.codings import coding_weights

#: Shorter answers fit into one packet anyway.
LEAST_BYTES = 1_024
#: Longer answers are compressed in a thread, so that they do not block the event loop.
_QUICK_BYTES = 65_536
_LEVEL = 5
_GZIP = 31
_ENCODING = "content-encoding"


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client accepts gzip, and prefers it no less than an uncompressed answer.

    `accept_encoding`: the header's value (RFC 9110, 12.5.3). Codings that cannot be parsed are not
    accepted.
    """
    weights = coding_weights(accept_encoding)
    either = max(weights.get("gzip", -1.0), weights.get("x-gzip", -1.0))
    gzip = weights.get("*", 0.0) if either < 0 else either
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


class Compression:
    """ASGI middleware. It must be inside the one that cuts off bodies for HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        accepted = ",".join(Headers(scope=scope).getlist("accept-encoding"))
        await self._app(scope, receive, _CompressedAnswer(send, accepts_gzip(accepted)).send)


class _CompressedAnswer:
    """One answer on its way out. The head waits for the first part, which decides whether to
    compress."""

    def __init__(self, send: Send, is_accepted: bool) -> None:
        self._send = send
        self._is_accepted = is_accepted
        self._start: Message | None = None
        self._compressor: Any = None

    async def send(self, message: Message) -> None:
        """Take a message from the application."""
        if message["type"] == "http.response.start":
            if _may_be_compressed(message):
                self._start = message
            else:
                await self._send(message)
            return
        if self._start is not None:
            start, self._start = self._start, None
            message = await self._begin(start, message)
        elif self._compressor is not None:
            message = await self._compress(message)
        await self._send(message)

    async def _begin(self, start: Message, first: Message) -> Message:
        """Send the head, and return the first part as it is to be sent."""
        headers = MutableHeaders(raw=list(start["headers"]))
        is_whole = not first.get("more_body", False)
        if not is_whole or len(first.get("body", b"")) > LEAST_BYTES:
            headers.add_vary_header("Accept-Encoding")
            if self._is_accepted:
                self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
                first = await self._compress(first)
                _mark_compressed(headers, len(first["body"]) if is_whole else None)
        await self._send({**start, "headers": headers.raw})
        return first

    async def _compress(self, part: Message) -> Message:
        body = part.get("body", b"")
        mode = zlib.Z_SYNC_FLUSH if part.get("more_body", False) else zlib.Z_FINISH
        if len(body) > _QUICK_BYTES:
            packed = await asyncio.to_thread(_compressed, self._compressor, body, mode)
        else:
            packed = _compressed(self._compressor, body, mode)
        return {**part, "body": packed}


def _compressed(compressor: Any, body: bytes, mode: int) -> bytes:
    packed: bytes = compressor.compress(body) + compressor.flush(mode)
    return packed


def _mark_compressed(headers: MutableHeaders, length: int | None) -> None:
    """Mark an answer as compressed. `length`: of the whole compressed body, if known."""
    headers[_ENCODING] = "gzip"
    del headers["content-length"]
    if length is not None:
        headers["content-length"] = str(length)
    etag = headers.get("etag")
    if etag is not None and not etag.startswith("W/"):
        headers["etag"] = f"W/{etag}"


def _may_be_compressed(start: Message) -> bool:
    """Whether this answer may be compressed for some client, judging by its head."""
    headers = Headers(raw=start["headers"])
    if start["status"] != 200 or _ENCODING in headers:
        return False
    if "no-transform" in headers.get("cache-control", ""):
        return False
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_text = kind.startswith("text/") and kind != "text/event-stream"
    return is_text or kind == "application/json" or kind.endswith("+json")
