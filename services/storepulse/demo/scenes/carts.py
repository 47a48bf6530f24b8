"""Scene: visitors of a separate shop leave carts, which count as abandoned after a minute.

Nobody else visits that shop, so that the expected events are known. Each case tests a rule: a cart
with a product is abandoned, and so is a begun checkout. A cart is not abandoned if it was bought,
if the same person bought in another session, if it was emptied, or if it never had a product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storepulse.demo.beacons import Visitor
from storepulse.demo.part import Read, Told
from storepulse.demo.scenes.visit import SceneVisit
from storepulse.demo.shop_secrets import Call
from storepulse.demo.shops import left_shop
from storepulse.demo.streams import activity
from storepulse.demo.traffic import Plan

#: Name of the figure, and its order.
FIGURE = "abandoned_carts"
NAMES = ("cart_abandoned", "checkout_abandoned")
#: How long a cart waits, in minutes: the shortest time that there is.
MINUTES = 1
#: (steps in order; the expected one of `NAMES`). `elsewhere`: bought in another session.
CASES: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("add",), "cart_abandoned"),
    (("add", "add"), "cart_abandoned"),
    (("cart",), "cart_abandoned"),
    (("add", "checkout"), "checkout_abandoned"),
    (("add", "checkout", "purchase"), None),
    (("add", "elsewhere"), None),
    (("add", "remove"), None),
    (("nothing",), None),
)
_SPREAD_MS = 30_000


def prepare(call: Call) -> bool:
    """Creates the shop. Returns False if the key lacks the permission."""
    shop = left_shop()
    status, _ = call("POST", "/api/stores", shop.declaration)
    if status not in (201, 409):
        return False
    settings = {"settings": {"abandoned_minutes": MINUTES}}
    status, _ = call("PATCH", f"/api/stores/{shop.store_id}", settings)
    return status == 200


def visitors(plan: Plan, now: int) -> list[Visitor]:
    """The visitors who leave their carts at `now`, epoch milliseconds."""
    return [_visitor(plan, number, now - _SPREAD_MS) for number in range(len(CASES))]


def expected_figures() -> dict[str, Told]:
    """The expected figures of the shop beside those of its visitors' events."""
    told = [name for _, name in CASES]
    return {FIGURE: [told.count(name) for name in NAMES]}


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The same figures from the API."""
    asked = {"store_id": store, "stream": "activity", "search": "_abandoned"}
    events = {one["name"]: one["events"] for one in read("/api/custom-events", asked)["data"]}
    yield FIGURE, [events.get(name, 0) for name in NAMES]


def _visitor(plan: Plan, number: int, now: int) -> Visitor:
    shop = left_shop()
    visit = SceneVisit(plan, shop, "carts", number, now)
    visitor = Visitor(-1 - number)
    product = shop.products[number]
    what: dict[str, Any] = {"product_id": product.id, "product_name": product.names[0]}
    url = shop.url(product.path)
    for step in CASES[number][0]:
        match step:
            case "add" | "nothing":
                quantity = 1 if step == "add" else 0
                activity.act(visit, "add_to_cart", page_url=url, quantity=quantity, **what)
            case "remove":
                activity.act(visit, "remove_from_cart", page_url=url, quantity=1, **what)
            case "checkout":
                activity.act(visit, "checkout_start", page_url=shop.url("/checkout"))
            case "cart":
                visit.put_into_cart(shop.products[0])
            case "purchase":
                visit.buy(shop.products[0])
            case _:
                other = SceneVisit(plan, shop, "elsewhere", number, visit.now)
                other.person = visit.person
                other.buy(shop.products[0])
                visit.requests += other.requests
    visitor.requests = visit.requests
    return visitor
