"""The demo's shops: domains, currencies, products, pages, landing pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from storepulse.domain.stores import store_id_of_domain

_NAMES = (
    "aurora", "birch", "copper", "dune", "ember", "fjord", "grove", "harbor", "indigo", "juniper",
    "kelp", "lumen", "maple", "nordlicht", "opal", "pine", "quartz", "reed", "sable", "tundra",
)  # fmt: skip
_CURRENCIES = ("EUR", "USD", "GBP", "JPY", "SEK", "CHF")
_COLOURS = ("Sand", "Ink", "Moss", "Clay", "Rosé", "Grün", "Ivory", "Slate")
_GARMENTS = ("Linen Shirt", "Wool Coat", "Tee", "Dress", "Jacket", "Jeans", "Scarf", "Überzieher")
SEARCHES = (
    "red dress", "Red Dress ", "  RED DRESS", "grüne Jacke", "Grüne Jacke", "wool", "size 42",
    "'; DROP TABLE sessions; --", '=HYPERLINK("http://x")', "<script>alert(1)</script>",
    "👗 gown", "   ", "gift " * 52,
)  # fmt: skip
#: Names of custom events; the last two are equal after normalization.
EVENT_NAMES = (
    "newsletter_signup", "Newsletter_Signup", "お気に入り追加", "お気に入り削除", "подписка",
    "size guide/opened", "</script>", "caf\u00e9 found", "cafe\u0301  found ",
)  # fmt: skip
REFERRERS = (
    None, None, "", "https://www.google.com/search?q=linen", "https://WWW.Instagram.com/p/abc",
    "http://blog.example:8080/post", "https://newsletter.example?issue=7", "https://t.example#x",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CatalogProduct:
    """One product. `names` has several names, or None, as shops' pages send them."""

    id: str
    names: tuple[str | None, ...]
    price: Decimal
    path: str


@dataclass(frozen=True, slots=True)
class Shop:
    """One store with its catalogue. `spellings` are different names for `domain`."""

    domain: str
    store_id: str
    currency: str
    products: tuple[CatalogProduct, ...]
    spellings: tuple[str, ...]
    landing_pages: tuple[str, ...]
    #: Whether Shopify reports its orders, instead of the shop's own server.
    has_webhooks: bool = False

    @property
    def declaration(self) -> dict[str, Any]:
        """The body of the API call that declares the store."""
        name = self.domain.partition(".")[0].removeprefix("demo-").replace("-", " ").title()
        return {"domain": self.domain, "name": name, "settings": {"currency": self.currency}}

    def url(self, path: str) -> str:
        return f"https://{self.domain}{path}"


def shops(count: int) -> list[Shop]:
    """The first `count` shops, the same for every seed."""
    return [_shop(number) for number in range(count)]


def left_shop() -> Shop:
    """The shop of the scene with abandoned carts."""
    return _shop_named("demo-willow", _CURRENCIES[0], has_webhooks=False)


def experiment_shop() -> Shop:
    """The shop of the scene with an experiment."""
    return _shop_named("demo-hazel", _CURRENCIES[0], has_webhooks=False)


def story_shop() -> Shop:
    """The shop of the scene with a broken button."""
    return _shop_named("demo-rowan", _CURRENCIES[0], has_webhooks=False)


def _shop(number: int) -> Shop:
    lap, index = divmod(number, len(_NAMES))
    name = f"demo-{_NAMES[index]}" + (f"-{lap + 1}" if lap else "")
    return _shop_named(name, _CURRENCIES[number % len(_CURRENCIES)], has_webhooks=number == 1)


def _shop_named(name: str, currency: str, *, has_webhooks: bool) -> Shop:
    domain = f"{name}.myshopify.com"
    return Shop(
        domain=domain,
        store_id=store_id_of_domain(domain),
        currency=currency,
        products=tuple(_products(Random(name), currency)),  # noqa: S311 - repeatable
        spellings=(domain, name, f" {name.upper()} ", f"https://{domain}/cart?x=1"),
        landing_pages=tuple(f"lp-{name}-{season}" for season in ("spring", "sale")),
        has_webhooks=has_webhooks,
    )


def _products(rng: Random, currency: str) -> list[CatalogProduct]:
    products = []
    for number in range(24):
        title = f"{rng.choice(_COLOURS)} {rng.choice(_GARMENTS)} {number}"
        cents = rng.randrange(900, 29_900)
        price = Decimal(cents) if currency == "JPY" else Decimal(cents) / 100
        names = (title, title, f"{title} (sale)", None) if number % 3 == 0 else (title,)
        slug = title.lower().replace(" ", "-")
        products.append(CatalogProduct(str(7_000_000 + number), names, price, f"/products/{slug}"))
    return products
