"""Cart: products put into carts, with generated images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storepulse.demo.beacons import PATHS
from storepulse.demo.ids import uuid4
from storepulse.demo.part import Mistake, Part, Read, Told
from storepulse.demo.shops import CatalogProduct
from storepulse.demo.visit import Visit, id_as_sent
from storepulse.domain.emails import email_hash
from storepulse.domain.envelope import iso_ms
from storepulse.domain.identity import id_of_key, namespace_of


def put_into_cart(
    visit: Visit, product: CatalogProduct, name: str | None, *, image: str | None = None
) -> None:
    """Sends the beacon of a product put into the cart; `image` is its generated image."""
    rng, shop, person = visit.rng, visit.shop, visit.person
    visit.now += rng.randrange(5, 400)
    key = f"cart-{rng.getrandbits(64):x}" if rng.random() < 0.3 else uuid4(rng)
    picture = f"https://cdn.example/{rng.getrandbits(48):x}"
    links = {
        "generatedImageUrl": image or (f"{picture}/tryon.png" if rng.random() < 0.6 else None),
        "personImageUrl": f"{picture}/me.jpg" if rng.random() < 0.5 else None,
        "clothingImageUrl": f"{picture}/item.jpg" if rng.random() < 0.5 else "",
    }
    session = None if rng.random() < 0.1 else visit.session_id
    no_product = rng.random() < 0.03
    title = None if no_product else name
    sent: dict[str, Any] = {
        "storeName": rng.choice(shop.spellings),
        "productId": None if no_product else id_as_sent(rng, product.id),
        "variantId": rng.choice((None, "blue-m", 41_000_000_001)),
        "productTitle": title,
        "productUrl": shop.url(product.path),
        "customerEmail": person.email,
        "visitorId": person.visitor_id,
        "customerFirstName": "Zoë" if person.email else None,
        "userAgent": person.user_agent,
        "source": "tracker",
        "sessionId": session,
        "idempotencyKey": key,
        "timestamp": iso_ms(visit.now),
        **links,
    }
    if person.consent is not None:
        sent["consent"] = person.consent
    space = namespace_of(shop.store_id, "cart", trusted=visit.trusted)
    event = visit.event(
        "cart", id_of_key(space, key), store_name=shop.domain,
        product_id=None if no_product else product.id, product_title=title,
        generated_image_url=links["generatedImageUrl"],
        person_image_url=links["personImageUrl"],
        clothing_image_url=links["clothingImageUrl"] or None,
        customer_first_name="Zoë" if person.email else None, customer_last_name=None,
        email_hash=email_hash(person.email) if person.email else None,
    ) | {"session_id": session}  # fmt: skip
    visit.add(PATHS["cart"], [visit.entry("cart", "cart_add", sent, event)])


@dataclass
class CartFigures:
    """The number of carts."""

    carts: int = 0

    def count(self, _event: dict[str, Any]) -> None:
        """Adds an event."""
        self.carts += 1

    def document(self) -> dict[str, Any]:
        """The number for the manifest."""
        return {"carts": self.carts}


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The number from the API."""
    totals = read("/api/cart-tracking/analytics", {"store_id": store})["data"]["totals"]
    yield "carts", totals["carts"]


MISTAKES = (
    Mistake("cart", "storeName", ...),
    Mistake("cart", "storeName", "   "),
    Mistake("cart", "storeName", None),
    Mistake("cart", "customerEmail", "someone at example"),
    Mistake("cart", "generatedImageUrl", "ftp://cdn.example/a.png"),
    Mistake("cart", "productUrl", "not a url"),
    Mistake("cart", "sessionId", "a/b"),
    Mistake("cart", "quantity", 2),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"productTitle": "Another title altogether"},
    figures=CartFigures,
    told=read_told,
)
