"""Single values in Avro's binary encoding, with tables for frequent ones.

Values must have been validated. A value that Avro cannot hold raises ValueError; it is never
written differently. Short texts, low numbers and the times of a batch come from tables of bounded
size.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow
from zlib import crc32


def _varint(z: int) -> bytes:
    """Seven bits per byte, low bits first.

    For known lengths, the functions below spread the bits at once. That is faster than this loop,
    and faster than tables, which a busy processor's cache does not keep.
    """
    out = bytearray()
    while z > 127:
        out.append(z & 127 | 128)
        z >>= 7
    out.append(z)
    return bytes(out)


def zigzag(n: int) -> bytes:
    """Avro's variable-length encoding of an int or long."""
    z = n << 1 if n >= 0 else ~n << 1 | 1
    if 1 << 35 <= z < 1 << 42:  # milliseconds of present times
        return (
            z & 0x7F
            | (z & 0x3F80) << 1
            | (z & 0x1FC000) << 2
            | (z & 0xFE00000) << 3
            | (z & 0x7F0000000) << 4
            | z >> 35 << 40
            | 0x8080808080
        ).to_bytes(6, "little")
    if z >= 1 << 64:
        raise ValueError("integer beyond 64 bits")
    return _varint(z)


#: The two low bytes of a time, and the upper bytes of recent times.
_TIME_BITS = 13
_LOW_OF_TIME = [bytes((n << 1 & 127 | 128, n >> 6 | 128)) for n in range(1 << _TIME_BITS)]
_high_of_time: dict[int, bytes] = {}
_HIGHS = 4_096


def zigzag_time(ms: int) -> bytes:
    """`zigzag` for milliseconds since 1970: the times of a batch differ only in the low bits."""
    high = _high_of_time.get(ms >> _TIME_BITS)
    if high is None:
        encoded = zigzag(ms)
        if not 1 << 34 <= ms < 1 << 41:
            return encoded
        if len(_high_of_time) >= _HIGHS:
            _high_of_time.clear()
        high = _high_of_time[ms >> _TIME_BITS] = encoded[2:]
    return _LOW_OF_TIME[ms & (1 << _TIME_BITS) - 1] + high


def checksum(own: bytes) -> bytes:
    """`content_crc` of an event's own bytes: CRC-32 as a signed integer in Avro's encoding."""
    crc = crc32(own)
    z = crc << 1 if crc < 1 << 31 else (crc ^ 0xFFFFFFFF) << 1 | 1
    if z < 1 << 28:
        return _varint(z)
    return (
        z & 0x7F
        | (z & 0x3F80) << 1
        | (z & 0x1FC000) << 2
        | (z & 0xFE00000) << 3
        | z >> 28 << 32
        | 0x80808080
    ).to_bytes(5, "little")


def zigzag32(n: int) -> bytes:
    """`zigzag` for Avro's int: readers of 32 bits would misread a larger one."""
    if not -(2**31) <= n < 2**31:
        raise ValueError("integer beyond 32 bits")
    return zigzag(n)


#: The prefix of a non-null value in a union with null.
SOME = b"\2"
#: Numbers with precomputed encodings: enough for coordinates.
LOW_NUMBERS = 16_384
LOW = [zigzag(n) for n in range(LOW_NUMBERS)]
SOME_LOW = [SOME + encoded for encoded in LOW]


class _Lengths(dict[int, bytes]):
    """Small numbers from a table; others are computed and not kept."""

    def __missing__(self, n: int) -> bytes:
        return zigzag(n)


class _SomeLengths(dict[int, bytes]):
    """The same for texts in a union with null."""

    def __missing__(self, n: int) -> bytes:
        return SOME + zigzag(n)


class EnumSymbols(dict[str, bytes]):
    """An enum's symbols."""

    def __missing__(self, symbol: object) -> bytes:
        raise ValueError(f"{symbol!r} is not a symbol of the enum")


LENGTHS = _Lengths(enumerate(LOW))
SOME_LENGTHS = _SomeLengths(enumerate(SOME_LOW))


class _Texts(dict[str, bytes]):
    """Encoded short texts, so that repeated ones (pages, selectors, names) cost a lookup.

    Holds at most `MOST_TEXTS` and is then cleared.
    """

    def __init__(self, mark: bytes = b"") -> None:
        self._mark = mark

    def __missing__(self, text: str) -> bytes:
        data = text.encode()
        encoded = self._mark + zigzag(len(data)) + data
        if len(data) <= TEXT_BYTES:
            if len(self) >= MOST_TEXTS:
                self.clear()
            self[text] = encoded
        return encoded


MOST_TEXTS = 8_192
TEXT_BYTES = 256
TEXTS = _Texts()
SOME_TEXTS = _Texts(SOME)

#: Precise enough for every decimal in the schemas; raises instead of rounding.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow, Underflow])


def decimal_bytes(value: Decimal, precision: int, scale: int) -> bytes:
    """The unscaled two's complement of a decimal. Raises ValueError if digits would be lost."""
    try:
        shifted = _EXACT.scaleb(value, scale)
        unscaled = int(shifted) if shifted.adjusted() < precision else 10**precision
    except (ArithmeticError, ValueError):
        raise ValueError(f"{value} does not fit decimal({precision},{scale})") from None
    if unscaled != shifted or abs(unscaled) >= 10**precision:
        raise ValueError(f"{value} does not fit decimal({precision},{scale})")
    return unscaled.to_bytes((unscaled.bit_length() // 8) + 1, "big", signed=True)
