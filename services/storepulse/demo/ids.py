"""Ids as clients generate them (RFC 9562), from the run's random generator, so repeatable."""

from __future__ import annotations

from random import Random


def uuid7(milliseconds: int, rng: Random) -> str:
    """Version 7, as the tracker generates: it begins with the event's time."""
    return _with_hyphens(f"{milliseconds:012x}", "7", rng.getrandbits(76))


def uuid4(rng: Random) -> str:
    """Version 4, as most servers' libraries generate."""
    bits = rng.getrandbits(124)
    return _with_hyphens(f"{bits >> 76:012x}", "4", bits & (1 << 76) - 1)


def _with_hyphens(first: str, version: str, bits: int) -> str:
    """The id from 48 bits in hex, the version, and 76 bits, two of which become the variant."""
    middle, last = bits >> 64, bits & (1 << 62) - 1 | 1 << 63
    tail = f"{last:016x}"
    return f"{first[:8]}-{first[8:]}-{version}{middle:03x}-{tail[:4]}-{tail[4:]}"
