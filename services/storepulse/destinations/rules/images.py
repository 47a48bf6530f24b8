"""The images of an event: where they are named, what they are, and what they are called."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from storepulse.destinations.rules.event_fields import free_fields
from storepulse.destinations.rules.model import Event
from storepulse.domain.errors import Rejected

#: Bytes of an image: what Cloudflare Images takes at most.
MOST_BYTES = 10 * 1024 * 1024
#: Images of one event.
MOST_IMAGES = 8

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
_is_image_field = re.compile(r"(?:[a-z0-9_]{1,40}_)?image(?:_url)?").fullmatch
_data_uri = re.compile(
    r"data:image/[a-z0-9.+-]{1,40}((?:;[a-z0-9=._-]{1,40})*),(.*)", re.DOTALL | re.IGNORECASE
)


def images_of(event: Event) -> Iterator[tuple[str, str]]:
    """(field, URL or data URI) of each image, those of the stream's own fields first.

    Fields are those named `image`, `image_url`, `…_image` or `…_image_url`, also free-form ones.
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
                if count > MOST_IMAGES:
                    return
                yield name, content


def media_type(content: bytes) -> str:
    """What the first bytes say it is, whatever its sender called it.

    Raises Rejected for everything but JPEG, PNG, GIF and WebP: SVG among them, which is a program.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise Rejected("image", "is no JPEG, PNG, GIF or WebP")


def content_of_data_uri(text: str) -> bytes:
    """The bytes of `data:image/…`. Raises Rejected where it holds none or too many."""
    match = _data_uri.fullmatch(text)
    if match is None:
        raise Rejected("image", "is no data URI of an image")
    if len(match[2]) > MOST_BYTES * 2:
        raise Rejected("image", f"is larger than {MOST_BYTES} bytes")
    if ";base64" not in match[1].lower():
        return unquote_to_bytes(match[2])
    try:
        return base64.b64decode(unquote_to_bytes(match[2]), validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("image", "is no base64") from None


def name_of(content: bytes) -> str:
    """The name of these bytes and no others: the same image is kept once."""
    return hashlib.sha256(content).hexdigest()
