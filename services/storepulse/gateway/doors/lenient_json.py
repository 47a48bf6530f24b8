"""Decode JSON from other parties, of which only a few fields matter: oddities elsewhere are
tolerated.

Half a surrogate pair becomes U+FFFD. A number beyond a float's range becomes infinite, so that it
is no valid amount, and an integer longer than Python reads becomes None. Invalid JSON is still
refused.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.gateway.half_surrogates import DECODE_ERRORS, replace_halves
from storepulse.streams.wording import translated

_decode = msgspec.json.Decoder().decode
#: Python refuses to parse longer integers.
_DIGITS = 4_000


def decode_leniently(body: bytes) -> Any:
    """Decode a document. Raises Rejected if it is not JSON in UTF-8, or nested too deeply."""
    try:
        return _decode(body)
    except DECODE_ERRORS as error:
        refusal = translated(error)
    try:
        text = replace_halves(body).decode()
        return json.loads(text, parse_int=_integer_of, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # The first decoder's error is reported because it names the position.
        raise refusal from None


def _integer_of(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _refuse(name: str) -> Any:
    raise Rejected("", f"The body is not valid JSON: {name}")
