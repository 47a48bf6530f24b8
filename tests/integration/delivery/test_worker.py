"""The process as a whole: from `events.*` to a receiver, over crashes and outages."""

from __future__ import annotations

from tests.integration.delivery.events import Shop
from tests.support.receiver import Receiver


def test_events_reach_the_destinations_that_want_them(shop: Shop, receiver: Receiver) -> None:
    everything = shop.destination("everything", receiver.url)
    with Receiver() as other:
        carts = shop.destination("carts", other.url, streams=frozenset({"cart"}))
        with shop.delivery().wait_ready():
            activity = shop.publish("activity", range(40))
            cart = shop.publish("cart", range(100, 110))
            shop.wait_until(lambda: shop.sent(everything) == 50 and shop.sent(carts) == 10, "sent")
    assert receiver.effects() == dict.fromkeys(activity + cart, 1)
    assert other.effects() == dict.fromkeys(cart, 1)
