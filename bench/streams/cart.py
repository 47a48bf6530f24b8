"""Cart: products put into carts, half of them with a generated image, some with an e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes, skewed

PRODUCTS = 500


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    for person, envelope in envelopes(rnd, since_ms, until_ms, count):
        product = skewed(rnd, PRODUCTS)
        image = f"https://cdn.example/{rnd.getrandbits(32):08x}"
        has_image = rnd.random() < 0.5
        yield {
            "storeId": envelope["store_id"],
            "sessionId": envelope["session_id"],
            "visitorId": envelope["visitor_id"],
            "eventId": envelope["event_id"],
            "timestamp": envelope["timestamp"],
            "storeName": f"shop-{person % 10}.myshopify.com",
            "productId": product,
            "variantId": str(product * 10),
            "productTitle": f"Item {product}",
            "productUrl": f"https://shop-{person % 10}.example/products/item-{product}",
            "generatedImageUrl": f"{image}/tryon.png" if has_image else None,
            "personImageUrl": f"{image}/me.jpg" if has_image else None,
            "customerEmail": f"person{person}@mail.example" if person % 3 == 0 else None,
        }
