"""E-mail addresses as they are compared: trimmed and in lower case, and the hash of that.

The hash is what Meta, Google and others match customers by: SHA-256 as lower-case hex digits.
"""

from __future__ import annotations

import re
from hashlib import sha256

from storepulse.domain.errors import Rejected

EMAIL_CHARACTERS = 254
HASH_TEXT = r"[0-9a-f]{64}"

#: One @, no spaces, a dotted domain: delivery is the real check, this catches mix-ups of fields.
_is_email = re.compile(
    r"[^\s@<>\x00-\x1f]{1,64}@[^\s@<>.\x00-\x1f]+(?:\.[^\s@<>.\x00-\x1f]+)+"
).fullmatch


def trimmed_email(field: str, text: str) -> str | None:
    """The address as it was written, without space around it; None for an empty one.

    Raises Rejected for what is no address.
    """
    email = text.strip()
    if not email:
        return None
    if len(email) > EMAIL_CHARACTERS or _is_email(email) is None:
        raise Rejected(field, "is not an e-mail address")
    return email


def hash_of_stated_email(field: str, text: str | None) -> str | None:
    """The hash of what a beacon says in a field; None for nothing. Raises Rejected."""
    address = trimmed_email(field, text) if text else None
    return email_hash(address) if address else None


def normalised_email(text: str) -> str:
    """`" Jane@Example.com"` as `jane@example.com`."""
    return text.strip().lower()


def email_hash(text: str) -> str:
    """The lower-case hex SHA-256 of the address, trimmed and in lower case."""
    return sha256(normalised_email(text).encode()).hexdigest()
