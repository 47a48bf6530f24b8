"""Links that show a variant to whoever opens them, without assigning or counting anybody.

A token is `{payload}.{signature}`, both base64url: the payload is JSON with the store, the test,
the variant and when the token ends; the signature is HMAC-SHA-256 with a key of the installation.
The test may be in any state, a draft too. A token says nothing that its reader may not know.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

import msgspec

from storepulse.domain.errors import Rejected

#: What the installation's key is bound to, so that a signature of one use is none of another.
PURPOSE = b"storepulse.experiments.preview"
LONGEST_SECONDS = 7 * 86_400
USUAL_SECONDS = 3_600
#: A token is much shorter.
MOST_CHARACTERS = 1_024
FIELD = "preview"


class Preview(msgspec.Struct, frozen=True):
    """What a token shows. `until` is in epoch seconds."""

    store_id: UUID
    test_id: UUID
    variant_id: str
    until: int


def preview_token(preview: Preview, key: bytes) -> str:
    """The token of a preview."""
    payload = _text_of(msgspec.json.encode(preview))
    return f"{payload}.{_signature(payload, key)}"


def read_preview(token: str, keys: Sequence[bytes], now: float) -> Preview:
    """What a token shows that one of the keys signed. `now` is in epoch seconds.

    Raises Rejected for a token that was changed, made elsewhere, or has ended.
    """
    payload, dot, signature = token.partition(".")
    if not dot or len(token) > MOST_CHARACTERS or not token.isascii():
        raise Rejected(FIELD, "is no preview's token")
    signed = [hmac.compare_digest(signature, _signature(payload, key)) for key in keys]
    if not any(signed):
        raise Rejected(FIELD, "was not signed here; ask for a new one")
    try:
        preview = msgspec.json.decode(_bytes_of(payload), type=Preview)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise Rejected(FIELD, "is no preview's token") from None
    if preview.until <= now:
        raise Rejected(FIELD, "has ended; ask for a new one")
    return preview


def _signature(payload: str, key: bytes) -> str:
    return _text_of(hmac.new(key, payload.encode(), hashlib.sha256).digest())


def _text_of(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
