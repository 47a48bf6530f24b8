"""Standard Webhooks signatures (standardwebhooks.com, specification 1.0, symmetric `v1`).

The signature is HMAC-SHA-256 over `{webhook-id}.{webhook-timestamp}.{body}` with the bytes that
follow `whsec_` in the secret, in base64. While secrets rotate, each of them signs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from storepulse.domain.errors import Rejected

PREFIX = "whsec_"
#: The length of a secret in bytes, from the specification.
LEAST_BYTES, MOST_BYTES = 24, 64
#: Seconds by which a message's timestamp may differ from the receiver's clock.
TOLERANCE = 300


def new_secret(entropy: bytes) -> str:
    """The secret of 24 to 64 random bytes, in the format of receivers' libraries."""
    if not LEAST_BYTES <= len(entropy) <= MOST_BYTES:
        raise ValueError(f"a secret has {LEAST_BYTES} to {MOST_BYTES} bytes, not {len(entropy)}")
    return PREFIX + base64.b64encode(entropy).decode()


def check_secret(field: str, secret: str) -> None:
    """Raise Rejected with `field`, never with the secret, if the secret is invalid."""
    _key(field, secret)


def signature_header(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one `v1,…` per secret. `timestamp` is in epoch seconds."""
    return " ".join(f"v1,{_signature(secret, message_id, timestamp, body)}" for secret in secrets)


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    tolerance: float = TOLERANCE,
) -> None:
    """Raise Rejected unless one of `secrets` signed `body` at most `tolerance` seconds ago.

    Header names may be in any case; `now` is in epoch seconds.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        if not lower.get(name):
            raise Rejected(name, "is missing")
    text = lower["webhook-timestamp"]
    # int() would also accept signs, spaces, underscores and other scripts' digits.
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Rejected("webhook-timestamp", "is not a number of seconds")
    timestamp = int(text)
    if timestamp < now - tolerance:
        raise Rejected("webhook-timestamp", f"is more than {tolerance:g} seconds old")
    if timestamp > now + tolerance:
        raise Rejected("webhook-timestamp", f"is more than {tolerance:g} seconds ahead")
    sent = [s[3:] for s in lower["webhook-signature"].split() if s.startswith("v1,")]
    for secret in secrets:
        expected = _signature(secret, lower["webhook-id"], timestamp, body).encode()
        if any(hmac.compare_digest(expected, s.encode()) for s in sent):
            return
    raise Rejected("webhook-signature", "does not match any of the secrets")


def _signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key("signing", secret), signed, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _key(field: str, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(field, "must be whsec_ and base64") from None
    if not secret.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise Rejected(field, f"must be {PREFIX} and base64 of {LEAST_BYTES} to {MOST_BYTES} bytes")
    return key
