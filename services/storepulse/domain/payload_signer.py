"""Signatures of calls that shops' servers make to us.

The signature is HMAC-SHA-256 over `{timestamp}.{body}`: the timestamp exactly as in its header, in
epoch seconds, and the body exactly as sent, after any compression. It is `v1=` and 64 hex digits. A
sender that rotates secrets may send several, separated by commas.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from storepulse.domain.errors import Misconfigured, Rejected

TIMESTAMP_HEADER = "X-Storepulse-Timestamp"
SIGNATURE_HEADER = "X-Storepulse-Signature"
#: Seconds by which a call's timestamp may differ from our clock, either way.
TOLERANCE = 300
#: Bytes of a secret's text.
LEAST_BYTES, MOST_BYTES = 16, 256
_VERSION = "v1="
_DIGITS = 64
#: The maximum of signatures of one call that are checked.
_MOST_SIGNATURES = 4


class PayloadSigner:
    """Signs and checks calls with a secret of a store, or with several during a rotation.

    The newest comes first and is used for signing. Without any secret, methods raise Misconfigured.
    """

    __slots__ = ("_keys",)

    def __init__(self, secrets: str | Sequence[str] | None) -> None:
        several = [secrets] if isinstance(secrets, str) else secrets or ()
        self._keys = [secret.encode() for secret in several if secret]

    def sign(self, body: bytes, timestamp: int) -> str:
        """The value of the header X-Storepulse-Signature; `timestamp` in seconds since 1970."""
        self._check_keys()
        return _VERSION + _digest(self._keys[0], str(timestamp), body)

    def verify(
        self, body: bytes, timestamp_header: str, signature_header: str, now_seconds: float
    ) -> bool:
        """Whether one of the secrets signed the body within `TOLERANCE` of now."""
        try:
            self.check(body, timestamp_header, signature_header, now_seconds)
        except Rejected:
            return False
        return True

    def check(
        self, body: bytes, timestamp_header: str, signature_header: str, now_seconds: float
    ) -> None:
        """Raise Rejected with the header unless one of the secrets signed the body within
        `TOLERANCE` of now."""
        self._check_keys()
        if not timestamp_header:
            raise Rejected(TIMESTAMP_HEADER, "is missing")
        # int() would also accept signs, spaces, underscores and other scripts' digits.
        if not (
            timestamp_header.isascii() and timestamp_header.isdigit() and len(timestamp_header) < 13
        ):
            raise Rejected(TIMESTAMP_HEADER, "is not a number of seconds since 1970")
        if abs(int(timestamp_header) - now_seconds) > TOLERANCE:
            raise Rejected(TIMESTAMP_HEADER, f"is more than {TOLERANCE} seconds from our clock")
        stated = [
            text.removeprefix(_VERSION)
            for text in map(str.strip, signature_header.split(",", _MOST_SIGNATURES))
            if text.startswith(_VERSION) and len(text) == len(_VERSION) + _DIGITS and text.isascii()
        ][:_MOST_SIGNATURES]
        if not stated:
            raise Rejected(SIGNATURE_HEADER, f"must be {_VERSION} and {_DIGITS} hex digits")
        matches = False
        for key in self._keys:
            expected = _digest(key, timestamp_header, body)
            for signature in stated:
                matches |= hmac.compare_digest(expected, signature)
        if not matches:
            raise Rejected(SIGNATURE_HEADER, "is not that of this body and timestamp")

    def _check_keys(self) -> None:
        if not self._keys:
            raise Misconfigured("secret", "is missing: nothing can be signed or checked without it")


def _digest(key: bytes, timestamp: str, body: bytes) -> str:
    return hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
