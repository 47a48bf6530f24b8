"""The doors by their names in streams' endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from storepulse.access.store_table import StoreTable
from storepulse.gateway.doors.door import Door
from storepulse.gateway.doors.shopify import ShopifyWebhooks
from storepulse.gateway.doors.signed_calls import SignedCalls
from storepulse.gateway.key_checks import KeyChecks


def doors_of(checks: KeyChecks, stores: StoreTable) -> Mapping[str, Door]:
    """The doors of a gateway with these tables."""
    return {"signed": SignedCalls(checks, stores), "shopify": ShopifyWebhooks(stores)}
