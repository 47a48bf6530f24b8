"""Records as the gateway writes them, for tests that begin at Kafka."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from storepulse.contracts.encoder import encoder_of

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
NOW_MS = 1_795_240_800_000  # 2026-11-21T06:00:00Z
_DAY, _MONTH = 24 * 3_600_000, -30 * 24 * 3_600_000
_IDS = UUID("8a0f6f5e-0000-4000-8000-000000000000")

_OWN: dict[str, dict[str, Any]] = {
    "heatmap": {"kind": "click", "page_url": "https://shop.example/p", "x": 10, "y": 20,
                "viewport_width": 1280, "device": "desktop"},
    "activity": {"activity_type": "page_view", "page_url": "https://shop.example/"},
    "cart": {"store_name": "shop.myshopify.com"},
    "landing": {"event_type": "PageView", "event_name": "PageView", "landing_page_id": "lp_1"},
    "bot": {"event_type": "user_message", "client_id": "42"},
    "campaign": {"event_type": "WEBAPP_OPEN", "event_name": "WEBAPP_OPEN",
                 "campaign_id": "summer", "tracking_id": "t-1"},
    "order": {"event_type": "paid", "order_id": "1001"},
    "usage": {"meter": "sms_sent", "quantity": Decimal(1)},
    "experiment": {"event_type": "Conversion", "variant_id": "blue",
                   "test_id": "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"},
}  # fmt: skip
_TAIL = {
    "received_at": NOW_MS, "source": "tracker", "priority": "normal",
    "consent_analytics": "unknown", "consent_marketing": "unknown", "is_bot": False,
}  # fmt: skip


def event_id(n: int) -> str:
    """The n-th event id: the same in every run."""
    return str(uuid5(_IDS, str(n)))


@dataclass(frozen=True)
class Record:
    """A Kafka record: what a producer is given."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def record(stream: str, n: int = 0, **fields: Any) -> Record:
    """A record of a stream; fields that are not given have plain values."""
    encoder = encoder_of(stream)
    values: dict[str, Any] = {
        "event_id": event_id(n), "store_id": STORE, "session_id": "s-1", "visitor_id": None,
        "correlation_id": "c-1", "occurred_at": NOW_MS, "public_id": f"cart-event-{NOW_MS}-a{n:06}",
    } | _OWN[stream] | _TAIL | fields  # fmt: skip
    if "event_name" in values and "event_name" not in fields:
        values["event_name"] = values["event_type"]
    if "received_at" not in fields and not _MONTH <= values["occurred_at"] - NOW_MS <= _DAY:
        # The gateway would refuse it: it came when it happened.
        values["received_at"] = values["occurred_at"]
    for amount in ("value", "refunded", "refund_value", "quantity"):
        if isinstance(values.get(amount), str):
            values[amount] = Decimal(values[amount])
    own = encoder.own(*(values.get(name) for name in encoder.own_fields))
    values.setdefault("content_crc", zlib.crc32(own) - 2**31)
    head = encoder.head(*(values.get(name) for name in encoder.head_fields))
    tail = encoder.tail(*(values.get(name) for name in encoder.tail_fields))
    key = encoder.schema.key_of(values)
    return Record(key.encode(), encoder.header + head + own + tail)
