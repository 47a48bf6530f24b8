"""Answers of untrusted servers: read up to a limit, counted after decompression."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from storepulse.destinations.rules.quoting import quote


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer: header names in lower case, and the first bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    truncated: bool = False

    @property
    def text(self) -> str:
        """The first 1 KB of the body, for people."""
        return quote(self.body[:1024].decode("utf-8", "replace"))

    @property
    def json(self) -> Any:
        """The decoded body; None if it is not JSON, or nested too deeply."""
        try:
            return msgspec.json.decode(self.body)
        except (ValueError, RecursionError):
            return None


async def read_body(stream: aiohttp.StreamReader, encoding: str, limit: int) -> tuple[bytes, bool]:
    """(at most `limit` bytes of the body, whether there was more).

    A server may compress although we do not ask for it; the limit holds for the decompressed bytes.
    """
    unpack = zlib.decompressobj(47) if encoding.strip().lower() in ("gzip", "deflate") else None
    body = bytearray()
    async for chunk in stream.iter_any():
        # Read one byte beyond the limit to detect a longer body.
        room = limit + 1 - len(body)
        body += unpack.decompress(chunk, room) if unpack else chunk[:room]
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


def header_values(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Headers by name in lower case; repeated headers are joined by commas."""
    values: dict[str, str] = {}
    for raw_name, raw_value in response.raw_headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values
