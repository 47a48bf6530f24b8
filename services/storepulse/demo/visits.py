"""One visit of one person: pages, products, the cart and the funnel, in order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storepulse.demo.order_webhooks import ShopifyOrder
from storepulse.demo.shops import EVENT_NAMES, SEARCHES, CatalogProduct
from storepulse.demo.streams import activity, cart, heatmap, landing
from storepulse.demo.streams.order import tell as tell_of_order
from storepulse.demo.visit import Visit, id_as_sent, money_as_sent

MINUTE = 60_000
INACTIVITY = 30 * MINUTE
_PAGES = (
    "/",
    "",
    "/collections/all?sort=price",
    "/collections/grün",
    "/pages/about#team",
    "/blog/a%20b",
)


class ShopVisit(Visit):
    """A person on a shop's pages."""

    def wander(self) -> None:
        """The whole visit."""
        rng = self.rng
        if rng.random() < 0.25:
            self._landing_page()
        if self.person.customer_id is not None and rng.random() < 0.5:
            self._log_in()
        for _ in range(1 + min(7, int(rng.expovariate(0.55)))):
            self._pause()
            choice = rng.random()
            if choice < 0.15:
                self._search()
            if choice < 0.55 and not self._product_page():
                return
            self._page(rng.choice(_PAGES))
        if rng.random() < 0.08:
            self._extra()
        if rng.random() < 0.2:
            self._say_something_of_its_own()

    # ---- parts of a visit -------------------------------------------------------------------

    def _pause(self) -> None:
        """Usually seconds; sometimes exactly the bounds of inactivity."""
        draw = self.rng.random()
        if draw < 0.02:
            self.next_act = self.last_act + INACTIVITY + self.rng.randrange(2)
        elif draw < 0.05:
            self.now += self.rng.randrange(31, 200) * MINUTE
        else:
            self.now += self.rng.randrange(1_500, 90_000)

    def _page(self, path: str) -> None:
        activity.act(self, "page_view", page_url=self.shop.url(path))
        if self.rng.random() < 0.2:
            self._measure(path)
        heatmap.watch(self, path)

    def _product_page(self) -> bool:
        """Looks at a product and perhaps buys it. Returns False if the visit ends with the
        purchase."""
        rng = self.rng
        product = rng.choice(self.shop.products)
        name = rng.choice(product.names)
        what: dict[str, Any] = {"product_id": id_as_sent(rng, product.id), "product_name": name}
        url = self.shop.url(product.path)
        if rng.random() < 0.9:
            activity.act(self, "page_view", page_url=url)
        activity.act(self, "product_view", page_url=url, **what)
        heatmap.watch(self, product.path)
        if rng.random() > 0.4:
            return True
        quantity = rng.choice((1, 1, 1, 2, 3))
        activity.act(self, "add_to_cart", page_url=url, quantity=quantity, **what)
        cart.put_into_cart(self, product, name, image=self._generate_image(url))
        if rng.random() < 0.2:
            activity.act(self, "remove_from_cart", page_url=url, quantity=quantity, **what)
            return True
        if rng.random() > 0.75:
            return True
        self._pause()
        if rng.random() < 0.95:
            activity.act(self, "checkout_start", page_url=self.shop.url("/checkout"))
        if rng.random() > 0.75:
            return True
        self.now += rng.randrange(20_000, 180_000)
        total: Decimal | None = product.price * quantity
        currency: str | None = self.shop.currency
        if rng.random() < 0.05:
            total = None
        if rng.random() < 0.1:
            currency = rng.choice((None, "USD", "usd"))
        if total is not None and currency is not None and rng.random() < 0.4:
            what["items"] = self._lines(product, quantity)
        self._purchase(quantity=quantity, value=total, currency=currency, **what)
        return False

    def _lines(self, product: CatalogProduct, quantity: int) -> list[dict[str, Any]]:
        """The order's lines: the product put into the cart, and perhaps an earlier one."""
        bought = [(product, quantity)]
        if self.rng.random() < 0.4:
            bought.append((self.rng.choice(self.shop.products), 1))
        return [
            {"product_id": one.id, "quantity": units, "price": f"{one.price.normalize():f}"}
            for one, units in bought
        ]

    def _generate_image(self, url: str) -> str | None:
        """The URL of a generated image of the visitor with the product, which the cart then has."""
        if self.rng.random() > 0.2:
            return None
        image = f"https://cdn.example/{self.rng.getrandbits(48):x}/tryon.png"
        activity.act(
            self, "custom", page_url=url, name="image_generated", metadata={"image_url": image}
        )
        return image

    def _log_in(self) -> None:
        """A known customer logs in."""
        activity.act(
            self, "custom", page_url=self.shop.url("/account"), name="identify", **self._customer()
        )

    def _customer(self) -> dict[str, str]:
        """The customer's fields, if the shop knows the customer."""
        person = self.person
        if person.customer_id is None or person.email is None:
            return {}
        return {"customer_id": person.customer_id, "customer_email": person.email}

    def _purchase(self, **bought: Any) -> None:
        """The order as the thank-you page reports it: mostly with its number, and sometimes twice,
        if the page is reloaded or the landing page reports it too."""
        rng = self.rng
        bought |= self._customer()
        is_silent = rng.random() < 0.35 and not self.shop.has_webhooks
        number = None if is_silent else self._order_number()
        if number is not None and self._shop_tells():
            name = f"#{rng.getrandbits(40)}"
            total, currency = bought["value"] or Decimal("19.90"), self.shop.currency
            order = {"order_id": number, "order_name": name, "items": bought.get("items")}
            order |= self._customer()
            if self.shop.has_webhooks:
                ShopifyOrder(self, order, total, currency).tell()
            else:
                tell_of_order(self, order, total, currency)
            if rng.random() < 0.2:
                return  # the page's own beacon was blocked
            if rng.random() < 0.3:
                number = name
        url = self.shop.url("/thanks")
        activity.act(self, "purchase", page_url=url, order_id=number, **bought)
        if number is not None and rng.random() < 0.7:
            self._tell_of_pixels(url, number)
        if number is not None and rng.random() < 0.15:
            activity.act(self, "purchase", page_url=url, order_id=number, **bought)
        if number is not None and rng.random() < 0.15:
            told = {"order_id": number, "value": bought["value"], "currency": bought["currency"]}
            data = {name: str(what) for name, what in told.items() if what is not None}
            landing.land(self, "Purchase", rng.choice(self.shop.landing_pages), None, data)

    def _tell_of_pixels(self, url: str, number: str) -> None:
        """The tracker's event after a purchase: the pixels that the page called."""
        pixels = self.rng.choice((["meta"], ["google"], ["meta", "google"]))
        said = {"event": "purchase", "event_id": f"purchase:{number}", "order_id": number}
        activity.act(
            self, "custom", page_url=url, name="pixels_called", metadata=said | {"pixels": pixels}
        )

    def _shop_tells(self) -> bool:
        """Whether the shop's server reports the order too; Shopify reports every order."""
        may_tell = self.trusted and not self.person.is_bot
        return may_tell and (self.rng.random() < 0.6 or self.shop.has_webhooks)

    def _order_number(self) -> str:
        """A number in the shop's format; never equal to another order's name."""
        bits = self.rng.getrandbits(40)
        return str(10**13 + bits) if self.shop.has_webhooks else f"o-{bits:x}"

    def _search(self) -> None:
        query = self.rng.choice(SEARCHES)
        activity.act(self, "search", page_url=self.shop.url("/search"), search_query=query)

    def _extra(self) -> None:
        self.now += self.rng.randrange(1_500, 60_000)
        extra = {"metadata": {"wishlist": self.rng.randrange(9), "note": "</script>\u202e"}}
        activity.act(self, "custom", page_url=self.shop.url("/account"), **extra)

    def _say_something_of_its_own(self) -> None:
        """An event with a name of the shop's own."""
        rng = self.rng
        said = {"plan": rng.choice(("free", "pro", None)), "step": rng.randrange(4)}
        name, url = rng.choice(EVENT_NAMES), self.shop.url("/account")
        activity.act(self, "custom", page_url=url, name=name, metadata=said)

    def _measure(self, path: str) -> None:
        """Web vitals of a page: several in one event, or one per event as Google's library does."""
        rng, url = self.rng, self.shop.url(path)
        lcp = round(rng.lognormvariate(7.6, 0.5), 1)
        if rng.random() < 0.6:
            measured = {"LCP": lcp, "FCP": round(lcp / 2), "TTFB": round(lcp / 8, 2),
                        "CLS": rng.choice((0, 0.0183, 0.31))}  # fmt: skip
            activity.act(self, "custom", page_url=url, name="web_vitals", metadata=measured)
        one = {"name": "INP", "value": rng.randrange(16, 900), "rating": "good", "id": "v5-1"}
        activity.act(self, "custom", page_url=url, name="web_vitals", metadata=one)

    def _landing_page(self) -> None:
        rng = self.rng
        page = rng.choice(self.shop.landing_pages)
        campaign = rng.choice((None, "", "summer-24", "retarget", 1200))
        landing.land(self, "PageView", page, campaign)
        if rng.random() < 0.3:
            landing.land(self, "web_vitals", page, campaign, {"lcp": 1834, "cls": 0.04})
        if rng.random() < 0.15:
            landing.land(self, "Quiz Started", page, campaign, {"step": 1})
        if rng.random() < 0.55:
            landing.land(self, "AddToCart", page, campaign, {"sku": "A-1"})
            if rng.random() < 0.5:
                product = rng.choice(self.shop.products)
                data: dict[str, Any] = {}
                if rng.random() < 0.8:
                    data["order_id"] = self._order_number()
                if rng.random() < 0.95:
                    data["value"] = money_as_sent(rng, product.price)
                if rng.random() < 0.9:
                    data["currency"] = self.shop.currency
                landing.land(self, "Purchase", page, campaign, data)
