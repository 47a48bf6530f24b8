"""Webhooks of Shopify, signed with the secret that Shopify gave the shop.

The signature covers the raw body. The store is the one whose domain Shopify states, or, for shops
with a domain of their own, the one in `?store=` of the webhook's address. A wrong signature, an
unknown shop and a shop without a secret get the same answer, so that nobody learns which shops
exist.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

from storepulse.access.keys import ApiKey
from storepulse.access.store_table import KnownStore, StoreTable
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_uuid
from storepulse.domain.stores import normalised_domain
from storepulse.gateway.call import Call
from storepulse.gateway.doors.door import (
    has_id,
    key_of_store,
    only_header,
    secrets_unavailable_refusal,
    unproven,
)
from storepulse.streams.beacon import AnyBeacon

_SIGNATURE = b"x-shopify-hmac-sha256"
_SHOP = b"x-shopify-shop-domain"
_WEBHOOK = b"x-shopify-webhook-id"
#: The maximum length of a webhook's id, which is a UUID.
_ID_CHARACTERS = 128
#: Makes the comparison take its time if there is no secret to compare with.
_NOBODYS = ("nobody's",)


class ShopifyWebhooks:
    """The door of `/webhooks/shopify`."""

    def __init__(self, stores: StoreTable) -> None:
        self._stores = stores

    def check_head(self, call: Call, exchange: Exchange) -> None:
        """Check for a signature and loaded secrets. Raises RequestRefused 401 or 503."""
        if not only_header(call, _SIGNATURE):
            raise _refusal()
        if not (self._stores.is_loaded and self._stores.secrets.is_loaded):
            raise secrets_unavailable_refusal()

    def admit(self, call: Call, exchange: Exchange) -> ApiKey:
        """The key that the webhook counts as. Raises RequestRefused 401 or 503."""
        self.check_head(call, exchange)
        store = self._store_of(call, exchange)
        secrets = () if store is None else self._stores.secrets_of(store.store_id, "shopify")
        if store is not None and not secrets:
            reason = "it has no secret of Shopify's"
            logger().error("misconfigured", store=store.store_id, reason=reason)
        stated = only_header(call, _SIGNATURE).encode("latin-1")
        matches = False
        for secret in secrets or _NOBODYS:
            digest = hmac.new(secret.encode(), exchange.body, hashlib.sha256).digest()
            matches |= hmac.compare_digest(base64.b64encode(digest), stated)
        if not matches or not secrets or store is None:
            raise _refusal()
        return key_of_store(store.store_id, "shopify")

    def name_events(self, beacons: list[AnyBeacon], call: Call, exchange: Exchange) -> None:
        """Derive event ids from the webhook's id and body, which Shopify repeats on a retry.

        The id is not signed, so another body under the same id is another webhook.
        """
        name = only_header(call, _WEBHOOK)[:_ID_CHARACTERS]
        digest = hashlib.sha256(exchange.body).hexdigest()
        for index, beacon in enumerate(beacons):
            if not has_id(beacon):
                beacon.idempotency_key = f"shopify:{name}:{digest}:{index}"

    def _store_of(self, call: Call, exchange: Exchange) -> KnownStore | None:
        parameters = dict(parse_qsl(exchange.query.decode("latin-1")))
        named = parameters.get("store") or only_header(call, _SHOP)
        if is_uuid(named):
            return self._stores.find(named.lower())
        try:
            return self._stores.find_by_domain(normalised_domain(named, "store"))
        except Rejected:
            return None


def _refusal() -> RequestRefused:
    return unproven("X-Shopify-Hmac-Sha256 is not that of this body for a shop of ours")
