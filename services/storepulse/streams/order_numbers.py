"""Order numbers: where clients send one in free-form fields, their form for comparison, and
placeholders.

Shops print a number with a prefix (`#1001`), and Shopify's API has a longer form
(`gid://shopify/Order/450789469`). Orders are compared by the bare number without these prefixes.

Clients that do not know the number send `undefined`, `null` or a prefix without a number. Taken as
numbers, these would merge all such purchases into one order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storepulse.domain.identities import PLACEHOLDERS
from storepulse.streams.beacon import Rules, trimmed_id

#: Names of the field; the first one with a value counts.
ORDER_NAMES = ("order_id", "orderId", "transaction_id")
ORDER_CHARACTERS = 255
NO_NUMBER = "is not an order number, so the event counts as one without an order"

_SIGN = r"(?:gid://shopify/Order(?:Identity)?/|#)"
#: Prefixes and the bare number; also used by polars.
NUMBER_TEXT = rf"(?s)^{_SIGN}+(.+)$"
_NEGATIVE = "-1"
_WORDS = "|".join(sorted(word.strip("[]") for word in PLACEHOLDERS - {_NEGATIVE}))
#: Placeholders: prefixes followed by nothing, or by a word for nothing between any punctuation. For
#: polars; `is_order_number` checks the same.
PLACEHOLDER_TEXT = (
    rf"(?is)^{_SIGN}*(?:{_NEGATIVE}|[^\p{{L}}\p{{N}}]*(?:{_WORDS})?[^\p{{L}}\p{{N}}]*)$"
)
_signed = re.compile(NUMBER_TEXT).match
# Possessive quantifiers, to avoid backtracking in text of punctuation only.
_is_placeholder = re.compile(
    rf"(?is){_SIGN}*+(?:{_NEGATIVE}|[\W_]*+(?:{_WORDS})?[\W_]*+)"
).fullmatch


def is_order_number(text: str) -> bool:
    """Whether the text contains a number and is not a placeholder."""
    if text.isdecimal():  # most of them
        return text != "0"
    return _is_placeholder(text) is None


def order_number(field: str, stated: str | int | None, rules: Rules) -> str | None:
    """Return an order's number without surrounding white space.

    Returns None if there is none, and for a placeholder, with a warning through `rules`.
    """
    number = trimmed_id(stated)
    if number is None or is_order_number(number):
        return number
    rules.warn((field, NO_NUMBER))
    return None


def take_order_number(
    field: str, fields: Mapping[str, Any], rules: Rules
) -> tuple[dict[str, Any], str | None]:
    """Return the fields without the order's number, and the number.

    A placeholder is removed with a warning through `rules`, as part of `field`. A value that is
    invalid for other reasons stays.
    """
    rest = dict(fields)
    for name in ORDER_NAMES:
        value = rest.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str):
            continue
        stated = trimmed_id(value)
        if stated is None or len(stated) > ORDER_CHARACTERS:
            continue
        del rest[name]
        if number := order_number(f"{field}.{name}", stated, rules):
            return rest, number
    return rest, None


def bare_number(number: str) -> str:
    """Return the number without its prefixes; prefixes alone stay."""
    found = _signed(number)
    return found[1] if found else number
