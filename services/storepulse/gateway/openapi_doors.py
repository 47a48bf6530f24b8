"""The OpenAPI parts for signed calls."""

from __future__ import annotations

from typing import Any, NamedTuple


class DoorShown(NamedTuple):
    """The parameters of a door, and its authentication schemes."""

    parameters: tuple[str, ...]
    schemes: tuple[str, ...]


DOORS = {
    "signed": DoorShown(("Store", "Timestamp"), ("signature", "bearer", "header", "basic")),
    "shopify": DoorShown(("ShopifyTopic", "ShopifyShop", "ShopifyWebhook", "Shop"), ("shopify",)),
}
DOOR_SCHEMES: dict[str, Any] = {
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Storepulse-Signature",
        "description": "`v1=` and the HMAC-SHA-256, in hex, of X-Storepulse-Timestamp, a dot and"
        " the body as it is sent, with a signing secret of the store",
    },
    "shopify": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Shopify-Hmac-Sha256",
        "description": "As Shopify signs its webhooks",
    },
}


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


DOOR_PARAMETERS: dict[str, Any] = {
    "Store": _header(
        "X-Storepulse-Store", "Whose events these are: id or domain. Else: the API token's store"
    ),
    "Timestamp": _header(
        "X-Storepulse-Timestamp", "With a signature: when it was made, in seconds since 1970"
    ),
    "ShopifyTopic": _header("X-Shopify-Topic", "What happened, such as `orders/paid`"),
    "ShopifyShop": _header("X-Shopify-Shop-Domain", "The shop, where `store` names none"),
    "ShopifyWebhook": _header(
        "X-Shopify-Webhook-Id", "The same when a webhook is sent again: it has one effect"
    ),
    "Shop": {
        "name": "store",
        "in": "query",
        "required": False,
        "description": "The store by id or domain, where that is not the one that Shopify states",
        "schema": {"type": "string"},
    },
}
