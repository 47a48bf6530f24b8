"""A receiver that refuses our account, not an event: events wait, and nothing is lost."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integration.delivery.line import Line
from tests.support.http_messages import OK, Reply
from tests.support.ingest_records import event_id
from tests.support.receiver import Receiver

from storepulse.destinations.rules.breaker import FIRST_WAIT
from storepulse.destinations.table.reads import find_destination
from storepulse.domain.signing import new_secret, verify

RETRIES: dict[str, Any] = {"retry_seconds": (0.1, 0.1), "batch_events": 5, "batch_seconds": 1}


def fault(line: Line) -> str:
    with line.world.connect() as connection:
        return find_destination(connection, "crm").account_fault


async def test_a_receiver_that_answers_401_loses_nothing(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(401, b"bad signature")
    destination = line.destination("crm", receiver.url, **RETRIES)
    ids = line.queue(destination, range(5))
    async with line.process():
        # One request alone, which no breaker minds, far beyond its schedule.
        await line.wait_for(lambda: len(receiver.requests) >= 6, "tried beyond the schedule")
        assert line.statuses(destination) == {"pending": 5}
        assert "does the receiver know the newest secret?: bad signature" in fault(line)
        receiver.answer = lambda _: OK
        line.clock.move(FIRST_WAIT.total_seconds())
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 5}, "sent")
        await line.wait_for(lambda: not fault(line), "and the fault is gone")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert line.value("SELECT count(*) FROM dead_letters") == 0


async def test_401_opens_the_breaker_as_an_outage_does(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(403)
    destination = line.destination("crm", receiver.url, **{**RETRIES, "batch_events": 1})
    line.queue(destination, range(40))
    async with line.process():
        await line.wait_for(
            lambda: line.value("SELECT max(state) FROM destination_breakers") == "open", "open"
        )
        # What was under way then, and afterwards a single request now and then.
        so_far = len(receiver.requests)
        await asyncio.sleep(1.5)
        assert len(receiver.requests) - so_far <= destination.max_in_flight + 3
    assert line.statuses(destination) == {"pending": 40}


async def test_events_that_alone_are_forbidden_end_as_dead_letters(
    line: Line, receiver: Receiver
) -> None:
    """A firewall in front of the receiver dislikes one event; its neighbours arrive."""
    receiver.answer = lambda r: Reply(403) if event_id(2) in r.events else OK
    destination = line.destination("crm", receiver.url, **RETRIES)
    line.queue(destination, range(5))
    async with line.process():
        await line.wait_for(lambda: receiver.requests, "forbidden")
        line.queue(destination, range(10, 30))
        await line.wait_for(
            lambda: line.statuses(destination) == {"sent": 24, "failed": 1}, "settled"
        )
    letters = line.rows("SELECT event_id::text FROM dead_letters")
    assert letters == [(event_id(2),)]


async def test_an_unknown_secret_is_waited_for(line: Line, receiver: Receiver) -> None:
    """The receiver verifies, and learns the secret only later."""
    late = new_secret(bytes([9]) * 32)

    def judge(request: Any) -> Reply:
        verify([late], request.headers, request.body, line.clock().timestamp())
        return OK

    receiver.answer = lambda _: Reply(401)
    destination = line.destination("crm", receiver.url, secrets={"signing": [late]}, **RETRIES)
    ids = line.queue(destination, range(3))
    async with line.process():
        line.clock.move(2)
        await line.wait_for(lambda: len(receiver.requests) >= 4, "refused")
        receiver.answer = judge
        line.clock.move(FIRST_WAIT.total_seconds())
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 3}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
