"""JSON of others' bodies, of which we read a few fields: what is odd elsewhere costs nothing.

Half a surrogate pair becomes U+FFFD, wherever it stands. A number that no float holds is infinite,
so that whoever reads it finds no amount, and a longer integer than Python reads is none. What is no
JSON stays none.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.gateway.half_surrogates import DECODE_ERRORS, replace_halves
from storepulse.streams.wording import translated

_decode = msgspec.json.Decoder().decode
#: Python reads no longer integers.
_DIGITS = 4_000


def decode_leniently(body: bytes) -> Any:
    """The document. Raises Rejected for what is no JSON in UTF-8, and for what is nested too
    deeply."""
    try:
        return _decode(body)
    except DECODE_ERRORS as error:
        refusal = translated(error)
    try:
        text = replace_halves(body).decode()
        return json.loads(text, parse_int=_integer_of, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # As the first reader says it: it names the place.
        raise refusal from None


def _integer_of(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _refuse(name: str) -> Any:
    raise Rejected("", f"The body is not valid JSON: {name}")
