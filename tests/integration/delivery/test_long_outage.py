"""One destination healthy, one broken for 20 hours, one that hangs; processes are killed meanwhile.

The clock moves, nobody sleeps. In the end every event is at every receiver, once.
"""

from __future__ import annotations

import random
import signal

import pytest
from tests.integration.delivery.events import Shop
from tests.support.receiver import OK, Receiver, Reply

HOURS = 20
#: How often the clock moves on in an hour.
STEPS = 2


@pytest.mark.parametrize(
    ("events", "kills"),
    [
        pytest.param(300, 1, id="short", marks=pytest.mark.timeout(400)),
        pytest.param(20_000, 6, id="long", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)
def test_twenty_hours(shop: Shop, receiver: Receiver, events: int, kills: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    patience = 90 + events / 100
    with (
        Receiver(lambda _: Reply(500)) as broken,
        Receiver(lambda _: Reply(after=None)) as hanging,
    ):
        healthy = shop.destination("healthy", receiver.url)
        failing = shop.destination("broken", broken.url, batch_events=20)
        stuck = shop.destination("stuck", hanging.url, batch_events=20, timeout_seconds=1.0)
        process = shop.delivery()
        try:
            ids = shop.publish("activity", range(events))
            # The others delay nothing.
            shop.until(lambda: shop.sent(healthy) == events, "the healthy one", patience)
            assert (shop.sent(failing), shop.sent(stuck)) == (0, 0)
            moves = HOURS * STEPS
            deaths = set(draw.sample(range(moves), kills))
            for move in range(moves):
                shop.move(3600 / STEPS)
                if move in deaths:
                    process.kill()
                    process = shop.delivery()
            for destination in (failing, stuck):
                assert shop.statuses(destination) == {"pending": events}
            broken.answer = hanging.answer = lambda _: OK

            def all_there() -> bool:
                shop.move(301)
                return shop.sent(failing) == events and shop.sent(stuck) == events

            shop.until(all_there, "after healing", patience)
            assert process.kill(signal.SIGTERM) == 0, shop.logs()
        finally:
            process.__exit__()
        for place in (receiver, broken, hanging):
            assert place.effects() == dict.fromkeys(ids, 1)
