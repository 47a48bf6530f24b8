"""Money: ISO 4217 codes, and amounts that the product keeps exactly.

The codes are those of the standard's list one (active currencies, funds and metals), as the
package `iso4217` carries it. What the standard withdrew before 2026 (ANG, BGN) is refused; what it
withdraws later stays accepted.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from iso4217 import Currency

from storepulse.domain.errors import Rejected

#: Codes of the list that name no money: for tests, and for no currency.
_NO_CURRENCIES = frozenset({"XTS", "XXX"})
#: Codes that a later list dropped, with their minor units. An event that was accepted stays valid:
#: agents may read it for weeks, and again in a recount.
WITHDRAWN: dict[str, int | None] = {}
#: Of each code, its minor units; None for funds and metals that have none.
_MINOR_UNITS = WITHDRAWN | {c.code: c.exponent for c in Currency if c.code not in _NO_CURRENCIES}
CURRENCIES = frozenset(_MINOR_UNITS)

DECIMAL_PLACES = 4
_SMALLEST = Decimal((0, (1,), -DECIMAL_PLACES))
#: An amount as text; longer ones are none.
_AMOUNT_CHARACTERS = 64
_is_decimal = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?").fullmatch
#: Amounts from here on are no prices.
ABSURD = 10**12


def currency(field: str, code: str) -> str:
    """The code in upper case; raises Rejected for one that ISO 4217 does not list."""
    upper = code.upper()
    if upper not in CURRENCIES:
        raise Rejected(field, "is not an ISO 4217 currency")
    return upper


def minor_units(code: str) -> int:
    """The decimals of a currency's amounts: 2 for EUR, 0 for JPY, 3 for KWD.

    Four, as many as are kept, where ISO 4217 says that there are no minor units (XAU, XDR), and for
    a code that it does not know: nothing is rounded off.
    """
    places = _MINOR_UNITS.get(code)
    return DECIMAL_PLACES if places is None else places


def decimal_of(field: str, value: str) -> Decimal:
    """The number that a text states in ASCII digits; raises Rejected for anything else."""
    text = value.strip()
    if len(text) > _AMOUNT_CHARACTERS or _is_decimal(text) is None:
        raise Rejected(field, "is not a number")
    return Decimal(text)


def amount(field: str, value: float | str) -> Decimal:
    """The amount that a client wrote as JSON number or as text.

    A number is rounded to four decimals, since most decimals are none in binary: 0.1 + 0.2 is 0.3.
    Text is exact: ASCII digits, and refused with more than four decimals. Raises Rejected.
    """
    if isinstance(value, str):
        return money(field, decimal_of(field, value))
    if not -ABSURD < value < ABSURD or not math.isfinite(value):
        # As money says it of text; nothing so large is rounded.
        raise Rejected(field, "is not a price: 1,000,000,000,000 or more")
    if not value:
        return Decimal(0)
    # repr of a float is the shortest text that reads back: what the client wrote.
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
    """The amount, exactly as sent, without trailing zeros after the fourth decimal.

    Raises Rejected for what is no number, has more than four decimals or is no price.
    """
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise Rejected(field, "is not a finite number")
    if not value:
        return Decimal(0)  # whatever its exponent
    if value.adjusted() >= len(str(ABSURD)) - 1:
        raise Rejected(field, "is not a price: 1,000,000,000,000 or more")
    surplus = -exponent - DECIMAL_PLACES
    if surplus <= 0:
        return value
    if any(digits[max(0, len(digits) - surplus) :]):
        raise Rejected(field, "has more than four decimals")
    return Decimal((sign, digits[:-surplus] or (0,), -DECIMAL_PLACES))
