"""Activity: a shop's pages, its products, and one purchase in fifty events."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes, skewed

#: Types and how common they are.
TYPES = {
    "page_view": 45, "product_view": 30, "search": 7, "add_to_cart": 9, "remove_from_cart": 2,
    "checkout_start": 4, "purchase": 2, "custom": 1,
}  # fmt: skip
PRODUCTS = 500
REFERRERS = ("https://www.google.com/", "https://www.instagram.com/", None, None)


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    kinds = rnd.choices(list(TYPES), list(TYPES.values()), k=count)
    source = envelopes(rnd, since_ms, until_ms, count)
    for kind, (person, envelope) in zip(kinds, source, strict=True):
        product = skewed(rnd, PRODUCTS)
        shop = f"https://shop-{person % 10}.example"
        beacon = envelope | {
            "activity_type": kind,
            "page_url": f"{shop}/products/item-{product}?ref=home",
            "referrer": rnd.choice(REFERRERS),
        }
        if kind in ("product_view", "add_to_cart", "remove_from_cart", "purchase"):
            beacon |= {"product_id": str(product), "product_name": f"Item {product}"}
        if kind in ("add_to_cart", "remove_from_cart", "purchase"):
            beacon["quantity"] = rnd.randrange(1, 4)
        if kind == "purchase":
            beacon |= {
                "order_id": f"o-{rnd.getrandbits(40):x}", "value": f"{rnd.randrange(5, 300)}.90",
                "currency": "EUR", "customer_id": str(person),
            }  # fmt: skip
        if kind == "search":
            beacon["search_query"] = f"item {skewed(rnd, PRODUCTS)}"
        yield beacon
