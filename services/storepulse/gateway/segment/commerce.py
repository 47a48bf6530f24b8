"""Map products, amounts and orders of Segment's ecommerce spec and of GA4 to beacon fields.

Each function takes the event's properties and returns which of them it has used, so that the others
are kept as they are. Descriptive values never cost an event: a price that cannot be read stays
among the properties. An order's number, amount and currency must be valid.
"""

from __future__ import annotations

from typing import Any

from storepulse.domain.currencies import amount, amount_or_none, currency
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.gateway.segment.json_parts import JsonObject, first_name_of, id_at, text_of
from storepulse.streams.order_lines import MOST_LINES

_PRODUCT = ("product_id", "productId", "item_id", "id", "sku")
_NAME = ("name", "product_name", "item_name", "title")
_LISTS = ("products", "items")
_ORDER = ("order_id", "orderId", "transaction_id")
_TOTAL = ("total", "value", "revenue", "subtotal")
_REFUND = ("refund_id", "refundId")
_QUERY = ("query", "search_term", "search")
_TITLE_CHARACTERS = 1_000
_QUERY_CHARACTERS = 512
_MOST_PIECES = 2**31 - 1
_AT = "properties."

#: Fields of a beacon, and the names of the properties that they came from.
Taken = tuple[dict[str, Any], set[str]]


def product_fields(properties: JsonObject, *, counts_pieces: bool) -> Taken:
    """The product of a view, an addition or a removal: the properties' own, else the list's first.

    `counts_pieces`: whether the amount covers all pieces.
    """
    lines, whole = _lines_of(properties)
    own = first_name_of(properties, _PRODUCT) is not None
    listed: Any = next((one for name in _LISTS for one in _list(properties, name)), {})
    product = properties if own else listed if isinstance(listed, dict) else {}
    fields, taken = _product(product)
    value, value_taken = _value_of(properties, product, fields, counts_pieces=counts_pieces)
    fields |= value
    if not own:
        # Names inside the list are not names of properties.
        taken = set()
        if len(lines) > 1:
            fields["items"], taken = lines, whole
    return fields, taken | value_taken


def _product(product: JsonObject) -> Taken:
    fields: dict[str, Any] = {}
    taken: set[str] = set()
    for field, names, read in (
        ("product_id", _PRODUCT, _id_of),
        ("product_name", _NAME, lambda value: text_of(value, _TITLE_CHARACTERS)),
        ("quantity", ("quantity",), _pieces_of),
    ):
        name = first_name_of(product, names)
        value = None if name is None else read(product[name])
        if name is not None and value is not None:
            fields[field] = value
            taken.add(name)
    return fields, taken


def _value_of(
    properties: JsonObject, product: JsonObject, fields: JsonObject, *, counts_pieces: bool
) -> Taken:
    """The stated amount, else the product's price."""
    stated, taken = amount_or_none(properties.get("value")), {"value"}
    if stated is None:
        price, taken = amount_or_none(product.get("price")), set()
        if price is None:
            return {}, set()
        pieces = fields.get("quantity", 1) if counts_pieces else 1
        stated = amount_or_none(f"{price * pieces:f}")
        if stated is None:
            return {}, set()
        # The price of one piece is kept if the amount differs from it.
        taken = {"price"} if product is properties and pieces == 1 else set()
    try:
        code = currency("currency", properties["currency"])
    except (KeyError, AttributeError, Rejected):
        return {"value": f"{stated:f}"}, taken
    return {"value": f"{stated:f}", "currency": code}, taken | {"currency"}


def order_fields(properties: JsonObject) -> Taken:
    """An order's number, amount, currency and lines.

    Raises Rejected for an invalid number, amount or currency.
    """
    fields: dict[str, Any] = {}
    taken: set[str] = set()
    for field, names in (("order_id", _ORDER), ("value", _TOTAL)):
        name = first_name_of(properties, names)
        if name is None:
            continue
        stated = id_at(properties, name, _AT) if field == "order_id" else _total(properties, name)
        if stated is not None:
            fields[field] = stated
            taken.add(name)
    code = properties.get("currency")
    if code not in (None, ""):
        if not isinstance(code, str):
            raise Rejected(f"{_AT}currency", "must be text")
        fields["currency"] = currency(f"{_AT}currency", code)
        taken.add("currency")
    lines, whole = _lines_of(properties)
    if lines:
        fields["items"] = lines
    return fields, taken | whole


def numbered_order_fields(properties: JsonObject) -> Taken:
    """The same fields for an order that must have a number. Raises Rejected."""
    fields, taken = order_fields(properties)
    if "order_id" not in fields:
        raise Rejected(f"{_AT}order_id", REQUIRED)
    return fields, taken


def refund_fields(properties: JsonObject, message_id: str | None) -> Taken:
    """The fields of one refund; `total`, `value` or `revenue` is the refunded amount.

    Raises Rejected if that or the order's number is missing.
    """
    fields, taken = numbered_order_fields(properties)
    value = fields.pop("value", None)
    if value is None:
        raise Rejected(f"{_AT}total", "is required: how much went back")
    name = first_name_of(properties, _REFUND)
    refund = message_id if name is None else id_at(properties, name, _AT)
    if refund is None:
        fields.pop("items", None)
        return fields | {"refunded": value}, taken
    taken |= set() if name is None else {name}
    return fields | {"refund_id": refund, "refund_value": value}, taken


def search_fields(properties: JsonObject) -> Taken:
    """The search query."""
    name = first_name_of(properties, _QUERY)
    query = None if name is None else text_of(properties[name], _QUERY_CHARACTERS)
    return ({}, set()) if name is None or query is None else ({"search_query": query}, {name})


def _lines_of(properties: JsonObject) -> tuple[list[dict[str, Any]], set[str]]:
    """The readable lines, and the name of their list if nothing else is in it."""
    name = next((name for name in _LISTS if _list(properties, name)), None)
    if name is None:
        return [], set()
    lines: list[dict[str, Any]] = []
    is_whole = True
    for product in properties[name]:
        line, taken = _product(product) if isinstance(product, dict) else ({}, set())
        price = amount_or_none(product.get("price")) if line else None
        if "product_id" not in line or price is None or len(lines) == MOST_LINES:
            is_whole = False
            continue
        is_whole = is_whole and taken | {"price"} == set(product)
        title = line.pop("product_name", None)
        lines.append({"name": title, "quantity": 1, **line, "price": f"{price:f}"})
    return lines, {name} if is_whole else set()


def _list(properties: JsonObject, name: str) -> list[Any]:
    value = properties.get(name)
    return value if isinstance(value, list) else []


def _id_of(value: Any) -> str | None:
    try:
        return id_at({"id": value}, "id")
    except Rejected:
        return None


def _pieces_of(value: Any) -> int | None:
    """A number of pieces, also as `2.0` or as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value <= _MOST_PIECES else None


def _total(properties: JsonObject, name: str) -> str:
    value, field = properties[name], _AT + name
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Rejected(field, "must be a number")
    money = amount(field, value)
    if money < 0:
        raise Rejected(field, "is below 0")
    return f"{money:f}"
