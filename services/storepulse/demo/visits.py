"""One visit to a shop, as its page would report it: the way through the funnel, in order.

A visit's clock only moves forward here; what arrives late, twice or broken is made of it in
`disorder`. All streams of a visit share the session id. A visit stays far below 24 hours.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from storepulse.demo import pointer
from storepulse.demo.beacons import HEATMAP_BATCH, PATHS, BeaconRequest, ManifestEntry
from storepulse.demo.ids import uuid4, uuid7
from storepulse.demo.shops import REFERRERS, SEARCHES, CatalogProduct, Shop
from storepulse.demo.visitors import Person
from storepulse.domain.envelope import iso_ms
from storepulse.domain.identity import id_of_key, namespace_of

MINUTE = 60_000
INACTIVITY = 30 * MINUTE
BATCH = 50
_PAGES = (
    "/",
    "",
    "/collections/all?sort=price",
    "/collections/grün",
    "/pages/about#team",
    "/blog/a%20b",
)


class Visit:
    """Collects the requests of one visit. `now` is the visitor's clock, epoch milliseconds."""

    def __init__(
        self, rng: Random, shop: Shop, person: Person, start: int, *, trusted: bool = False
    ) -> None:
        self.rng = rng
        self.shop = shop
        self.person = person
        self.now = start
        self.session_id = f"s-{rng.getrandbits(96):024x}"
        self.requests: list[BeaconRequest] = []
        self._trusted = trusted
        #: When the last activity event happened, and when the next one happens at the earliest.
        self._last_act = self._next_act = 0
        self._referrer = rng.choice(REFERRERS)

    def wander(self) -> None:
        """The whole visit."""
        rng = self.rng
        if rng.random() < 0.25:
            self._landing_page()
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

    # ---- parts of a visit -------------------------------------------------------------------

    def _pause(self) -> None:
        """Usually seconds; now and then the exact ends of what counts as inactivity."""
        draw = self.rng.random()
        if draw < 0.02:
            self._next_act = self._last_act + INACTIVITY + self.rng.randrange(2)
        elif draw < 0.05:
            self.now += self.rng.randrange(31, 200) * MINUTE
        else:
            self.now += self.rng.randrange(1_500, 90_000)

    def _page(self, path: str) -> None:
        self._activity("page_view", page_url=self.shop.url(path))
        self._watch(path)

    def _product_page(self) -> bool:
        """Looks at a product, perhaps buys it; False where the visit ends with the purchase."""
        rng = self.rng
        product = rng.choice(self.shop.products)
        name = rng.choice(product.names)
        what = {"product_id": _id_as_sent(rng, product.id), "product_name": name}
        url = self.shop.url(product.path)
        if rng.random() < 0.9:
            self._activity("page_view", page_url=url)
        self._activity("product_view", page_url=url, **what)
        self._watch(product.path)
        if rng.random() > 0.4:
            return True
        quantity = rng.choice((1, 1, 1, 2, 3))
        self._activity("add_to_cart", page_url=url, quantity=quantity, **what)
        self._cart(product, name)
        if rng.random() < 0.2:
            self._activity("remove_from_cart", page_url=url, quantity=quantity, **what)
            return True
        if rng.random() > 0.6:
            return True
        self._pause()
        if rng.random() < 0.95:
            self._activity("checkout_start", page_url=self.shop.url("/checkout"))
        if rng.random() > 0.6:
            return True
        self.now += rng.randrange(20_000, 180_000)
        total: Decimal | None = product.price * quantity
        currency: str | None = self.shop.currency
        if rng.random() < 0.05:
            total = None
        if rng.random() < 0.1:
            currency = rng.choice((None, "USD", "usd"))
        self._purchase(quantity=quantity, value=total, currency=currency, **what)
        return False

    def _purchase(self, **bought: Any) -> None:
        """The order as the thank-you page tells it: mostly with its number, and now and then once
        more, when it is reloaded or its landing page tells it too."""
        rng = self.rng
        number = None if rng.random() < 0.2 else self._order_number()
        url = self.shop.url("/thanks")
        self._activity("purchase", page_url=url, order_id=number, **bought)
        if number is not None and rng.random() < 0.15:
            self._activity("purchase", page_url=url, order_id=number, **bought)
        if number is not None and rng.random() < 0.15:
            told = {"order_id": number, "value": bought["value"], "currency": bought["currency"]}
            data = {name: str(what) for name, what in told.items() if what is not None}
            self._landing("Purchase", rng.choice(self.shop.landing_pages), None, data)

    def _order_number(self) -> str:
        return f"o-{self.rng.getrandbits(40):x}"

    def _search(self) -> None:
        query = self.rng.choice(SEARCHES)
        self._activity("search", page_url=self.shop.url("/search"), search_query=query)

    def _extra(self) -> None:
        self.now += self.rng.randrange(1_500, 60_000)
        extra = {"metadata": {"wishlist": self.rng.randrange(9), "note": "</script>\u202e"}}
        self._activity("custom", page_url=self.shop.url("/account"), **extra)

    def _landing_page(self) -> None:
        rng = self.rng
        page = rng.choice(self.shop.landing_pages)
        campaign = rng.choice((None, "", "summer-24", "retarget", 1200))
        self._landing("PageView", page, campaign)
        if rng.random() < 0.3:
            self._landing("web_vitals", page, campaign, {"lcp": 1834, "cls": 0.04})
        if rng.random() < 0.15:
            self._landing("Quiz Started", page, campaign, {"step": 1})
        if rng.random() < 0.55:
            self._landing("AddToCart", page, campaign, {"sku": "A-1"})
            if rng.random() < 0.5:
                product = rng.choice(self.shop.products)
                data: dict[str, Any] = {}
                if rng.random() < 0.8:
                    data["order_id"] = self._order_number()
                if rng.random() < 0.95:
                    data["value"] = _money(rng, product.price)
                if rng.random() < 0.9:
                    data["currency"] = self.shop.currency
                self._landing("Purchase", page, campaign, data)

    # ---- one beacon -------------------------------------------------------------------------

    def _envelope(self, event_id: str | None) -> dict[str, Any]:
        rng = self.rng
        sent: dict[str, Any] = {
            "store_id": self.shop.store_id, "session_id": self.session_id, "source": "tracker",
        }  # fmt: skip
        if event_id is not None:
            sent["event_id"] = event_id.upper() if rng.random() < 0.02 else event_id
        if self.person.visitor_id is not None:
            sent["visitor_id"] = self.person.visitor_id
        if self.person.consent is not None:
            sent["consent"] = self.person.consent
        if self._trusted:
            # With a secret key, the request's own user agent is a server's.
            sent["user_agent"] = self.person.user_agent
        sent["timestamp"] = self.now if rng.random() < 0.3 else iso_ms(self.now)
        return sent

    def _event(self, stream: str, event_id: str | None, **own: Any) -> dict[str, Any]:
        """The event as it must be stored, as far as any number depends on it."""
        return {
            "stream": stream,
            "store_id": self.shop.store_id,
            "event_id": event_id,
            "session_id": self.session_id,
            "visitor_id": self.person.visitor_id,
            "occurred_at": self.now,
            "is_bot": self.person.is_bot,
            **own,
        }

    def _new_id(self) -> str:
        return uuid7(self.now, self.rng)

    def _add(self, path: str, entries: list[ManifestEntry]) -> None:
        self.requests.append(BeaconRequest(path, entries, self.person.ip, self.person.user_agent))

    def _activity(self, kind: str, **own: Any) -> None:
        self.now = max(self.now + self.rng.randrange(5, 2_000), self._next_act)
        self._last_act = self.now
        # Without an id, the gateway derives one from the content, and answers it.
        event_id = None if self.rng.random() < 0.02 else self._new_id()
        value = own.pop("value", None)
        referrer, self._referrer = self._referrer, None
        sent = self._envelope(event_id) | {"activity_type": kind, "referrer": referrer} | own
        if value is not None:
            sent["value"] = _money(self.rng, value)
        event = self._event(
            "activity", event_id, activity_type=kind, page_url=own["page_url"],
            referrer=referrer or None, product_id=_text(own.get("product_id")),
            product_name=own.get("product_name"), search_query=own.get("search_query"),
            quantity=own.get("quantity"), value=_text(value),
            currency=(own.get("currency") or "").upper() or None, order_id=own.get("order_id"),
        )  # fmt: skip
        entry = ManifestEntry("activity", kind, self.shop.store_id, "fresh", sent, event)
        self._add(PATHS["activity"], [entry])

    def _landing(
        self, name: str, page: str, campaign: str | int | None, data: dict[str, Any] | None = None
    ) -> None:
        self.now += self.rng.randrange(300, 30_000)
        event_id = self._new_id()
        kind = {"web_vitals": "WebVitals", "Quiz Started": "Custom"}.get(name, name)
        sent = self._envelope(event_id) | {
            "event_type": name, "landing_page_id": page, "campaign_id": campaign,
            "event_data": data, "screen_resolution": f"{self.person.width}x{self.person.height}",
            "user_agent": self.person.user_agent,
        }  # fmt: skip
        money = data if data is not None and kind == "Purchase" else {}
        event = self._event(
            "landing", event_id, event_type=kind, landing_page_id=page,
            campaign_id=_text(campaign) or None, value=_text(money.get("value")),
            currency=(money.get("currency") or "").upper() or None, order_id=money.get("order_id"),
        )  # fmt: skip
        self._add(
            PATHS["landing"],
            [ManifestEntry("landing", kind, self.shop.store_id, "fresh", sent, event)],
        )

    def _cart(self, product: CatalogProduct, name: str | None) -> None:
        rng, shop, person = self.rng, self.shop, self.person
        self.now += rng.randrange(5, 400)
        key = f"cart-{rng.getrandbits(64):x}" if rng.random() < 0.3 else uuid4(rng)
        picture = f"https://cdn.example/{rng.getrandbits(48):x}"
        links = {
            "generatedImageUrl": f"{picture}/tryon.png" if rng.random() < 0.6 else None,
            "personImageUrl": f"{picture}/me.jpg" if rng.random() < 0.5 else None,
            "clothingImageUrl": f"{picture}/item.jpg" if rng.random() < 0.5 else "",
        }
        session = None if rng.random() < 0.1 else self.session_id
        no_product = rng.random() < 0.03
        title = None if no_product else name
        sent: dict[str, Any] = {
            "storeName": rng.choice(shop.spellings),
            "productId": None if no_product else _id_as_sent(rng, product.id),
            "variantId": rng.choice((None, "blue-m", 41_000_000_001)),
            "productTitle": title,
            "productUrl": shop.url(product.path),
            "customerEmail": person.email,
            "customerFirstName": "Zoë" if person.email else None,
            "userAgent": person.user_agent,
            "source": "tracker",
            "sessionId": session,
            "idempotencyKey": key,
            "timestamp": iso_ms(self.now),
            **links,
        }
        if person.consent is not None:
            sent["consent"] = person.consent
        space = namespace_of(shop.store_id, "cart", trusted=self._trusted)
        event = self._event(
            "cart", id_of_key(space, key), store_name=shop.domain,
            product_id=None if no_product else product.id, product_title=title,
            generated_image_url=links["generatedImageUrl"],
            person_image_url=links["personImageUrl"],
            clothing_image_url=links["clothingImageUrl"] or None,
        ) | {"session_id": session}  # fmt: skip
        self._add(
            PATHS["cart"], [ManifestEntry("cart", "cart_add", shop.store_id, "fresh", sent, event)]
        )

    def _watch(self, path: str) -> None:
        """What the tracker saw of the pointer on a page: batches, now and then a single beacon."""
        entries: list[ManifestEntry] = []
        url = self.shop.url(path)
        view = f"view-{self.rng.getrandbits(64):016x}"
        for burst in pointer.make_bursts(self.rng, self.person):
            # The clicks of a burst must arrive together: they are judged by their arrival, too.
            if len(entries) + len(burst) > BATCH:
                self._add(HEATMAP_BATCH, entries)
                entries = []
            for observed in burst:
                self.now += observed.wait
                entries.append(self._observation(url, view, observed))
        if len(entries) == 1 and self.rng.random() < 0.5:
            self._add(PATHS["heatmap"], entries)
        elif entries:
            self._add(HEATMAP_BATCH, entries)

    def _observation(self, url: str, view: str, observed: pointer.Observed) -> ManifestEntry:
        event_id = self._new_id()
        seen = observed.fields
        sent = self._envelope(event_id) | {"page_url": url, "view_id": view} | seen
        event = self._event(
            "heatmap", event_id, kind=seen["type"], page_url=url, view_id=view,
            is_rage=observed.is_rage, is_dead=observed.is_dead,
            x=seen.get("x"), y=seen.get("y"),
            viewport_width=seen.get("viewport_width"),
            selector=seen.get("selector") or None,
            scroll_depth=seen.get("scroll_depth"), dwell_ms=seen.get("dwell_ms"),
            device=self.person.device if "device" in seen else pointer.device_of(seen),
        )  # fmt: skip
        return ManifestEntry("heatmap", seen["type"], self.shop.store_id, "fresh", sent, event)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _id_as_sent(rng: Random, product_id: str) -> str | int:
    return int(product_id) if rng.random() < 0.3 else product_id


def _money(rng: Random, value: Decimal) -> str | float:
    """Money as clients send it: text, or a number of at most two decimals."""
    return str(value) if rng.random() < 0.5 else float(value)
