"""The shop's figures for its panel; each comes from the API path shown next to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from storepulse.query.demo_shop.campaign import CAMPAIGN, LANDING_PAGE
from storepulse.query.demo_shop.opening import OpenShop
from storepulse.query.demo_shop.shop_server import ShopServer
from storepulse.query.demo_shop.telling import METER

#: Formats an answer's figure as text.
Told = Callable[[Any], str]
_OF_STORE = "?store_id={store_id}"


@dataclass(frozen=True, slots=True)
class ShopFigure:
    """A figure's name, its path with `{store_id}` and `{test_id}`, and its format."""

    name: str
    path: str
    told: Told

    def address_of(self, shop: OpenShop) -> str:
        """The path for the shop's store."""
        return self.path.format(store_id=shop.store_id, test_id=shop.hero_test)


def _money_of(parts: list[dict[str, Any]]) -> str:
    """Revenue by currency."""
    return ", ".join(f"{one['revenue']} {one['currency']}" for one in parts) or "none"


def _bought(document: Any) -> str:
    """How many of the sessions ended in a purchase."""
    first, last = document["data"][0]["sessions"], document["data"][-1]["sessions"]
    return f"{last} of {first}"


def _in_carts(document: Any) -> str:
    """How many generated pictures were put into a cart."""
    images = document["data"]["images"]
    return f"{images['imagesInCarts'] or 0} of {images['imagesGenerated'] or 0}"


def _seen_by(document: Any) -> str:
    """How many visitors saw each variant."""
    seen = document["data"]["results"]["variants"]
    return ", ".join(f"{one['name']} {one['so_far']}" for one in seen)


def _metered(document: Any) -> str:
    """How many try-on pictures the store has used."""
    sums = {one["meter"]: one["sum"] for one in document["meters"]}
    return str(sums.get(METER, "0"))


FIGURES = (
    ShopFigure(
        "Visitors",
        f"/api/analytics/visitors{_OF_STORE}",
        lambda found: str(found["totals"]["visitors"]),
    ),
    ShopFigure(
        "Page views",
        f"/api/analytics/visitors{_OF_STORE}",
        lambda found: str(found["totals"]["views"]),
    ),
    ShopFigure(
        "Words searched for",
        f"/api/analytics/searches{_OF_STORE}",
        lambda found: str(found["total"]),
    ),
    ShopFigure(
        "Clicks and hovers",
        "/api/heatmap/{store_id}/pages",
        lambda found: str(sum(page["pointer_events"] for page in found["data"])),
    ),
    ShopFigure(
        "Additions to a cart",
        f"/api/cart-tracking/analytics{_OF_STORE}",
        lambda found: str(found["data"]["totals"]["carts"]),
    ),
    ShopFigure("Try-on pictures in a cart", f"/api/cart-tracking/analytics{_OF_STORE}", _in_carts),
    ShopFigure("Try-on pictures metered", "/api/usage/{store_id}", _metered),
    ShopFigure("Sessions that bought", f"/api/analytics/funnel{_OF_STORE}", _bought),
    ShopFigure("Orders", f"/api/analytics/revenue{_OF_STORE}", lambda found: str(found["orders"])),
    ShopFigure(
        "Revenue",
        f"/api/analytics/revenue{_OF_STORE}",
        lambda found: _money_of(found["revenue"]),
    ),
    ShopFigure(
        "Messages to and from the bot",
        f"/api/analytics/stats{_OF_STORE}",
        lambda found: str(found["data"]["totals"]["messages"]),
    ),
    ShopFigure(
        "Visits of the landing page",
        f"/api/landing-pages/{LANDING_PAGE}/stats{_OF_STORE}",
        lambda found: str(found["data"]["visits"]),
    ),
    ShopFigure(
        "People that the campaign brought",
        f"/api/campaigns/{CAMPAIGN}/stats{_OF_STORE}",
        lambda found: str(found["data"]["people"]),
    ),
    ShopFigure(
        "Who saw which front page",
        "/api/ab-testing/{store_id}/test/{test_id}/results",
        _seen_by,
    ),
)


async def figures_of(server: ShopServer) -> list[dict[str, Any]]:
    """Name, value as text and path of each figure. Raises httpx.HTTPError."""
    shop = await server.shop()
    told = [one for one in FIGURES if shop.hero_test is not None or "{test_id}" not in one.path]
    paths = [figure.address_of(shop) for figure in told]
    asked = set(paths)  # several figures share an answer
    read = await asyncio.gather(*(server.read(path) for path in asked))
    answers = dict(zip(asked, read, strict=True))
    return [
        {"name": figure.name, "value": figure.told(answers[path]), "api": path}
        for figure, path in zip(told, paths, strict=True)
    ]
