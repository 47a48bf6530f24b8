"""The slots of the shop's pages, before any variant.

They are stored when the shop opens, so that authors may change them, and shown if the gateway
cannot be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from storepulse.domain.experiments.authored import AuthoredPage, AuthoredSlot
from storepulse.domain.experiments.authored_pages import page_of

HOME, PRODUCT = "home", "product"
#: By page type: the front page, and every product's.
SLUGS = {HOME: "front", PRODUCT: "*"}
_HERO = {
    "kicker": "Autumn and winter",
    "title": "Made slowly, worn for years.",
    "text": "Twelve pieces for the cold half of the year, from mills that we know by name.",
    "label": "See the coats",
    "product": "coat-camel",
}
AUTHORED = {
    HOME: AuthoredPage(
        slots=[
            AuthoredSlot("hero", "Hero", 0, props=_HERO),
            AuthoredSlot("grid", "ProductGrid", 1, props={"title": "The collection", "count": 12}),
        ]
    ),
    PRODUCT: AuthoredPage(
        slots=[
            AuthoredSlot("gallery", "Gallery", 0),
            AuthoredSlot("title", "ProductTitle", 1),
            AuthoredSlot("description", "Description", 2),
            AuthoredSlot("buy", "BuyBox", 3, props={"label": "Add to cart", "colour": "ink"}),
            AuthoredSlot("try_on", "TryOn", 4, props={"title": "Try it on, on somebody like you"}),
            AuthoredSlot("related", "Related", 5, props={"title": "Goes well with it", "count": 4}),
        ]
    ),
}


@dataclass(frozen=True, slots=True)
class ShopPage:
    """A page as its visitor gets it. `variants`: the variant shown of each test, by test id."""

    page_type: str
    slug: str
    slots: list[dict[str, Any]]
    #: Whether it is a preview, which is not counted.
    is_preview: bool = False
    variants: dict[str, str] = field(default_factory=dict)


def own_slots(page_type: str) -> list[dict[str, Any]]:
    """The slots of a page by the shop's own definition."""
    return [msgspec.structs.asdict(slot) for slot in page_of(AUTHORED[page_type]).slots]


def own_page(page_type: str, slug: str) -> ShopPage:
    """The page by the shop's own definition."""
    return ShopPage(page_type, slug, own_slots(page_type))


def page_told(page_type: str, slug: str, told: Mapping[str, Any]) -> ShopPage:
    """The page in the gateway's answer. Raises KeyError or TypeError if it is not valid."""
    tests = told["tests"]
    return ShopPage(
        page_type,
        slug,
        list(told["slots"]),
        is_preview=any(test["reason"] == "preview" for test in tests),
        variants={test["test_id"]: test["variant_id"] for test in tests},
    )
