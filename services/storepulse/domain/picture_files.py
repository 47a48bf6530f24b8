"""Pictures of pages: what a file says of itself by its first bytes, and what lies on it. Pure.

Rules: PNG, JPEG and WebP, told by their content and never by what a sender calls them. A file that
does not begin as one is none; whether the rest of it can be drawn is seen by the browser.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from storepulse.domain.errors import Rejected

MOST_BYTES = 4_000_000
LONGEST_SIDE = 20_000
#: More than a browser can be asked to unpack for a page.
MOST_PIXELS = 60_000_000
_NOT_ONE = "is not a picture: PNG, JPEG and WebP are"
#: Segments of JPEG that say the size; the codes between them are of tables.
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


@dataclass(frozen=True, slots=True)
class PictureFile:
    """Kind and size of a picture, in its own pixels."""

    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlacedElement:
    """Where an element lies on the page, in CSS pixels. `name`: what people read on it."""

    selector: str
    name: str
    x: int
    y: int
    width: int
    height: int


def read_picture(data: bytes) -> PictureFile:
    """What a file says of itself. Raises Rejected."""
    if len(data) > MOST_BYTES:
        raise Rejected("picture", f"is larger than {MOST_BYTES} bytes")
    try:
        found = _read(data)
    except (struct.error, IndexError):
        found = None  # it ends within its head
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
        if code == 0xFF:  # filled up
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
