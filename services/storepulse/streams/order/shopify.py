"""Webhooks of Shopify as beacons."""

from __future__ import annotations

from typing import Any

from storepulse.streams.stream import SignedCall

_TYPES = {"orders/create": "created", "orders/updated": "changed", "orders/cancelled": "removed"}


def beacons_of_webhook(call: SignedCall) -> list[dict[str, Any]]:
    """The beacons of a webhook; none for a topic that tells of no order."""
    kind = _TYPES.get(call.headers.get("x-shopify-topic", ""))
    if kind is None:
        return []
    order_id = str(call.body["id"])
    return [
        {
            "session_id": f"order-{order_id}",
            "event_type": kind,
            "subject_id": order_id,
        }
    ]
