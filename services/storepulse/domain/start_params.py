"""Start parameters: a campaign and a tracking id in the 64 characters that Telegram passes on.

Telegram allows `A-Z a-z 0-9 _ -`. A start parameter is the digit of its version, then base64url
without padding. In version 1 the bytes are:

    checksum   the first 2 bytes of SHA-256 over `1` and the bytes that follow
    fields     campaign id, tracking id, then name and value of each further entry, sorted by name

A field is one byte and its content. The byte's upper two bits are the form, its lower six the
length of the content in bytes. Forms: 0 text in ASCII; 1 a UUID in lower case, as 16 bytes; 2 an
even number of hex digits in lower case, as bytes; 3 a decimal number without leading zeros, as a
big-endian integer. The shortest form is written, and of equally short ones the lowest number. So
two UUIDs fit, with 11 bytes left, or 43 characters of text. Each meaning has one text; all others
are refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from storepulse.domain.campaign_ids import check_campaign_id
from storepulse.domain.errors import Rejected

START_PARAM = "start_param"
#: Telegram's limit.
MOST_CHARACTERS = 64
VERSION = "1"
#: The maximum of further entries, and the form of their names.
MOST_ENTRIES = 8
NAME_TEXT = r"[a-z][a-z0-9_]{0,15}"

_CHECKSUM_BYTES = 2
_TEXT, _UUID, _HEX, _NUMBER = range(4)
_UUID_BYTES = 16
_LENGTH_BITS = 6
_MOST_BYTES = 2**_LENGTH_BITS - 1
_is_param = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_is_uuid = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_is_hex = re.compile(r"(?:[0-9a-f]{2})+").fullmatch
_is_number = re.compile(r"0|[1-9][0-9]*").fullmatch
_is_name = re.compile(NAME_TEXT).fullmatch
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StartParam:
    """The contents of a start parameter. `more`: up to 8 further entries, by name.

    Names and values may have the characters of ids.
    """

    campaign_id: str
    tracking_id: str
    more: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


class StartParamSerializer:
    """Writes and reads start parameters."""

    def serialize(self, param: StartParam) -> str:
        """Write at most 64 characters of `A-Za-z0-9_-`.

        Raises Rejected with the field of an invalid id, and with `start_param` if it does not fit.
        """
        if len(param.more) > MOST_ENTRIES:
            raise Rejected("more", f"has more than {MOST_ENTRIES} entries")
        for name, value in param.more.items():
            if _is_name(name) is None:
                raise Rejected("more", "must have names of 1 to 16 lower-case letters, digits or _")
            check_campaign_id(f"more.{name}", value)
        packed = _packed("campaign_id", check_campaign_id("campaign_id", param.campaign_id))
        packed += _packed("tracking_id", check_campaign_id("tracking_id", param.tracking_id))
        for name in sorted(param.more):
            packed += _packed("more", name) + _packed(f"more.{name}", param.more[name])
        text = VERSION + base64.urlsafe_b64encode(_checksum(packed) + packed).decode().rstrip("=")
        if len(text) > MOST_CHARACTERS:
            over = f"{len(text)} characters, over Telegram's {MOST_CHARACTERS}"
            raise Rejected(START_PARAM, f"would have {over}: shorten the ids")
        return text

    def deserialize(self, text: str) -> StartParam:
        """Read a start parameter.

        Raises Rejected with `start_param` for an unknown version, a wrong length or checksum, and
        for every text except the one that `serialize` writes.
        """
        if not 1 <= len(text) <= MOST_CHARACTERS or _is_param(text) is None:
            raise Rejected(START_PARAM, f"must be 1 to {MOST_CHARACTERS} letters, digits, - or _")
        if text[0] != VERSION:
            raise Rejected(START_PARAM, f"is of an unknown version; this is version {VERSION}")
        content = _bytes_of(text[1:])
        checksum, packed = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
        if checksum != _checksum(packed):
            raise Rejected(START_PARAM, "has a wrong checksum: a part of it was lost or changed")
        fields = list(_unpacked(packed))
        if len(fields) < 2 or len(fields) % 2:
            raise Rejected(START_PARAM, "does not hold a campaign id and a tracking id")
        more = dict(zip(fields[2::2], fields[3::2], strict=True))
        param = StartParam(fields[0], fields[1], MappingProxyType(more))
        try:
            is_canonical = self.serialize(param) == text
        except Rejected as error:
            reason = f"holds a wrong {error.field}: it {error.reason}"
            raise Rejected(START_PARAM, reason) from None
        if not is_canonical:
            raise Rejected(START_PARAM, "is not in the one form that this version has")
        return param


def _checksum(packed: bytes) -> bytes:
    return sha256(VERSION.encode() + packed).digest()[:_CHECKSUM_BYTES]


def _bytes_of(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise Rejected(START_PARAM, "is not base64url") from None


def _packed(name: str, text: str) -> bytes:
    """A field: its byte and its content."""
    forms = {_TEXT: text.encode("ascii")}
    if _is_uuid(text):
        forms[_UUID] = UUID(text).bytes
    if _is_hex(text):
        forms[_HEX] = bytes.fromhex(text)
    if _is_number(text):
        number = int(text)
        forms[_NUMBER] = number.to_bytes((number.bit_length() + 7) // 8, "big")
    form = min(forms, key=lambda form: (len(forms[form]), form))
    content = forms[form]
    if len(content) > _MOST_BYTES:
        raise Rejected(START_PARAM, f"has no room for {name}, which has {len(text)} characters")
    return bytes((form << _LENGTH_BITS | len(content),)) + content


def _unpacked(packed: bytes) -> Iterator[str]:
    at = 0
    while at < len(packed):
        form, length = packed[at] >> _LENGTH_BITS, packed[at] & _MOST_BYTES
        content = packed[at + 1 : at + 1 + length]
        at += 1 + length
        if len(content) != length or (form == _UUID and length != _UUID_BYTES):
            raise Rejected(START_PARAM, "ends within a field")
        if form == _TEXT:
            if not content.isascii():
                raise Rejected(START_PARAM, "holds text that is not ASCII")
            yield content.decode("ascii")
        elif form == _UUID:
            yield str(UUID(bytes=content))
        elif form == _HEX:
            yield content.hex()
        else:
            yield str(int.from_bytes(content, "big"))
