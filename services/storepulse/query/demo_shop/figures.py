"""The shop's figures for its panel: each is read from the API path that it names."""

from __future__ import annotations

from typing import Any

from storepulse.query.demo_shop.shop_server import ShopServer


async def figures_of(server: ShopServer) -> list[dict[str, Any]]:
    """Name, value as text and path of each figure, of today in the store's zone."""
    del server
    return []
