"""Money: ISO 4217 codes, and exact amounts.

The codes are those of the standard's list one (active currencies, funds and metals), from the
package `iso4217`. Codes withdrawn before 2026 (ANG, BGN) are refused; codes withdrawn later stay
accepted.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from iso4217 import Currency

from storepulse.domain.errors import Rejected

#: Codes of the list that are not money: for tests, and for no currency.
_NO_CURRENCIES = frozenset({"XTS", "XXX"})
#: Codes that a later list dropped, with their minor units. They stay valid, because agents may read
#: accepted events for weeks, and again in a recount.
WITHDRAWN: dict[str, int | None] = {}
#: The minor units of each code; None for funds and metals without any.
_MINOR_UNITS = WITHDRAWN | {c.code: c.exponent for c in Currency if c.code not in _NO_CURRENCIES}
CURRENCIES = frozenset(_MINOR_UNITS)

DECIMAL_PLACES = 4
_SMALLEST = Decimal((0, (1,), -DECIMAL_PLACES))
#: The maximum length of an amount as text.
_AMOUNT_CHARACTERS = 64
_is_decimal = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?").fullmatch
#: The limit for amounts.
ABSURD = 10**12


def currency(field: str, code: str) -> str:
    """The code in upper case. Raises Rejected for one that ISO 4217 does not list."""
    upper = code.upper()
    if upper not in CURRENCIES:
        raise Rejected(field, "is not an ISO 4217 currency")
    return upper


def minor_units(code: str) -> int:
    """The decimals of a currency's amounts: 2 for EUR, 0 for JPY, 3 for KWD.

    Four, the maximum, if ISO 4217 has no minor units for it (XAU, XDR) or does not list it, so that
    nothing is rounded.
    """
    places = _MINOR_UNITS.get(code)
    return DECIMAL_PLACES if places is None else places


def decimal_of(field: str, value: str) -> Decimal:
    """The number in a text of ASCII digits. Raises Rejected for anything else."""
    text = value.strip()
    if len(text) > _AMOUNT_CHARACTERS or _is_decimal(text) is None:
        raise Rejected(field, "is not a number")
    return Decimal(text)


def amount(field: str, value: float | str) -> Decimal:
    """The amount that a client sent as a JSON number or as text.

    A number is rounded to four decimals, because most decimals are inexact in binary: 0.1 + 0.2 is
    0.3. Text is exact: ASCII digits with at most four decimals. Raises Rejected.
    """
    if isinstance(value, str):
        return money(field, decimal_of(field, value))
    if not -ABSURD < value < ABSURD or not math.isfinite(value):
        # The same reason as `money` gives for text; such numbers are not rounded.
        raise Rejected(field, "is not a price: 1,000,000,000,000 or more")
    if not value:
        return Decimal(0)
    # The repr of a float is the shortest text that reads back as it, so it is what the client sent.
    text = repr(value)
    if len(text) - text.find(".") <= DECIMAL_PLACES + 1:  # most prices: nothing to round
        return Decimal(text)
    return money(field, Decimal(text).quantize(_SMALLEST, ROUND_HALF_EVEN))


def amount_or_none(value: Any) -> Decimal | None:
    """An amount of 0 or more, as a client wrote it; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        stated = amount("", value)
    except Rejected:
        return None
    return stated if stated >= 0 else None


def money(field: str, value: Decimal) -> Decimal:
    """The exact amount, without trailing zeros after the fourth decimal.

    Raises Rejected if it is not finite, has more than four decimals, or is too large.
    """
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise Rejected(field, "is not a finite number")
    if not value:
        return Decimal(0)  # normalises the exponent
    if value.adjusted() >= len(str(ABSURD)) - 1:
        raise Rejected(field, "is not a price: 1,000,000,000,000 or more")
    surplus = -exponent - DECIMAL_PLACES
    if surplus <= 0:
        return value
    if any(digits[max(0, len(digits) - surplus) :]):
        raise Rejected(field, "has more than four decimals")
    return Decimal((sign, digits[:-surplus] or (0,), -DECIMAL_PLACES))
