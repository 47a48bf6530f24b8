"""Ids: the id of an event, and the forms of ids that clients may send.

A client's `event_id` is taken in canonical form. Any other client key becomes a UUIDv5 of (store,
stream, kind of API key, client key). So a browser's key never gives the id of a server's event, and
a key identifies an event only within its stream. Without a key but with a client timestamp: UUIDv5
of the canonical content, including visitor and address, so that a blind retry gets the same id, and
equal actions of two people get two. With neither: a new UUIDv7, because two equal clicks are two
events. Ids are text here: creating `uuid.UUID` objects would cost more than the rest of an event.
Time and randomness are passed in.
"""

from __future__ import annotations

import hashlib
import re

from storepulse.domain.errors import Rejected

UUID_TEXT = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
SESSION_TEXT = r"[A-Za-z0-9_-]{1,128}"
# It appears in logs and records, so it must not be an API key that was sent in its place.
CORRELATION_TEXT = r"(?!s[ps]k_)[A-Za-z0-9._-]{1,64}"

is_uuid = re.compile(UUID_TEXT).fullmatch
is_session = re.compile(SESSION_TEXT).fullmatch
is_correlation = re.compile(CORRELATION_TEXT).fullmatch

#: Maps every hex digit to 0, so that all UUIDs become one text: half the cost of the regex above.
_HEX_AS_ZERO = bytes.maketrans(b"123456789abcdefABCDEF", b"0" * 21)
_ZERO_UUID = b"00000000-0000-0000-0000-000000000000"

_NO_IDS = frozenset({str(_ZERO_UUID, "ascii"), "f" * 8 + "-ffff-ffff-ffff-" + "f" * 12})
#: The versions of derived ids, and of the nil and the largest UUID.
_ODD_VERSIONS = "50f"

#: Random hex digits of a UUIDv7.
UUID7_DIGITS = 18

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def uuid7_prefix(milliseconds: int) -> str:
    """The first 15 characters of every UUIDv7 of a millisecond, version included."""
    h = f"{milliseconds:012x}"
    return f"{h[:8]}-{h[8:]}-7"


def uuid7(prefix: str, random_hex: str) -> str:
    """RFC 9562 version 7 as text, from `uuid7_prefix` and 18 random hex digits (72 bits).

    The two random bits next to the variant are always 10.
    """
    return f"{prefix}{random_hex[:3]}-a{random_hex[3:6]}-{random_hex[6:]}"


def uuid5(namespace: bytes, name: bytes) -> str:
    """RFC 9562 version 5 as text; equals `str(uuid.uuid5(…))` at a third of its cost."""
    h = hashlib.sha1(namespace + name, usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


def canonical_uuid(field: str, text: str) -> str:
    """The UUID in lower case with hyphens; raises Rejected for anything else."""
    if is_uuid(text) is None:
        raise Rejected(field, "is not a UUID")
    return text.lower()


def namespace_of(store_id: str, stream: str, *, trusted: bool) -> bytes:
    """The prefix of the names of derived ids: the 16 bytes of a canonical store id, then the stream
    and the kind of the sender's key (`trusted`: a secret one).
    """
    space = f"{stream}:{'secret' if trusted else 'publishable'}:"
    return bytes.fromhex(store_id.replace("-", "")) + space.encode()


def id_of_key(namespace: bytes, key: str) -> str:
    """Event id for a client's own idempotency key, even if that has the form of a UUID."""
    return uuid5(namespace, b"key:" + key.encode())


def id_of_stated(event_id: str, namespace: bytes, trusted: bool) -> str:
    """The id of an event whose sender stated one: a UUID, in canonical form.

    Only senders with a secret key (`trusted`) may state version 5, which derived ids have: others
    could claim ids of which they know the names. Raises Rejected if it is not a UUID, and for the
    nil and the largest one, which clients send that failed to create one.
    """
    encoded = event_id.encode()
    if encoded.translate(_HEX_AS_ZERO) != _ZERO_UUID:
        raise Rejected("event_id", "is not a UUID")
    if not encoded.islower():
        event_id = event_id.lower()
    version = event_id[14]
    if version in _ODD_VERSIONS:
        if event_id in _NO_IDS:
            raise Rejected("event_id", "is the same for everybody")
        if version == "5" and not trusted:
            return id_of_key(namespace, event_id)
    return event_id


def id_of_content(
    namespace: bytes, session: bytes, occurred_at: int, visitor: bytes, ip: bytes, own: bytes
) -> str:
    """Event id for an event with a client time and no key. None of the texts contains NUL."""
    name = b"content:%b\0%d\0%b\0%b\0%b" % (session, occurred_at, visitor, ip, own)
    return uuid5(namespace, name)


def derived_correlation(store_id: str, session_id: str) -> str:
    """The correlation id, the same for all events of a session in every gateway process."""
    text = f"{store_id}:{session_id}".encode()
    return hashlib.blake2b(text, digest_size=12, person=b"correlation").hexdigest()
