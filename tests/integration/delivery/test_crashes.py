"""Delivery processes killed at every place that matters, and at any moment.

The receiver deduplicates by webhook-id alone; the clock moves on by more than a claim after each
death. Every event must take effect once, and every refused one must end as one dead letter.
"""

from __future__ import annotations

import random
import signal
import time

import pytest
from tests.integration.delivery.events import Shop
from tests.support.http_messages import OK, Reply, Request
from tests.support.ingest_records import event_id
from tests.support.kafka_records import records_of
from tests.support.receiver import Receiver

from storepulse.contracts.topics import load_catalog
from storepulse.destinations.rules.model import Destination

A_CLAIM = 31
REFUSED = {event_id(n) for n in range(0, 10_000, 10)}
WORST = [
    "delivery.after_claim_commit",
    "delivery.after_send",
    "delivery.after_dlq",
    "slices.before_commit",
]
OTHERS = [
    "delivery.before_claim_commit",
    "delivery.before_send",
    "delivery.before_dlq",
    "delivery.before_outcome_commit",
    "delivery.after_outcome_commit",
    "slices.after_commit",
    "slices.before_ack",
]


def refusing(request: Request) -> Reply:
    return Reply(422) if REFUSED & set(request.events) else OK


def settled(shop: Shop, destination: Destination, ids: list[str]) -> bool:
    bad = len(REFUSED & set(ids))
    return shop.statuses(destination) == {"sent": len(ids) - bad, "failed": bad}


def assert_exact(shop: Shop, receiver: Receiver, ids: list[str]) -> None:
    good = set(ids) - REFUSED
    assert receiver.effects() == dict.fromkeys(good, 1)
    letters = shop.rows("SELECT event_id::text FROM dead_letters")
    assert sorted(letters) == sorted((e,) for e in set(ids) & REFUSED)
    topic = load_catalog(shop.world.settings.topic_prefix).undelivered
    published = {
        dict(m.headers() or [])["x-storepulse-event-id"].decode()
        for m in records_of(shop.world.settings, topic)
    }
    assert published == set(ids) & REFUSED


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(WORST, id="worst"),
        pytest.param(OTHERS, id="others", marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(400)
def test_killed_at(shop: Shop, receiver: Receiver, places: list[str]) -> None:
    receiver.answer = refusing
    destination = shop.destination("crm", receiver.url, batch_events=4, batch_seconds=0.0)
    ids: list[str] = []
    for number, place in enumerate(places):
        ids += shop.publish("activity", range(number * 20, number * 20 + 20))
        with shop.delivery(f"{place} kill 1\n") as process:
            assert process.process is not None
            assert process.process.wait(90) == -signal.SIGKILL, shop.logs()
        shop.move(A_CLAIM)
    with shop.delivery() as process:
        shop.wait_until(lambda: settled(shop, destination, ids), "settled")
        assert process.kill(signal.SIGTERM) == 0, shop.logs()
    assert_exact(shop, receiver, ids)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_killed_at_any_moment(shop: Shop, receiver: Receiver) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    receiver.answer = lambda r: refusing(r) if draw.random() < 0.9 else Reply(503)
    destination = shop.destination(
        "crm", receiver.url, batch_events=3, batch_seconds=0.0, retry_seconds=(0.5,) * 30
    )
    ids: list[str] = []
    for number in range(8):
        ids += shop.publish("activity", range(number * 400, number * 400 + 400))
        with shop.delivery().wait_ready() as process:
            time.sleep(draw.uniform(0, 2.5))
            process.kill()
        shop.move(A_CLAIM)
    with shop.delivery():
        shop.wait_until(lambda: shop.move(1) or settled(shop, destination, ids), "settled", 240)
    assert_exact(shop, receiver, ids)
