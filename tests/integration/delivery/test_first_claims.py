"""A first claim names its rows and leaves them as they are; still nobody else may take them."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.integration.delivery.line import Line
from tests.support.http_messages import OK, Reply
from tests.support.receiver import Receiver

from storepulse.delivery.connections import delivery_pool
from storepulse.delivery.queue import ClaimLimits, Queue
from storepulse.delivery.worker import new_batch_id
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table import removal

NOWHERE = "http://127.0.0.1:9/"
MUCH = 2**30
MARKED = "SELECT count(*) FROM deliveries WHERE batch_id IS NOT NULL"
NAMED = (
    "SELECT d.event_id::text FROM delivery_batches b, unnest(b.members) m"
    " JOIN deliveries d ON d.sequence = m WHERE b.status = 'pending' ORDER BY d.sequence"
)


@asynccontextmanager
async def processes(line: Line, count: int) -> AsyncIterator[list[Queue]]:
    """The queue as each of several processes sees it."""
    async with delivery_pool(line.world.settings, "claiming") as connections:
        yield [
            Queue(connections, line.clock, new_batch_id, str(uuid.uuid4()), 30.0)
            for _ in range(count)
        ]


async def pending(queue: Queue, destination: Destination) -> int:
    """How many events wait or are under way."""
    return (await queue.backlogs([destination.destination_id]))[destination.destination_id].events


async def test_rows_are_named_and_nobody_else_is_given_them(line: Line) -> None:
    destination = line.destination("crm", NOWHERE, batch_events=4)
    ids = line.queue(destination, range(10))
    async with processes(line, 2) as (one, other):
        (first,) = await one.claim(destination, ClaimLimits(4, 1, MUCH))
        assert [row.event_id for row in first.rows] == ids[:4]
        assert line.value(MARKED) == 0
        assert line.rows(NAMED) == [(e,) for e in ids[:4]]
        assert await other.ready([destination], [4]) == [destination.destination_id]
        rest = await other.claim(destination, ClaimLimits(4, 9, MUCH))
        assert [row.event_id for claim in rest for row in claim.rows] == ids[4:]
        assert await other.ready([destination], [4]) == []
        assert await one.claim(destination, ClaimLimits(4, 9, MUCH)) == []
        assert await pending(one, destination) == 10


async def test_claims_at_once_share_no_row(line: Line) -> None:
    destination = line.destination("crm", NOWHERE, batch_events=2)
    ids = line.queue(destination, range(400))
    taken: list[str] = []
    async with processes(line, 4) as queues:

        async def claim_all(queue: Queue) -> None:
            while claims := await queue.claim(destination, ClaimLimits(2, 5, MUCH)):
                taken.extend(row.event_id for claim in claims for row in claim.rows)

        await asyncio.gather(*map(claim_all, queues))
    assert Counter(taken) == dict.fromkeys(ids, 1)


async def test_a_second_claim_marks_the_rows_and_keeps_the_id(line: Line) -> None:
    destination = line.destination("crm", NOWHERE, batch_events=3)
    line.queue(destination, range(6))
    async with processes(line, 2) as (dead, other):
        first = await dead.claim(destination, ClaimLimits(3, 2, MUCH))
        line.clock.move(31)
        second = await other.claim(destination, ClaimLimits(3, 2, MUCH))
        # Batches of one claim are due at once: which of them comes first is all the same.
        assert {c.batch_id: c.rows for c in second} == {c.batch_id: c.rows for c in first}
        assert await pending(other, destination) == 6
    assert line.value(MARKED) == 6
    assert line.rows(NAMED) == []


async def test_the_rows_of_a_retry_are_marked(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(500)
    destination = line.destination("crm", receiver.url, batch_events=5, retry_seconds=(3600.0,))
    line.queue(destination, range(5))
    async with line.process():
        await line.wait_for(lambda: line.value(MARKED) == 5, "marked")
        assert line.rows(NAMED) == []
        receiver.answer = lambda _: OK
        line.clock.move(5000)
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 5}, "sent")
    assert len({request.message_id for request in receiver.requests}) == 1


async def test_sent_rows_tell_the_request_they_were_part_of(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, batch_events=4)
    line.queue(destination, range(8))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 8}, "sent")
    sent = {
        (event, request.message_id) for request in receiver.requests for event in request.events
    }
    found = line.rows("SELECT event_id::text, 'msg_' || replace(batch_id::text, '-', '')"
                      " FROM deliveries")  # fmt: skip
    assert set(found) == sent
    assert line.value("SELECT count(*) FROM delivery_batches WHERE members IS NOT NULL") == 0


async def test_removing_a_destination_fails_what_is_under_way(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(after=1.0)
    destination = line.destination("crm", receiver.url, batch_events=2)
    line.queue(destination, range(6))
    async with line.process():
        await line.wait_for(lambda: receiver.requests, "a request")
        with line.world.connect() as connection:
            discarded = removal.remove(connection, "crm", line.clock(), discard=True)
        assert discarded == 6
    # What the requests came to changes nothing any more.
    assert line.statuses(destination) == {"failed": 6}
    assert line.rows("SELECT DISTINCT status FROM delivery_batches") == [("done",)]


async def test_a_destination_that_is_ordered_by_now_gives_nothing(line: Line) -> None:
    """A process that has not read it again would part what belongs together."""
    before = line.destination("crm", NOWHERE)
    line.change("crm", ordered=True)
    line.queue(before, range(3), key=lambda _: "one")
    async with processes(line, 1) as (queue,):
        assert await queue.claim(before, ClaimLimits(1, 3, MUCH)) == []


@pytest.mark.parametrize("size", [1, 3])
async def test_what_a_claim_is_short_of_waits(line: Line, size: int) -> None:
    """A claim ends with the event that reaches its bytes; the next one goes on after it."""
    destination = line.destination("crm", NOWHERE, batch_events=size)
    ids = line.queue(destination, range(9))
    (each,) = {row[0] for row in line.rows("SELECT octet_length(value) FROM deliveries")}
    taken: list[str] = []
    async with processes(line, 1) as (queue,):
        while claims := await queue.claim(destination, ClaimLimits(size, 9, 3 * each)):
            assert sum(claim.bytes for claim in claims) == 3 * each
            taken += [row.event_id for claim in claims for row in claim.rows]
    assert taken == ids
