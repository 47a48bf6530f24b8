"""Deliveries that leave their request, for another one: what was tried before stays known."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.integration.delivery.line import Line
from tests.support.http_messages import OK, Reply
from tests.support.ingest_records import event_id
from tests.support.receiver import Receiver

from storepulse.adapters.clock import system_clock
from storepulse.dead_letters.requeue import resend
from storepulse.destinations.delivery_reads import read_attempts, read_page


def log_of(line: Line, event: str) -> list[tuple[Any, ...]]:
    """Outcome and status of every attempt at an event."""
    with line.world.connect() as connection:
        (row,) = read_page(connection, 10, event_id=UUID(event))
        return [(a["outcome"], a["status"]) for a in read_attempts(connection, row)]


async def test_attempts_before_a_resend_stay_known(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url)
    receiver.answer = lambda _: Reply(422)
    (event,) = line.queue(destination, [1])
    async with line.process():
        for refusals in (1, 2):
            await line.wait_for(lambda: line.statuses(destination) == {"failed": 1}, "refused")
            assert log_of(line, event) == [("refused", 422)] * refusals
            if refusals == 2:
                receiver.answer = lambda _: OK
            with line.world.connect() as connection:
                target = UUID(destination.destination_id)
                assert resend(connection, target, actor="test", now=system_clock()) == 1
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 1}, "sent")
    assert log_of(line, event) == [("refused", 422), ("refused", 422), ("delivered", 200)]


async def test_attempts_before_an_ordered_batch_was_halved_stay_known(
    line: Line, receiver: Receiver
) -> None:
    destination = line.destination("crm", receiver.url, ordered=True, batch_events=2)
    receiver.answer = lambda r: Reply(422) if event_id(1) in r.events else OK
    _, last = line.queue(destination, [1, 2], key=lambda _: "s-1")
    async with line.process():
        await line.wait_for(
            lambda: line.statuses(destination) == {"failed": 1, "sent": 1}, "settled"
        )
    assert log_of(line, last) == [("refused", 422), ("delivered", 200)]
