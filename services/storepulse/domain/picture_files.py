"""Pictures of pages: the kind and size in a file's first bytes, and the elements on it. Pure.

PNG, JPEG and WebP are recognized by content, never by the sender's type. A file with another
beginning is not a picture; the browser decides whether the rest can be drawn.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from storepulse.domain.errors import Rejected

MOST_BYTES = 4_000_000
LONGEST_SIDE = 20_000
#: The limit for what browsers can decode.
MOST_PIXELS = 60_000_000
_NOT_ONE = "is not a picture: PNG, JPEG and WebP are"
#: JPEG segments with the size; the excluded codes are tables.
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


@dataclass(frozen=True, slots=True)
class PictureFile:
    """The type of a picture, and its size in its own pixels."""

    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlacedElement:
    """The position of an element on the page, in CSS pixels. `name`: its visible text."""

    selector: str
    name: str
    x: int
    y: int
    width: int
    height: int


def read_picture(data: bytes) -> PictureFile:
    """The type and size of a picture. Raises Rejected."""
    if len(data) > MOST_BYTES:
        raise Rejected("picture", f"is larger than {MOST_BYTES} bytes")
    try:
        found = _read(data)
    except (struct.error, IndexError):
        found = None  # the header is incomplete
    if found is None or found.width < 1 or found.height < 1:
        raise Rejected("picture", _NOT_ONE)
    if max(found.width, found.height) > LONGEST_SIDE or found.width * found.height > MOST_PIXELS:
        raise Rejected("picture", f"has more than {MOST_PIXELS} pixels, or {LONGEST_SIDE} in a row")
    return found


def _read(data: bytes) -> PictureFile | None:
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return PictureFile("image/png", *struct.unpack_from(">II", data, 16))
    if data[:3] == b"\xff\xd8\xff":
        return _read_jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp(data)
    return None


def _read_jpeg(data: bytes) -> PictureFile | None:
    at = 2
    while data[at] == 0xFF:
        code = data[at + 1]
        if code in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return PictureFile("image/jpeg", width, height)
        if code == 0xFF:  # fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + max(length, 2)
    return None


def _read_webp(data: bytes) -> PictureFile | None:
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return PictureFile("image/webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return PictureFile("image/webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return PictureFile("image/webp", width, height) if len(data) >= 30 else None
    return None
