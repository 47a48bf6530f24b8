"""PostgreSQL or Kafka away for a while: nothing is lost, and what can go on goes on."""

from __future__ import annotations

import asyncio

from tests.integration.agents.slices import with_connections, without_connections
from tests.integration.delivery.line import Line
from tests.support.http_messages import OK, Reply
from tests.support.ingest_records import event_id
from tests.support.kafka_records import records_of
from tests.support.receiver import Receiver

from storepulse.contracts.topics import load_catalog
from storepulse.slices.publisher import SlicePublisher


async def test_postgresql_away_while_events_are_sent(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(after=0.02)
    destination = line.destination("crm", receiver.url, max_in_flight=4)
    ids = line.queue(destination, range(150))
    async with line.process():
        await line.wait_for(lambda: len(receiver.requests) > 20, "under way")
        admin = await asyncio.to_thread(without_connections, line.world)
        before = len(receiver.requests)
        await asyncio.sleep(1)
        # What is in hand goes out; nothing else can be claimed.
        assert len(receiver.requests) < 150
        await asyncio.to_thread(with_connections, line.world, admin)
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 150}, "sent")
    assert before <= len(receiver.requests)
    assert receiver.effects() == dict.fromkeys(ids, 1)
    # Outcomes that could not be written then were written later: nothing was sent again.
    assert len(receiver.requests) == 150


class Cut(SlicePublisher):
    """A publisher whose broker is out of reach until `back`."""

    back = False

    def wait(self) -> None:
        if not self.back:
            self._give_up("out of reach")
        super().wait()


async def test_kafka_away_delays_dead_letters_alone(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda r: Reply(400) if r.events == [event_id(1)] else OK
    destination = line.destination("crm", receiver.url)
    publisher = Cut(line.world.settings, "cut")
    async with line.process(publisher=publisher):
        line.queue(destination, [1])
        await line.wait_for(lambda: receiver.requests, "refused")
        line.queue(destination, range(2, 60))
        await line.wait_for(
            lambda: line.statuses(destination) == {"sent": 58, "pending": 1}, "others"
        )
        assert line.value("SELECT count(*) FROM dead_letters") == 0
        publisher.back = True
        await line.wait_for(
            lambda: line.statuses(destination) == {"sent": 58, "failed": 1}, "failed"
        )
    assert line.value("SELECT count(*) FROM dead_letters") == 1
    topic = load_catalog(line.world.settings.topic_prefix).undelivered
    letters = [dict(m.headers() or []) for m in records_of(line.world.settings, topic)]
    assert event_id(1).encode() in [letter["x-storepulse-event-id"] for letter in letters]
    # Its outcome waited; the request was not repeated.
    assert len(receiver.requests) == 59
