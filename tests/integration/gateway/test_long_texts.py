"""Texts made to cost time or room: answered in no time, and kept as far as they are kept."""

from __future__ import annotations

import gzip
import json
import time
from uuid import uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    ACTIVITY,
    CARTS,
    CLICK,
    HEATMAP,
    LANDED,
    LANDING,
    STORE,
    VIEW,
    get,
    ingest_topic,
    post,
)
from tests.support.services import Service, running, wait_for_known_names
from tests.support.world import World

ROBOT = "electron/" * 28_000


@pytest.mark.parametrize("path", [HEATMAP, LANDING, CARTS])
def test_a_user_agent_that_made_expressions_slow(gateway: Service, port: int, path: str) -> None:
    event_id = str(uuid4())
    event = {
        HEATMAP: {**CLICK, "event_id": event_id, "user_agent": ROBOT},
        LANDING: {**LANDED, "store_id": STORE, "event_id": event_id, "user_agent": ROBOT},
        CARTS: {"storeName": "shop", "eventId": event_id, "userAgent": ROBOT},
    }[path]
    packed = gzip.compress(json.dumps(event).encode())
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        answer = post(port, path, packed, Content_Encoding="gzip", User_Agent=ROBOT[:30_000])
        taken.append(time.perf_counter() - started)
        assert answer.status in (200, 202), answer.body
    assert min(taken) < 0.25
    stream = {HEATMAP: "heatmap", LANDING: "landing", CARTS: "cart"}[path]
    topic = ingest_topic(gateway.settings, stream)
    _, record = topic.event(event_id)
    topic.close()
    assert record["user_agent"] == ROBOT[:1_024]
    assert record["is_bot"] is False


def test_new_stores_without_a_key_are_limited(world: World) -> None:
    settings = changed(world.settings, **OPEN, new_stores_per_hour=3)
    with running("gateway", settings) as gateway:
        wait_for_known_names(gateway)
        port = settings.gateway_port
        stores = [str(uuid4()) for _ in range(5)]
        statuses = [post(port, ACTIVITY, {**VIEW, "store_id": store}).status for store in stores]
        assert statuses == [202, 202, 202, 429, 429]
        known = [post(port, HEATMAP, {**CLICK, "store_id": store}).status for store in stores[:3]]
        assert known == [202, 202, 202]
        cart = post(port, CARTS, {"storeName": "a-new-one"})
        assert (cart.status, cart.json["code"]) == (429, "RATE_LIMITED")
        assert 0 < int(cart.headers["retry-after"]) <= 3_600
        lines = get(port, "/metrics").body.decode()
    assert 'storepulse_rate_limited_total{limit="stores"} 3.0' in lines
