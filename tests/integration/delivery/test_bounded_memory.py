"""However much waits, a process has a fixed number of events and of bytes in hand."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from tests.integration.delivery.line import Line
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver

from storepulse.delivery import budget as budget_module
from storepulse.delivery.budget import Budget
from storepulse.delivery.connections import delivery_pool
from storepulse.delivery.queue import ClaimLimits, Queue
from storepulse.delivery.senders import Senders
from storepulse.delivery.worker import new_batch_id

OF_ONE, OF_ALL = 60, 100
#: An event of about 10 KB, and what it is at most.
EVENT = {"metadata": '{"note": "' + "x" * 10_000 + '"}'}
LARGE = 11_000
BYTES_IN_HAND = (
    "SELECT coalesce(sum(bytes), 0)::int FROM delivery_batches"
    " WHERE status = 'pending' AND claimed_by IS NOT NULL"
)
IN_HAND = (
    "SELECT coalesce(sum(events), 0)::int FROM delivery_batches"
    " WHERE status = 'pending' AND claimed_by IS NOT NULL"
)


@pytest.mark.parametrize("size", [1, 7])
async def test_what_is_in_hand_does_not_grow_with_the_backlog(
    line: Line, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Receivers hang, and claims could run far ahead: the bounds of one and of all hold."""
    monkeypatch.setattr(budget_module, "MOST_EVENTS", OF_ONE)
    seen: list[int] = []
    with Receiver(lambda _: Reply(after=None)) as hanging:
        made = [
            line.destination(f"d{n}", hanging.url, batch_events=size, max_in_flight=256)
            for n in range(3)
        ]
        for n, destination in enumerate(made):
            line.queue(destination, range(1_000 * n, 1_000 * n + 400))
        async with line.process(budget=Budget(OF_ALL)) as senders:
            await line.wait_for(lambda: line.value(IN_HAND) > OF_ALL - 3 * size, "hands are full")
            for _ in range(20):
                await ask_for_more(senders)
                seen.append(line.value(IN_HAND))
                for destination in made:
                    held = senders._senders[destination.destination_id]._in_hand._claims.values()
                    assert sum(len(claim.rows) for claim in held) <= OF_ONE
            cancel_requests(senders)
    assert max(seen) <= OF_ALL


async def ask_for_more(senders: Senders) -> None:
    """As after a long run of quick answers."""
    for one in senders._senders.values():
        one._ahead_count = 512
        one.wake()
    await asyncio.sleep(0.02)


def cancel_requests(senders: Senders) -> None:
    """Those that will not end by themselves."""
    for one in senders._senders.values():
        for request in one._requests:
            request.cancel()


@pytest.mark.parametrize("ordered", [False, True])
async def test_what_is_in_hand_is_bounded_in_bytes(line: Line, ordered: bool) -> None:
    """Large events: what they need of memory is the limit long before their number is."""
    of_all = 30 * LARGE
    seen: list[int] = []
    with Receiver(lambda _: Reply(after=None)) as hanging:
        made = [
            line.destination(
                f"d{n}", hanging.url, batch_events=3, max_in_flight=256, ordered=ordered
            )
            for n in range(2)
        ]
        for n, destination in enumerate(made):
            numbers = range(1_000 * n, 1_000 * n + 60)
            line.queue(destination, numbers, key=str if ordered else lambda _: None, **EVENT)
        assert line.value("SELECT max(octet_length(value)) FROM deliveries") <= LARGE
        async with line.process(budget=Budget(bytes=of_all)) as senders:
            await line.wait_for(lambda: line.value(BYTES_IN_HAND) > of_all / 2, "hands are full")
            for _ in range(10):
                await ask_for_more(senders)
                seen.append(line.value(BYTES_IN_HAND))
                for destination in made:
                    held = senders._senders[destination.destination_id]._in_hand._claims.values()
                    # A claim ends with the event that reaches its bound.
                    assert sum(claim.bytes for claim in held) <= of_all // 3 + LARGE
            budget = senders._means.budget
            assert budget.free_bytes == of_all - seen[-1]
            cancel_requests(senders)
    assert max(seen) <= of_all


async def test_events_larger_than_the_bound_are_sent_one_by_one(
    line: Line, receiver: Receiver
) -> None:
    destination = line.destination("crm", receiver.url, batch_events=50, batch_seconds=300)
    line.queue(destination, range(8), **EVENT)
    async with line.process(budget=Budget(bytes=3_000)):
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 8}, "all sent")
    assert [len(request.events) for request in receiver.requests] == [1] * 8


async def test_retries_are_bounded_in_bytes_too(line: Line) -> None:
    """Claims that a process left behind return no faster than they fit."""
    of_all = 30 * LARGE
    with Receiver(lambda _: Reply(after=None)) as hanging:
        destination = line.destination("crm", hanging.url, batch_events=3, max_in_flight=256)
        line.queue(destination, range(90), **EVENT)
        async with delivery_pool(line.world.settings, "dead") as connections:
            dead = Queue(connections, line.clock, new_batch_id, str(uuid.uuid4()), 30.0)
            assert len(await dead.claim(destination, ClaimLimits(3, 30, 2**30))) == 30
        line.clock.move(31)
        async with line.process(budget=Budget(bytes=of_all)) as senders:
            await line.wait_for(lambda: len(hanging.requests) >= 3, "requests")
            for _ in range(10):
                await ask_for_more(senders)
                held = senders._senders[destination.destination_id]._in_hand._claims.values()
                # The last batch is claimed whole.
                assert sum(claim.bytes for claim in held) <= of_all // 3 + 3 * LARGE
            cancel_requests(senders)
