"""Validate a purchase's arguments on the server."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storepulse.domain.currencies import amount, currency
from storepulse.domain.errors import Rejected

_KEY = "purchase:"
_KEY_CHARACTERS = 255
#: JavaScript's numbers are exact up to this many digits.
_SAFE_DIGITS = 15


def purchase_fields(order_value: object, code: object, order_id: object) -> dict[str, Any]:
    """The call's argument. Raises ValueError with the argument's name and the reason."""
    return {
        "value": _value(order_value),
        "currency": _currency(code),
        "order_id": _order_id(order_id),
    }


def _value(stated: object) -> int | float | str:
    """A number if JavaScript has it exactly, else text, which the gateway accepts too."""
    if isinstance(stated, bool) or not isinstance(stated, int | float | str | Decimal):
        raise ValueError("order_value: must be a number, or the text of one")
    try:
        if isinstance(stated, Decimal):
            if not stated.is_finite():
                raise Rejected("order_value", "is not a number")
            stated = f"{stated.normalize():f}"
        found = amount("order_value", stated)
    except Rejected as error:
        raise ValueError(str(error)) from None
    if found < 0:
        raise ValueError("order_value: is below 0")
    text = f"{found.normalize():f}"
    if len(text.replace(".", "")) > _SAFE_DIGITS:
        return text
    # An amount has at most four decimals, for which repr uses no exponent.
    return float(text) if "." in text else int(text)


def _currency(stated: object) -> str:
    if not isinstance(stated, str) or not stated.isascii() or stated != stated.upper():
        raise ValueError("currency: must be three capital letters of ISO 4217")
    try:
        return currency("currency", stated)
    except Rejected as error:
        raise ValueError(str(error)) from None


def _order_id(stated: object) -> str:
    if isinstance(stated, bool) or not isinstance(stated, str | int):
        raise ValueError("order_id: must be text or a whole number")
    order = str(stated)
    most = _KEY_CHARACTERS - len(_KEY)
    if not order.strip() or len(order) > most:
        raise ValueError(f"order_id: must have 1 to {most} characters")
    return order
