"""Order lines: the contents of a purchase, from a beacon's list to the JSON text of a record.

A record has them in exactly one form: without spaces, in this field order, with `name` if there is
one: `[{"product_id":"1","name":"Mug","quantity":2,"price":"9.5"}]`. `price` is per unit, as decimal
text in the event's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from storepulse.domain.currencies import amount
from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import value_of_json
from storepulse.streams.wording import translated

MOST_LINES = 100

ProductId = (
    Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    | Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
)


Price = float | Annotated[str, msgspec.Meta(extra_json_schema={"format": "decimal"})]


class OrderLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One line of an order. `price` is per unit: text, or a number, which is rounded."""

    product_id: ProductId
    name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    quantity: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 1
    price: Price


OrderLines = Annotated[list[OrderLine], msgspec.Meta(max_length=MOST_LINES)] | None


def text_of_lines(field: str, lines: Sequence[OrderLine] | None) -> str | None:
    """Return the lines in a record's form, or None. Raises Rejected for NUL or a bad price."""
    if not lines:
        return None
    written: list[dict[str, Any]] = []
    for index, line in enumerate(lines):
        product = str(line.product_id)
        if "\0" in product:
            raise Rejected(f"{field}[{index}].product_id", "contains NUL")
        row: dict[str, Any] = {"product_id": product}
        if line.name:
            row["name"] = line.name.replace("\0", "\ufffd")
        row["quantity"] = line.quantity
        row["price"] = f"{amount(f'{field}[{index}].price', line.price):f}"
        written.append(row)
    return msgspec.json.encode(written).decode()


def lines_of_value(field: str, value: Any) -> list[OrderLine] | None:
    """Return the lines in a free-form object. Raises Rejected with the field for anything else."""
    if value is None or value == "":
        return None
    try:
        lines: list[OrderLine] | None = msgspec.convert(value, OrderLines, strict=True)
    except msgspec.ValidationError as error:
        said = translated(error)
        path = said.field.removeprefix(".")
        place = field if not path else f"{field}{path if path.startswith('[') else '.' + path}"
        raise Rejected(place, said.reason) from None
    return lines


def lines_of_text(field: str, text: str | None) -> list[Any] | None:
    """Return the list that a record has as JSON text. Raises Rejected for anything else."""
    return None if text is None else value_of_json(field, text, list, "list")
