"""What a receiver sees: every event once, under one id, signed, in order where that is asked."""

from __future__ import annotations

from tests.integration.delivery.line import Line
from tests.support.receiver import Receiver


async def test_events_arrive_once(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url)
    ids = line.queue(destination, range(30))
    async with line.process():
        await line.until(lambda: line.statuses(destination) == {"sent": 30}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert line.value("SELECT count(*) FROM delivery_attempts WHERE outcome = 'delivered'") == 30
