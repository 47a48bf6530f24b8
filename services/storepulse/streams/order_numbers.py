"""The numbers of orders: where a client states one in free-form fields, what they compare by, and
what only looks like one.

Shops print a number with a sign before it (`#1001`), and Shopify's API has a longer name for its
own (`gid://shopify/Order/450789469`). Orders are compared without these, so each is told by its
bare number as well.

Clients that do not know the number send `undefined`, `null` or a sign without a number. Whoever
took these for numbers would make one order of all purchases without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storepulse.domain.identities import PLACEHOLDERS
from storepulse.streams.beacon import Rules, trimmed_id

#: The first name that is there counts.
ORDER_NAMES = ("order_id", "orderId", "transaction_id")
ORDER_CHARACTERS = 255
NO_NUMBER = "is not an order number, so the event counts as one without an order"

_SIGN = r"(?:gid://shopify/Order(?:Identity)?/|#)"
#: The signs before a number and the bare number, also in polars.
NUMBER_TEXT = rf"(?s)^{_SIGN}+(.+)$"
_NEGATIVE = "-1"
_WORDS = "|".join(sorted(word.strip("[]") for word in PLACEHOLDERS - {_NEGATIVE}))
#: Signs, and behind them nothing, or a word for nothing, between any marks: what is no number. In
#: polars; `is_order_number` asks the same.
PLACEHOLDER_TEXT = (
    rf"(?is)^{_SIGN}*(?:{_NEGATIVE}|[^\p{{L}}\p{{N}}]*(?:{_WORDS})?[^\p{{L}}\p{{N}}]*)$"
)
_signed = re.compile(NUMBER_TEXT).match
# Possessive: text of marks alone is not tried in every way.
_is_placeholder = re.compile(
    rf"(?is){_SIGN}*+(?:{_NEGATIVE}|[\W_]*+(?:{_WORDS})?[\W_]*+)"
).fullmatch


def is_order_number(text: str) -> bool:
    """Whether the text holds a number, and not only what stands for none."""
    if text.isdecimal():  # most of them
        return text != "0"
    return _is_placeholder(text) is None


def order_number(field: str, stated: str | int | None, rules: Rules) -> str | None:
    """An order's number without blanks around it. None for none, and for what stands for none, of
    which `rules` is told."""
    number = trimmed_id(stated)
    if number is None or is_order_number(number):
        return number
    rules.warn((field, NO_NUMBER))
    return None


def take_order_number(
    field: str, fields: Mapping[str, Any], rules: Rules
) -> tuple[dict[str, Any], str | None]:
    """The fields without the order's number, and the number. What stands for none is left out, and
    `rules` told of it as part of `field`; what is none for other reasons stays there."""
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
    """The number without the signs before it; signs alone stay."""
    found = _signed(number)
    return found[1] if found else number
