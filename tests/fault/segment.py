"""Batches of Segment's clients for the load, with the events that each must become.

Seeded; no clock of its own. Their events are of two streams, so that a batch may be stored in part
before it is sent again.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.fault.maker import STORES
from tests.fault.outcomes import Sent
from tests.fault.store_secrets import keyed_headers

SEGMENT_PATH = "/v1/batch"
MINUTE = 60_000


@dataclass(frozen=True)
class SegmentBatch:
    """A batch: each message with its event in Avro's names, None for one that must be refused."""

    messages: tuple[tuple[dict[str, Any], dict[str, Any] | None], ...]
    path = SEGMENT_PATH

    def sent(self) -> list[Sent]:
        """Its events under the ids that the gateway must give them."""
        found = []
        for message, event in self.messages:
            store = message["integrations"]["Storepulse"]["store_id"]
            stream = "order" if event and "event_type" in event else "activity"
            name = f"{stream}:secret:key:{message['messageId']}"
            event_id = str(uuid.uuid5(uuid.UUID(store), name))
            found.append(Sent(store, event_id, stream, event is not None, event or {}))
        return found

    def content(self) -> bytes:
        return json.dumps({"batch": [message for message, _ in self.messages]}).encode()

    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", **keyed_headers(b"", "", 0)}


def next_batch(rng: Random, recent: list[Any], now: int) -> SegmentBatch:
    """A new batch, which joins the recent ones, or one of these again; `now` in epoch ms."""
    if recent and rng.random() < 0.3:
        again: SegmentBatch = rng.choice(recent)
        return again
    batch = SegmentBatch(tuple(_message(rng, now) for _ in range(rng.randrange(1, 8))))
    recent.append(batch)
    del recent[:-60]
    return batch


def _message(rng: Random, now: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
    visitor = rng.randrange(12)
    store = list(STORES)[visitor % len(STORES)]
    at = now - rng.randrange(1, 48 * 60) * MINUTE
    message: dict[str, Any] = {
        "type": "track", "messageId": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "anonymousId": f"anon-{visitor}", "timestamp": at,
        "integrations": {"Storepulse": {"store_id": store}},
    }  # fmt: skip
    event: dict[str, Any] = {
        "store_id": store, "session_id": f"anon-{visitor}", "visitor_id": f"anon-{visitor}",
        "occurred_at": at, "source": "server", "is_bot": False,
    }  # fmt: skip
    number, total = f"sg-{rng.randrange(40)}", f"{rng.randrange(1, 99)}.{rng.randrange(100):02}"
    order = {"order_id": number, "total": total, "currency": "EUR"}
    told = {"order_id": number, "currency": "EUR"}
    match rng.choice(("page", "view", "purchase", "refund", "cancel", "custom", "spoilt")):
        case "page":
            url = "https://shop-one.example/"
            message |= {"type": "page", "properties": {"url": url}}
            event |= {"activity_type": "page_view", "page_url": url}
        case "view":
            message |= {"event": "Product Viewed", "properties": {"product_id": "p1"}}
            event |= {"activity_type": "product_view", "product_id": "p1"}
        case "purchase":
            message |= {"event": "Order Completed", "properties": order}
            event |= {"activity_type": "purchase", "value": total, **told}
        case "refund":
            message |= {"event": "Order Refunded", "properties": order}
            refund = {"refund_id": message["messageId"], "refund_value": total, "value": None}
            event |= {"event_type": "refunded", **told, **refund}
        case "cancel":
            message |= {"event": "Order Cancelled", "properties": {"order_id": number}}
            event |= {"event_type": "cancelled", "order_id": number}
        case "custom":
            message |= {"event": "注文の下書き"}
            event |= {"activity_type": "custom", "name": "注文の下書き"}
        case _:
            return message | {"event": 7}, None
    return message, event
