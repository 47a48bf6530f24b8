"""Lines of Shopify's orders and refunds as items of a beacon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from storepulse.domain.currencies import amount_or_none
from storepulse.streams.order.shopify_values import Body, object_of, objects_of, text_of
from storepulse.streams.order_lines import MOST_LINES

_MOST_PIECES = 2**31 - 1

Items = list[dict[str, Any]]


def bought_items(order: Body, returned: Mapping[str, int]) -> tuple[Items | None, int]:
    """Return the order's lines before refunds, and how many were dropped.

    `current_quantity` excludes removed and returned units; `returned` has the refunded ones of
    these, by the line's id.
    """
    return _items_of(_bought(line, returned) for line in objects_of(order, "line_items"))


def returned_items(refund: Body) -> Items | None:
    """Return the returned items at the price of the order's line, so that a full return adds up to
    zero."""
    items, _ = _items_of(
        {**object_of(line, "line_item"), "quantity": line.get("quantity")}
        for line in objects_of(refund, "refund_line_items")
    )
    return items


def pieces_returned(refunds: Iterable[Body]) -> Counter[str]:
    """Return how many units of each line of the order came back with these refunds."""
    pieces: Counter[str] = Counter()
    for refund in refunds:
        for line in objects_of(refund, "refund_line_items"):
            own_id = object_of(line, "line_item").get("id")
            number, quantity = text_of(line.get("line_item_id", own_id)), line.get("quantity")
            if number is not None and type(quantity) is int and quantity > 0:
                pieces[number] += quantity
    return pieces


def _bought(line: Body, returned: Mapping[str, int]) -> Body:
    quantity, current = line.get("quantity"), line.get("current_quantity")
    if type(quantity) is not int or type(current) is not int or current < 0:
        return line
    came_back = returned.get(text_of(line.get("id")) or "", 0)
    return {**line, "quantity": min(quantity, current + came_back)}


def _items_of(lines: Iterable[Body]) -> tuple[Items | None, int]:
    """Return the lines, merged by product and price, and how many of them were dropped.

    The hundred lines of the highest value are kept.
    """
    pieces: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    for line in lines:
        product, price = text_of(line.get("product_id")), amount_or_none(line.get("price"))
        quantity = line.get("quantity")
        if product is None or price is None or type(quantity) is not int or quantity <= 0:
            continue
        pieces[product, f"{price:f}"] += quantity
        if title := text_of(line.get("title")):
            names.setdefault(product, title)
    dearest = sorted(pieces, key=lambda key: (-pieces[key] * Decimal(key[1]), key))
    items = [
        {
            "product_id": product,
            **({"name": names[product]} if product in names else {}),
            "quantity": min(pieces[product, price], _MOST_PIECES),
            "price": price,
        }
        for product, price in dearest[:MOST_LINES]
    ]
    return items or None, max(len(dearest) - MOST_LINES, 0)
