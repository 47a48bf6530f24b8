"""Check and decompress request bodies: content type, encoding, size.

`sendBeacon` sends text/plain, which is treated as JSON. gzip is the only encoding; a decompression
bomb is stopped at the limit.
"""

from __future__ import annotations

import zlib

from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import Rejected

_TYPES = frozenset({b"application/json", b"text/plain"})
_CHARSETS = frozenset({b"utf-8", b"utf8", b"us-ascii"})
#: Accepted values as clients sent them, so that common ones cost one lookup.
_good_types: set[bytes] = {b"application/json", b"text/plain;charset=UTF-8", b""}
_GOOD_TYPES_MAX = 64
_GOOD_TYPES_BYTES = 128
#: The bytes per step when a faulty body is decompressed.
_PIECE = 256


def check_type(content_type: bytes) -> None:
    """Raises RequestRefused 415 unless the type is JSON or the plain text of sendBeacon."""
    if content_type in _good_types:
        return
    name, _, parameters = content_type.lower().partition(b";")
    charset = b"utf-8"
    for part in parameters.split(b";"):
        key, _, value = part.strip().partition(b"=")
        if key == b"charset":
            charset = value.strip(b"\"' ")
    if name.strip() not in _TYPES or charset not in _CHARSETS:
        raise RequestRefused(
            415, "Content-Type must be application/json or text/plain", "UNSUPPORTED_TYPE"
        )
    if len(_good_types) < _GOOD_TYPES_MAX and len(content_type) <= _GOOD_TYPES_BYTES:
        _good_types.add(content_type)


def unpack(body: bytes, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The JSON text of a body, at most `limit` bytes.

    Raises RequestRefused 413 or 415, or Rejected.
    """
    check_type(headers.get(b"content-type", b""))
    encoding = headers.get(b"content-encoding")
    if encoding is not None:
        encoding = encoding.strip().lower()
        if encoding == b"gzip":
            body = gunzip(body, limit)
        elif encoding not in (b"identity", b""):
            raise RequestRefused(
                415, "Content-Encoding must be gzip or absent", "UNSUPPORTED_ENCODING"
            )
    if not body:
        raise Rejected("", "The body is empty")
    return body


class BadGzip(Rejected):
    """A body that could not be decompressed; `readable` is what could be."""

    def __init__(self, reason: str, readable: bytes) -> None:
        super().__init__("", reason)
        self.readable = readable


def gunzip(data: bytes, limit: int) -> bytes:
    """Decompress one complete gzip member. Raises BadGzip, or RequestRefused 413."""
    unpacker = zlib.decompressobj(31)
    try:
        body = unpacker.decompress(data, limit + 1)
    except zlib.error:
        raise BadGzip("The body is not valid gzip", _unpack_before_fault(data, limit)) from None
    if len(body) > limit:
        raise RequestRefused.too_large(f"The body is larger than {limit} bytes after decompression")
    if not unpacker.eof:
        raise BadGzip("The gzip body is truncated", body)
    if unpacker.unused_data:
        raise BadGzip("Bytes follow the gzip body", body)
    return body


def _unpack_before_fault(data: bytes, limit: int) -> bytes:
    """Decompress what precedes the fault, at most `limit` bytes.

    In pieces, because a failing call returns nothing.
    """
    unpacker, body = zlib.decompressobj(31), bytearray()
    try:
        for at in range(0, len(data), _PIECE):
            body += unpacker.decompress(data[at : at + _PIECE], limit + 1 - len(body))
            if len(body) > limit:
                break
    except zlib.error:
        pass  # the caller reports the fault
    return bytes(body[:limit])
