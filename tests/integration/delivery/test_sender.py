"""What a receiver sees of a healthy destination, and what an administrator's changes do."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from tests.integration.delivery.line import Line
from tests.support.dead_letters import add_letter
from tests.support.http_messages import OK, Reply
from tests.support.ingest_records import event_id
from tests.support.receiver import Receiver

from storepulse.delivery.queue import Queue
from storepulse.destinations.rules.model import Destination
from storepulse.domain.errors import Transient


async def all_sent(line: Line, destination: Destination, events: int) -> None:
    await line.wait_for(lambda: line.statuses(destination) == {"sent": events}, "all sent")


async def test_events_arrive_once(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url)
    ids = line.queue(destination, range(30))
    async with line.process():
        await all_sent(line, destination, 30)
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert len(receiver.requests) == 30
    outcomes = line.rows("SELECT outcome, attempt, status, count(*)::int FROM delivery_attempts"
                         " GROUP BY 1, 2, 3")  # fmt: skip
    assert outcomes == [("delivered", 1, 200, 30)]
    assert line.rows("SELECT DISTINCT attempts, last_status, last_error FROM deliveries") == [
        (1, 200, "")
    ]


async def test_batches_are_full_or_ripe(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, batch_events=10, batch_seconds=60)
    line.queue(destination, range(23))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination).get("sent") == 20, "full batches")
        assert sorted(len(r.events) for r in receiver.requests) == [10, 10]
        line.clock.move(61)
        await all_sent(line, destination, 23)
    assert sorted(len(r.events) for r in receiver.requests) == [3, 10, 10]


async def test_high_goes_before_normal_before_low(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, max_in_flight=1)
    line.queue(destination, range(12), priority=lambda n: 2 - n % 3)
    async with line.process():
        await all_sent(line, destination, 12)
    arrived = [request.events[0] for request in receiver.requests]
    assert arrived == [event_id(n) for rest in (2, 1, 0) for n in range(12) if n % 3 == rest]


async def test_a_paused_destination_keeps_its_rows(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, status="paused")
    other = line.destination("other", receiver.url)
    ids = line.queue(destination, range(5))
    async with line.process():
        line.queue(other, range(100, 103))
        await all_sent(line, other, 3)
        assert line.statuses(destination) == {"pending": 5}
        line.change("crm", status="active")
        await all_sent(line, destination, 5)
    assert {e: n for e, n in receiver.effects().items() if e in ids} == dict.fromkeys(ids, 1)


async def test_what_fails_waits_for_its_next_turn(
    line: Line, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def fails(_queue: Queue, destination_ids: Sequence[str]) -> None:
        asked.append(destination_ids)
        raise Transient("PostgreSQL: canceling statement due to statement timeout")

    monkeypatch.setattr(Queue, "backlogs", fails)
    destination = line.destination("crm", receiver.url, batch_events=2, batch_seconds=1)
    async with line.process():
        await line.wait_for(lambda: asked, "its first turn")
        line.queue(destination, [1])
        await all_sent(line, destination, 1)  # Polls found it ripe, a second later.
    assert len(asked) == 1


async def test_410_disables_and_resuming_sends_under_the_same_id(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(410, body=b"unsubscribed")
    destination = line.destination("crm", receiver.url, batch_events=3)
    ids = line.queue(destination, range(3))
    async with line.process():
        await line.wait_for(
            lambda: line.value("SELECT status FROM destinations") == "disabled", "disabled"
        )
        assert "unsubscribed" in line.value("SELECT status_reason FROM destinations")
        assert line.statuses(destination) == {"pending": 3}
        receiver.answer = lambda _: OK
        line.change("crm", status="active")
        await all_sent(line, destination, 3)
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert len({request.message_id for request in receiver.requests}) == 1
    assert [o for (o,) in line.rows("SELECT outcome FROM delivery_attempts ORDER BY attempted_at")
            ] == ["gone", "delivered"]  # fmt: skip


async def test_the_rate_limit_holds(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, rate_per_second=20.0)
    line.queue(destination, range(30))
    began = time.monotonic()
    async with line.process():
        await all_sent(line, destination, 30)
    assert time.monotonic() - began >= (30 - 20) / 20
    assert len(receiver.requests) == 30


async def test_consent_is_asked_again_at_the_send(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, batch_events=2)
    line.queue(destination, [1], consent_marketing="denied")
    line.queue(destination, [2], consent_marketing="granted")
    line.change("crm", consent=frozenset({"marketing"}))
    async with line.process():
        await line.wait_for(lambda: not line.statuses(destination).get("pending"), "settled")
    assert receiver.events() == {event_id(2)}
    left_out = line.rows(
        "SELECT event_id::text, last_error FROM deliveries WHERE status = 'skipped'"
    )
    assert left_out == [(event_id(1), "consent to marketing is denied")]
    assert line.value("SELECT count(*) FROM dead_letters") == 0


async def test_consent_that_was_withdrawn_closes_the_letter_of_an_event_that_is_sent_again(
    line: Line, receiver: Receiver
) -> None:
    destination = line.destination("crm", receiver.url, batch_events=1)
    with line.world.connect() as connection:
        letter = add_letter(connection, status="reprocessing")
    line.queue(destination, [1], consent_marketing="denied")
    line.rows("UPDATE deliveries SET dead_letter_id = %s RETURNING 1", letter)
    line.change("crm", consent=frozenset({"marketing"}))
    status = "SELECT status FROM dead_letters"
    async with line.process():
        await line.wait_for(lambda: line.value(status) == "discarded", "closed letter")
    assert receiver.requests == []
    assert line.rows("SELECT action, why FROM dead_letter_actions") == [
        ("discarded", "consent to marketing is denied")
    ]


async def test_a_destination_that_hangs_delays_no_other(line: Line, receiver: Receiver) -> None:
    with Receiver(lambda _: Reply(after=None)) as hanging:
        stuck = line.destination("stuck", hanging.url, max_in_flight=32)
        healthy = line.destination("healthy", receiver.url)
        line.queue(stuck, range(40))
        async with line.process():
            await line.wait_for(lambda: len(hanging.requests) >= 32, "all its requests hang")
            line.queue(healthy, range(100))
            await all_sent(line, healthy, 100)
            assert line.statuses(stuck) == {"pending": 40}


async def test_a_removed_destination_ends_quietly(line: Line, receiver: Receiver) -> None:
    from storepulse.destinations.table import removal

    receiver.answer = lambda _: Reply(500)
    destination = line.destination("crm", receiver.url)
    line.queue(destination, range(3))
    async with line.process() as senders:
        await line.wait_for(lambda: receiver.requests, "a first attempt")
        with line.world.connect() as connection:
            removal.remove(connection, "crm", line.clock(), discard=True)
        await line.wait_for(lambda: not senders.destinations, "the sender is gone")
        other = line.destination("other", receiver.url)
        receiver.answer = lambda _: OK
        line.queue(other, range(3))
        await all_sent(line, other, 3)
    assert line.statuses(destination) == {"failed": 3}
