"""Cart: products put into carts, with images and e-mails; some without a session."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import STORES, BodyAndFields, Maker


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    number = rng.randrange(5)
    image = "https://cdn.example/generated.png" if rng.random() < 0.5 else None
    fields |= {
        "store_name": STORES[fields["store_id"]], "product_id": str(number),
        "product_title": f"Shirt {number}", "generated_image_url": image,
        "customer_email": rng.choice(("ann@mail.example", None)),
    }  # fmt: skip
    if rng.random() < 0.2:
        fields["session_id"] = None  # keyed by its store
    body = {
        "storeName": fields["store_name"], "productId": number,
        "productTitle": fields["product_title"], "generatedImageUrl": image,
        "customerEmail": fields["customer_email"], "sessionId": fields["session_id"],
        "visitorId": fields["visitor_id"],
    }  # fmt: skip
    return body, fields


MAKER = Maker(
    make=make,
    conflict=("productTitle", "product_title", "Conflict"),
    mistakes=(("storeName", "  "), ("customerEmail", "nobody"), ("sessionId", "a b")),
    path="/api/cart-tracking/track",
    batch_path="/api/cart-tracking/track-batch",
    camel_case=True,
    text_field="product_title",
)
