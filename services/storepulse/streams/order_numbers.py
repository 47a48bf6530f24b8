"""The number of an order where a client states it in free-form fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storepulse.streams.beacon import trimmed_id

#: The first name that is there counts.
ORDER_NAMES = ("order_id", "orderId", "transaction_id")
ORDER_CHARACTERS = 255


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
