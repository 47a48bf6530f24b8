"""Several processes, dead ones and frozen ones: a batch is one process's at a time, for a while."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime

import pytest
from tests.integration.delivery.line import Line
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.delivery import budget
from storepulse.delivery.connections import delivery_pool
from storepulse.delivery.queue import ClaimLimits, Queue
from storepulse.delivery.worker import new_batch_id

CLAIM_SECONDS = 30.0
#: Bytes that limit no claim here.
MUCH = 2**30


def queue_of(line: Line, connections: Pool) -> Queue:
    """The queue as another process sees it."""
    return Queue(connections, line.clock, new_batch_id, str(uuid.uuid4()), CLAIM_SECONDS)


async def test_two_processes_share_the_work_and_no_row(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(after=0.01)
    plain = line.destination("plain", receiver.url)
    in_order = line.destination("ordered", receiver.url, ordered=True, batch_events=2)
    async with line.process(), line.process(seed=2):
        line.queue(plain, range(80))
        line.queue(in_order, range(1_000, 1_030), key=lambda n: f"s-{n % 9}")
        await line.wait_for(
            lambda: (
                line.statuses(plain) == {"sent": 80} and line.statuses(in_order) == {"sent": 30}
            ),
            "all sent",
        )
    assert Counter(event for r in receiver.requests for event in r.events).most_common(1)[0][1] == 1
    assert line.value("SELECT count(DISTINCT batch_id) FROM deliveries") == len(receiver.requests)


async def test_the_claims_of_a_dead_process_return_under_the_same_ids(
    line: Line, receiver: Receiver
) -> None:
    destination = line.destination("crm", receiver.url, batch_events=4)
    ids = line.queue(destination, range(12))
    async with delivery_pool(line.world.settings, "dead") as connections:
        lost = await queue_of(line, connections).claim(destination, ClaimLimits(4, 8, MUCH))
    assert [len(claim.rows) for claim in lost] == [4, 4, 4]
    async with line.process():
        line.queue(destination, range(100, 104))
        await line.wait_for(lambda: line.statuses(destination).get("sent") == 4, "what is free")
        assert not set(ids) & receiver.events()
        line.clock.move(CLAIM_SECONDS)
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 16}, "the lost ones")
    sent = {request.message_id: request.events for request in receiver.requests}
    for claim in lost:
        message = "msg_" + claim.batch_id.replace("-", "")
        assert sent[message] == [row.event_id for row in claim.rows]


async def test_what_was_claimed_and_not_sent_is_given_back_at_a_stop(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(after=0.05)
    destination = line.destination("crm", receiver.url, max_in_flight=2)
    line.queue(destination, range(60))
    async with line.process():
        await line.wait_for(lambda: len(receiver.requests) > 8, "under way")
    held = (
        "SELECT count(*) FROM delivery_batches WHERE status = 'pending' AND claimed_by IS NOT NULL"
    )
    assert line.value(held) == 0
    assert 0 < line.statuses(destination)["sent"] < 60
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 60}, "the rest")
    assert set(receiver.effects().values()) == {1}


async def test_a_process_whose_claim_ran_out_changes_nothing(
    line: Line, receiver: Receiver
) -> None:
    """It was frozen while it sent: the batch is another one's by now."""
    receiver.answer = lambda _: Reply(500, after=0.5)
    destination = line.destination("crm", receiver.url, retry_seconds=(3600.0,))
    line.queue(destination, [1])
    async with delivery_pool(line.world.settings, "other") as connections:
        other = queue_of(line, connections)
        async with line.process():
            await line.wait_for(lambda: receiver.requests, "a request")
            line.clock.move(CLAIM_SECONDS + 1)
            (taken,) = await other.claim(destination, ClaimLimits(1, 1, MUCH))
            await line.wait_for(
                lambda: line.value("SELECT count(*) FROM delivery_attempts") == 1, "its attempt"
            )
        now = line.rows("SELECT claimed_by::text, attempts, status FROM delivery_batches")
        assert now == [(other.owner, 0, "pending")]
        assert [row.event_id for row in taken.rows] == receiver.requests[0].events


async def test_a_claim_whose_answer_was_lost_is_found_again(line: Line, receiver: Receiver) -> None:
    """Committed, but the process does not know: when it runs out, the same process takes it."""
    destination = line.destination("crm", receiver.url)
    line.queue(destination, range(3))
    async with delivery_pool(line.world.settings, "same") as connections:
        queue = queue_of(line, connections)
        first = await queue.claim(destination, ClaimLimits(1, 8, MUCH))
        assert await queue.claim(destination, ClaimLimits(1, 8, MUCH)) == []
        line.clock.move(CLAIM_SECONDS)
        held = [first[0].batch_id]
        again = await queue.claim(destination, ClaimLimits(1, 8, MUCH, held))
    assert {claim.batch_id for claim in again} == {claim.batch_id for claim in first[1:]}


def test_batch_ids_are_uuids_of_their_time(line: Line) -> None:
    now: datetime = line.clock()
    made = uuid.UUID(new_batch_id(now))
    assert made.version == 7
    assert made.int >> 80 == int(now.timestamp() * 1000)


async def test_claiming_far_ahead_goes_on_within_a_small_budget(
    line: Line, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "MOST_EVENTS", 100)
    destination = line.destination("crm", receiver.url, batch_events=10)
    async with line.process() as senders:
        await line.wait_for(lambda: senders.destinations, "loaded")
        senders._senders[destination.destination_id]._ahead_count = 512
        line.queue(destination, range(400))
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 400}, "all sent")


def test_no_more_batches_are_claimed_than_asked(line: Line) -> None:
    """Statistics of a small table, taken before it grew, make the planner look once a batch."""
    destination = line.destination("crm", "http://127.0.0.1:9/")
    now = line.clock()
    asked = {
        "destination_id": destination.destination_id, "now": now, "until": now,
        "owner": str(uuid.uuid4()), "held": [], "most": 3, "bytes": MUCH,
    }  # fmt: skip
    with line.world.connect() as connection:
        for batches in (1, 40):
            connection.execute(
                "INSERT INTO delivery_batches (batch_id, destination_id, events, due_at,"
                " created_at) SELECT gen_random_uuid(), %s, 1, %s, %s FROM generate_series(1, %s)",
                [destination.destination_id, now, now, batches],
            )
            if batches == 1:
                connection.execute("ANALYZE delivery_batches")
        statement = named_sql("delivery/queue")["claim_due"]
        assert len(connection.execute(statement, asked).fetchall()) == 3
