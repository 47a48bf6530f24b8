"""The images of an event: their fields, their media types and their names in the archive."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from storepulse.destinations.rules.event_fields import free_fields
from storepulse.destinations.rules.image_limits import MOST_BYTES
from storepulse.destinations.rules.model import Event
from storepulse.destinations.rules.quoting import quote
from storepulse.domain.errors import Rejected

#: Maximum characters of a folder's path, and maximum nested folders.
_MOST_CHARACTERS, _MOST_FOLDERS = 200, 8
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
#: Content types of servers that do not know the type.
_UNKNOWN_TYPES = frozenset({"application/octet-stream", "binary/octet-stream"})
_is_image_field = re.compile(r"(?:[a-z0-9_]{1,40}_)?image(?:_url)?").fullmatch
_data_uri = re.compile(
    r"data:image/[a-z0-9.+-]{1,40}((?:;[a-z0-9=._-]{1,40})*),(.*)", re.DOTALL | re.IGNORECASE
)


_is_folder = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}").fullmatch


def checked_folder(field: str, text: object) -> tuple[str, ...]:
    """The parts of a path relative to the images folder. Raises Rejected, naming `field`."""
    parts = text.split("/") if isinstance(text, str) and len(text) <= _MOST_CHARACTERS else []
    if not parts or len(parts) > _MOST_FOLDERS or not all(map(_is_folder, parts)):
        raise Rejected(
            field,
            "must be a folder below images/ of the home folder, such as shop-a or shops/a:"
            " no path of its own, no ..",
        )
    return tuple(parts)


def check_content_type(header: str) -> None:
    """Raises Rejected if an answer's content type is not that of an image, or is SVG.

    Accepts an absent or unknown type. `media_type` checks the first bytes in every case.
    """
    kind = header.partition(";")[0].strip().lower()
    is_image = kind.startswith("image/") and not kind.startswith("image/svg")
    if kind and not is_image and kind not in _UNKNOWN_TYPES:
        raise Rejected("image", f"is {quote(kind, 60)}, and no JPEG, PNG, GIF or WebP")


def images_of(event: Event, most: int) -> Iterator[tuple[str, str]]:
    """(field, URL or data URI) of at most `most` images, the schema's fields first.

    Image fields are named `image`, `image_url`, `…_image` or `…_image_url`, also free-form ones.
    """
    count = 0
    seen: set[str] = set()
    for fields in (event.value, free_fields(event)):
        for name, content in fields.items():
            if name in seen or _is_image_field(name) is None or not isinstance(content, str):
                continue
            if content.lower().startswith(("https://", "http://", "data:image/")):
                seen.add(name)
                count += 1
                if count > most:
                    return
                yield name, content


def media_type(content: bytes) -> str:
    """The media type by the first bytes; the declared type is ignored.

    Raises Rejected for everything but JPEG, PNG, GIF and WebP. SVG is excluded because it can
    contain scripts.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise Rejected("image", "is not a JPEG, PNG, GIF or WebP")


def content_of_data_uri(text: str) -> bytes:
    """The bytes of `data:image/…`. Raises Rejected if it is invalid or too long."""
    match = _data_uri.fullmatch(text)
    if match is None:
        raise Rejected("image", "is not a data URI of an image")
    if len(match[2]) > MOST_BYTES * 2:
        raise Rejected("image", f"is larger than {MOST_BYTES} bytes")
    if ";base64" not in match[1].lower():
        return unquote_to_bytes(match[2])
    try:
        return base64.b64decode(unquote_to_bytes(match[2]), validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("image", "is not base64") from None


def name_of(content: bytes) -> str:
    """The image's name, made of its content, so that each image is stored once."""
    return hashlib.sha256(content).hexdigest()
