"""Limits of a connection."""

from __future__ import annotations

from dataclasses import dataclass

#: Limits of a request's head; longer ones are answered 414 and 431.
URL_BYTES = 8_192
HEADER_BYTES = 32_768
HEADER_COUNT = 100
HEAD_BYTES = URL_BYTES + HEADER_BYTES
#: A body in one-byte chunks takes six times its size. Trailers must fit in too.
WIRE_FACTOR = 8
#: Large bodies come from servers, which send large chunks.
LARGE_WIRE_FACTOR = 2


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits that a service may set, in bytes and seconds.

    `read_seconds`: for a head, and again for its body. `write_seconds`: for a client to make room
    for an answer. `linger_seconds`, `linger_bytes`: for the rest of a request that was answered
    before its end. `ended_seconds`: for an answer to a client that has closed its side.
    `buffered_bytes`: the part of a body that its application has not read yet. `large_body_bytes`:
    the largest `body_bytes` of endpoints with their own limit.
    """

    body_bytes: int
    read_seconds: float
    keep_alive_seconds: float = 75.0
    write_seconds: float = 30.0
    linger_seconds: float = 2.0
    ended_seconds: float = 15.0
    linger_bytes: int = 2**20
    buffered_bytes: int = 65_536
    connections: int = 20_000
    large_body_bytes: int = 0

    @property
    def wire_bytes(self) -> int:
        """The maximum size of a body on the wire, with its trailers."""
        usual = WIRE_FACTOR * self.body_bytes
        return HEAD_BYTES + max(usual, LARGE_WIRE_FACTOR * self.large_body_bytes)
