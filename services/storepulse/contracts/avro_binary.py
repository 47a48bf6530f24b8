"""Single values in Avro's binary form, quicker than a loop for those that come again and again.

Values must have been validated. What Avro cannot hold raises ValueError, never writes something
else. Short texts, low numbers and the times of a batch come from tables of bounded size.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow
from zlib import crc32


def _varint(z: int) -> bytes:
    """Seven bits a byte, the low ones first. Where the length is known, the functions below spread
    the bits at once: quicker, also than tables, which a busy processor's cache does not keep.
    """
    out = bytearray()
    while z > 127:
        out.append(z & 127 | 128)
        z >>= 7
    out.append(z)
    return bytes(out)


def zigzag(n: int) -> bytes:
    """Avro's variable-length form of an int or long."""
    z = n << 1 if n >= 0 else ~n << 1 | 1
    if 1 << 35 <= z < 1 << 42:  # milliseconds of our time
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


#: The two low bytes of a time, and the upper ones of the few seconds that times lie in.
_TIME_BITS = 13
_LOW_OF_TIME = [bytes((n << 1 & 127 | 128, n >> 6 | 128)) for n in range(1 << _TIME_BITS)]
_high_of_time: dict[int, bytes] = {}
_HIGHS = 4_096


def zigzag_time(ms: int) -> bytes:
    """The same for milliseconds since 1970: those of a batch differ in the low bits alone."""
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
    """`content_crc` of an event's own bytes: CRC-32 as a signed integer in Avro's form."""
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
    """The same for Avro's int: readers of 32 bits would take a larger one for another."""
    if not -(2**31) <= n < 2**31:
        raise ValueError("integer beyond 32 bits")
    return zigzag(n)


#: What a union with null puts before a value that is there.
SOME = b"\2"
#: Numbers that are kept encoded: as many as coordinates need.
LOW_NUMBERS = 16_384
LOW = [zigzag(n) for n in range(LOW_NUMBERS)]
SOME_LOW = [SOME + encoded for encoded in LOW]


class _Lengths(dict[int, bytes]):
    """Small numbers from a table, others computed and not kept."""

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
    """Encoded short texts: what comes again and again (pages, selectors, names) costs a look-up.

    Holds at most `MOST_TEXTS` of them and then begins anew.
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

#: Wide enough for every decimal that the schemas hold; what it would round, it refuses.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow, Underflow])


def decimal_bytes(value: Decimal, precision: int, scale: int) -> bytes:
    """Unscaled two's complement of a decimal; ValueError where digits would be lost."""
    try:
        shifted = _EXACT.scaleb(value, scale)
        unscaled = int(shifted) if shifted.adjusted() < precision else 10**precision
    except (ArithmeticError, ValueError):
        raise ValueError(f"{value} does not fit decimal({precision},{scale})") from None
    if unscaled != shifted or abs(unscaled) >= 10**precision:
        raise ValueError(f"{value} does not fit decimal({precision},{scale})")
    return unscaled.to_bytes((unscaled.bit_length() // 8) + 1, "big", signed=True)
