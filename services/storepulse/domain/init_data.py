"""Telegram's init data: who opened a Mini App, and the verification of that.

Init data is a query string. Telegram documents two ways to verify it
(core.telegram.org/bots/webapps):

- for the bot itself, by `hash`: HMAC-SHA-256, in hex, over the lines `key=value` of all fields
  except `hash`, sorted by key and joined by line feeds. The key is HMAC-SHA-256 of the bot's token
  under the key `WebAppData`;
- for third parties, who know only the bot's id, by `signature`: Ed25519, in base64url, over
  `<bot id>:WebAppData` and the same lines without `hash` and `signature`.

Init data stays the same while the app is open. Its age counts from its `auth_date`, in epoch
seconds; the default limit is a day.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storepulse.domain.errors import Rejected

INIT_DATA = "init_data"
#: Telegram's published Ed25519 key; its test servers have another.
PRODUCTION_KEY = "e7bf03a2fa4602af4580703d88dda5bb59f32ed8b02a56c187fe7d34caed242d"
#: Seconds after `auth_date` for which init data counts, and tolerance for a clock that is ahead.
MOST_AGE, MOST_AHEAD = 86_400, 300
MOST_CHARACTERS = 8_192

_MOST_FIELDS = 32
_ID_BOUND = 2**63
_SECONDS_DIGITS = 12


@dataclass(frozen=True, slots=True)
class InitData:
    """The contents of verified init data.

    `user_id`: the Telegram user who opened the app; None if there is none, as for a channel's post.
    """

    user_id: int | None
    start_param: str | None
    fields: Mapping[str, str]


def init_data_by_token(
    text: str, bot_tokens: Sequence[str], now: float, most_age: float = MOST_AGE
) -> InitData:
    """Init data verified by one of the bot's tokens. `now` is in epoch seconds.

    Raises Rejected with `init_data` if it is not verified or is older than `most_age` seconds.
    """
    fields = _fields_of(text)
    lines = _lines_of(fields, "hash").encode()
    sent = fields.get("hash", "")
    is_proven = False
    for token in bot_tokens:
        key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
        expected = hmac.new(key, lines, hashlib.sha256).hexdigest()
        is_proven |= hmac.compare_digest(expected.encode(), sent.encode())
    if not is_proven:
        raise Rejected(INIT_DATA, "is not signed with the token of the store's bot")
    return _read(fields, now, most_age)


def init_data_by_signature(
    text: str,
    bot_ids: Sequence[str],
    now: float,
    most_age: float = MOST_AGE,
    public_key: str = PRODUCTION_KEY,
) -> InitData:
    """Init data that Telegram signed for one of these bots, of which only the ids are known.

    Raises Rejected with `init_data` if it is not verified or is older than `most_age` seconds.
    `public_key` is Telegram's, 32 bytes in hex.
    """
    fields = _fields_of(text)
    signature = _signature_of(fields.get("signature", ""))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    lines = _lines_of(fields, "hash", "signature")
    for bot_id in bot_ids:
        try:
            key.verify(signature, f"{bot_id}:WebAppData\n{lines}".encode())
        except InvalidSignature:
            continue
        return _read(fields, now, most_age)
    raise Rejected(INIT_DATA, "is not signed by Telegram for the store's bot")


def _fields_of(text: str) -> dict[str, str]:
    if not text or len(text) > MOST_CHARACTERS:
        raise Rejected(INIT_DATA, f"must have 1 to {MOST_CHARACTERS} characters")
    try:
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except (ValueError, UnicodeDecodeError):
        raise Rejected(INIT_DATA, "is not a query string") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Rejected(INIT_DATA, "has a field twice")
    # A line feed inside of a field could imitate another field.
    if any("\n" in name or "\n" in value for name, value in pairs):
        raise Rejected(INIT_DATA, "has a line feed in a field")
    return fields


def _lines_of(fields: Mapping[str, str], *left_out: str) -> str:
    return "\n".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in left_out)


def _signature_of(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(INIT_DATA, "has a signature that is not base64url") from None


def _read(fields: Mapping[str, str], now: float, most_age: float) -> InitData:
    """Read verified fields. Raises Rejected if they are too old."""
    seconds = fields.get("auth_date", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _SECONDS_DIGITS):
        raise Rejected(INIT_DATA, "has no auth_date in seconds since 1970")
    age = now - int(seconds)
    if age > most_age:
        raise Rejected(INIT_DATA, f"is more than {most_age:g} seconds old")
    if age < -MOST_AHEAD:
        raise Rejected(INIT_DATA, f"is more than {MOST_AHEAD} seconds ahead")
    return InitData(_user_id_of(fields.get("user")), fields.get("start_param") or None, fields)


def _user_id_of(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        user: Any = json.loads(text)
    except (ValueError, RecursionError):
        user = None
    user_id = user.get("id") if isinstance(user, dict) else None
    if type(user_id) is not int or not -_ID_BOUND <= user_id < _ID_BOUND:
        raise Rejected(INIT_DATA, "has a user without an id")
    return user_id
