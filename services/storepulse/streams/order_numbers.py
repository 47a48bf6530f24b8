"""The numbers of orders: where a client states one in free-form fields, and what they compare by.

Shops print a number with a sign before it (`#1001`), and Shopify's API has a longer name for its
own (`gid://shopify/Order/450789469`). Orders are compared without these, so each is told by its
bare number as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storepulse.streams.beacon import trimmed_id

#: The first name that is there counts.
ORDER_NAMES = ("order_id", "orderId", "transaction_id")
ORDER_CHARACTERS = 255
#: The signs before a number and the bare number, also in polars.
NUMBER_TEXT = r"(?s)^(?:gid://shopify/Order(?:Identity)?/|#)+(.+)$"
_signed = re.compile(NUMBER_TEXT).match


def take_order_number(fields: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The fields without the order's number, and the number; what is no such number stays there."""
    for name in ORDER_NAMES:
        value = fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str):
            continue
        number = trimmed_id(value)
        if number and len(number) <= ORDER_CHARACTERS:
            return {key: item for key, item in fields.items() if key != name}, number
    return dict(fields), None


def bare_number(number: str) -> str:
    """The number without the signs before it; signs alone stay."""
    found = _signed(number)
    return found[1] if found else number
