"""A webhook of Shopify, as the demo sends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import msgspec

from storepulse.domain.identity import id_of_key, namespace_of

WEBHOOK_PATH = "/webhooks/shopify"
#: Replaces the fields from which a body's second event comes.
_LATER: dict[str, Any] = {"refunds": [], "cancelled_at": None}


@dataclass(frozen=True, slots=True)
class OrderWebhook:
    """One webhook. `webhook_id` stays the same if Shopify sends it again."""

    webhook_id: str
    topic: str
    domain: str
    store_id: str
    told: dict[str, Any]

    def event_id(self, index: int) -> str:
        """The id of the webhook's event number `index`."""
        namespace = namespace_of(self.store_id, "order", trusted=True)
        digest = sha256(self.body()).hexdigest()
        return id_of_key(namespace, f"shopify:{self.webhook_id}:{digest}:{index}")

    def body(self) -> bytes:
        """The bytes that are signed."""
        return msgspec.json.encode(self.told)

    def first_alone(self) -> OrderWebhook:
        """A copy whose body contains its first event only."""
        return replace(self, told=self.told | _LATER)

    def headers(self) -> dict[str, str]:
        """The headers except the signature."""
        return {
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-Webhook-Id": self.webhook_id,
        }
