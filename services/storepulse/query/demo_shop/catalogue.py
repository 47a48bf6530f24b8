"""The shop's products on its server. Prices come from here, never from a page."""

from __future__ import annotations

from decimal import Decimal

from storepulse.client.fields import Line

CURRENCY = "EUR"
#: By product id. The pages have the same in services/shop/src/catalogue.ts; a test compares them.
PRICES = {
    "coat-camel": Decimal("289.00"),
    "knit-rust": Decimal("129.00"),
    "tee-breton": Decimal("45.00"),
    "dress-garnet": Decimal("119.00"),
    "skirt-ochre": Decimal("89.00"),
    "trousers-denim": Decimal("139.00"),
    "tee-oat": Decimal("39.00"),
    "knit-moss": Decimal("109.00"),
    "beanie-coral": Decimal("32.00"),
    "coat-check": Decimal("259.00"),
    "dress-pine": Decimal("149.00"),
    "tote-canvas": Decimal("48.00"),
}
MODELS = ("ada", "bo", "cleo")


def lines_of(cart: list[tuple[str, int]]) -> list[Line]:
    """The lines of an order in the form of events, from products and quantities."""
    return [
        {"product_id": product, "quantity": quantity, "price": str(PRICES[product])}
        for product, quantity in cart
    ]


def total_of(cart: list[tuple[str, int]]) -> Decimal:
    """The total of an order."""
    return sum((PRICES[product] * quantity for product, quantity in cart), Decimal("0.00"))
