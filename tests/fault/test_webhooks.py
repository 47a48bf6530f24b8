"""The load's webhooks mean to the gateway what the checker knows of them."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
from tests.fault.webhooks import SentWebhook, next_webhook

from storepulse.domain.envelope import stated_ms
from storepulse.domain.errors import Rejected
from storepulse.streams.order.beacon import OrderBeacon
from storepulse.streams.order.shopify import beacons_of
from storepulse.streams.stream import Ignored

NOW = 1_795_240_800_000


def load() -> list[SentWebhook]:
    rng, recent = Random(7), list[SentWebhook]()
    return [next_webhook(rng, recent, NOW) for _ in range(400)]


def test_each_event_is_what_the_gateway_reads() -> None:
    for webhook in load():
        body = msgspec.json.decode(webhook.content())
        if not webhook.good:
            with pytest.raises(Rejected):
                beacons_of(webhook.topic, body)
            continue
        told = beacons_of(webhook.topic, body)
        assert not isinstance(told, Ignored)
        for stated, event in zip(told, webhook.events, strict=True):
            beacon = msgspec.convert(stated, OrderBeacon)
            for name in ("event_type", "order_id", "order_name", "currency", "customer_id"):
                assert getattr(beacon, name) == event.get(name), name
            assert stated_ms(beacon.timestamp or 0) == event["occurred_at"]
            for name in ("value", "refund_value"):
                assert _money(getattr(beacon, name)) == _money(event.get(name)), name


def _money(stated: Any) -> Decimal | None:
    return None if stated is None else Decimal(stated)


def test_some_come_again_and_another_body_under_the_same_id_is_another_webhook() -> None:
    webhooks = load()
    by_id: dict[str, list[SentWebhook]] = {}
    for webhook in webhooks:
        by_id.setdefault(webhook.webhook_id, []).append(webhook)
    contents = Counter(len({w.content() for w in found}) for found in by_id.values())
    assert contents[2] > 3
    assert sum(len(found) > 1 for found in by_id.values()) > 30
    ids = {sent.event_id for webhook in webhooks for sent in webhook.sent()[:1]}
    assert len(ids) == len({(w.webhook_id, w.content()) for w in webhooks})
    first = webhooks[0].sent()[0]
    digest = hashlib.sha256(webhooks[0].content()).hexdigest()
    name = f"order:secret:key:shopify:{webhooks[0].webhook_id}:{digest}:0"
    assert first.event_id == str(uuid.uuid5(uuid.UUID(first.store_id), name))
    assert {w.topic for w in webhooks} >= {"orders/create", "orders/cancelled", "refunds/create"}
