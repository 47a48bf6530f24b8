"""E-mail addresses in normal form: trimmed and in lower case, and the hash of that.

Meta, Google and others match customers by this hash: SHA-256 as lower-case hex digits.
"""

from __future__ import annotations

import re
from hashlib import sha256

from storepulse.domain.errors import Rejected

EMAIL_CHARACTERS = 254
HASH_TEXT = r"[0-9a-f]{64}"

#: One @, no spaces, a dotted domain. Only delivery proves an address; this detects swapped fields.
_is_email = re.compile(
    r"[^\s@<>\x00-\x1f]{1,64}@[^\s@<>.\x00-\x1f]+(?:\.[^\s@<>.\x00-\x1f]+)+"
).fullmatch


def trimmed_email(field: str, text: str) -> str | None:
    """The address as written, without surrounding white space; None for an empty one.

    Raises Rejected if it is not an address.
    """
    email = text.strip()
    if not email:
        return None
    if len(email) > EMAIL_CHARACTERS or _is_email(email) is None:
        raise Rejected(field, "is not an e-mail address")
    return email


def hash_of_stated_email(field: str, text: str | None) -> str | None:
    """The hash of the address in a beacon's field; None if it is empty. Raises Rejected."""
    address = trimmed_email(field, text) if text else None
    return email_hash(address) if address else None


def normalised_email(text: str) -> str:
    """The normal form: `" Jane@Example.com"` becomes `jane@example.com`."""
    return text.strip().lower()


def email_hash(text: str) -> str:
    """The lower-case hex SHA-256 of the address, trimmed and in lower case."""
    return sha256(normalised_email(text).encode()).hexdigest()
