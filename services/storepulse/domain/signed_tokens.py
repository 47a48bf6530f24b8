"""Short texts that the installation signs and verifies, such as the tokens in links.

A token is `{payload}.{signature}`, both base64url. The payload is JSON, the signature is
HMAC-SHA-256 of its text, with a key that is bound to one purpose.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import TypeVar

import msgspec

Payload = TypeVar("Payload", bound=msgspec.Struct)


class Unreadable(ValueError):
    """Not a token of this kind."""


class NotSigned(ValueError):
    """The token was changed, or signed with another key."""


def token_of(payload: msgspec.Struct, key: bytes) -> str:
    """The token of a payload."""
    text = _text_of(msgspec.json.encode(payload))
    return f"{text}.{_signature(text, key)}"


def read_token(
    token: str, keys: Sequence[bytes], kind: type[Payload], most_characters: int
) -> Payload:
    """The payload of a token that one of the keys signed. Raises Unreadable, NotSigned."""
    text, dot, signature = token.partition(".")
    if not dot or len(token) > most_characters or not token.isascii():
        raise Unreadable
    signed = [hmac.compare_digest(signature, _signature(text, key)) for key in keys]
    if not any(signed):
        raise NotSigned
    try:
        return msgspec.json.decode(_bytes_of(text), type=kind)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise Unreadable from None


def _signature(text: str, key: bytes) -> str:
    return _text_of(hmac.new(key, text.encode(), hashlib.sha256).digest())


def _text_of(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
