"""A visit in a scene: it has a given time, and ids that are the same in each run with its seed."""

from __future__ import annotations

from random import Random

from storepulse.demo.beacons import PATHS
from storepulse.demo.ids import uuid7
from storepulse.demo.shops import CatalogProduct, Shop
from storepulse.demo.streams import activity
from storepulse.demo.traffic import Plan
from storepulse.demo.visit import Visit
from storepulse.demo.visitors import DemoPerson
from storepulse.domain.envelope import iso_ms
from storepulse.domain.identity import id_of_key, namespace_of

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


class SceneVisit(Visit):
    """Visit `number` of a scene, by a new visitor. `now` is in epoch milliseconds."""

    def __init__(self, plan: Plan, shop: Shop, scene: str, number: int, now: int) -> None:
        rng = Random(f"{plan.seed} {plan.start} {scene} {number}")  # noqa: S311 - repeatable
        super().__init__(rng, shop, _person(rng, number), now, trusted=plan.trusted)
        self.gives_ids = True
        self._id_at = plan.start

    def new_id(self) -> str:
        """An event id that does not depend on the time of the run."""
        self._id_at += 1
        return uuid7(self._id_at, self.rng)

    def put_into_cart(self, product: CatalogProduct) -> None:
        """Sends the cart's beacon."""
        shop, person = self.shop, self.person
        key = f"cart-{self.rng.getrandbits(64):x}"
        sent = {
            "storeName": shop.domain, "productId": product.id, "productTitle": product.names[0],
            "productUrl": shop.url(product.path), "visitorId": person.visitor_id,
            "sessionId": self.session_id, "source": "tracker", "idempotencyKey": key,
            "timestamp": iso_ms(self.now), "userAgent": person.user_agent,
        }  # fmt: skip
        space = namespace_of(shop.store_id, "cart", trusted=self.trusted)
        event = self.event(
            "cart", id_of_key(space, key), store_name=shop.domain, product_id=product.id,
            product_title=product.names[0], generated_image_url=None, person_image_url=None,
            clothing_image_url=None, customer_first_name=None, customer_last_name=None,
            email_hash=None,
        )  # fmt: skip
        self.add(PATHS["cart"], [self.entry("cart", "cart_add", sent, event)])

    def buy(self, product: CatalogProduct) -> None:
        """Sends the order of one product, as the thank-you page does."""
        number = f"o-{self.rng.getrandbits(40):x}"
        activity.act(
            self, "purchase", page_url=self.shop.url("/thanks"), order_id=number,
            product_id=product.id, quantity=1, value=product.price, currency=self.shop.currency,
        )  # fmt: skip


def _person(rng: Random, number: int) -> DemoPerson:
    bits = rng.getrandbits(80)
    return DemoPerson(
        visitor_id=f"v_{bits:020x}",
        ip=f"2001:db8:{bits & 0xFFFF:x}::{number + 1:x}",
        user_agent=_BROWSER,
        is_bot=False,
        device="desktop",
        width=1440,
        height=900,
        consent=None,
        email=None,
    )
