"""What is kept of destinations: how long requests took, and what breakers did."""

from __future__ import annotations

import pytest
from tests.integration.delivery.line import Line
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver

from storepulse.adapters.postgres.pool import Pool
from storepulse.delivery.minutes import DeliveryMinutes
from storepulse.destinations.rules.latency import counter_of

_MINUTES = (
    "SELECT (SELECT sum(n) FROM delivery_minutes m, unnest(m.delivered) n)::int,"
    " sum(failed)::int, max(failed_status), max(failed_error) FROM delivery_minutes"
)


async def test_each_request_is_counted_by_how_long_it_took(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(after=0.05)
    destination = line.destination("crm", receiver.url)
    line.queue(destination, range(12))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 12}, "sent")
    assert line.rows(_MINUTES) == [(12, 0, None, "")]
    ((counts,),) = line.rows("SELECT delivered FROM delivery_minutes ORDER BY minute LIMIT 1")
    assert sum(counts[: counter_of(0.05)]) == 0
    ((stored, newest),) = line.rows(
        "SELECT max(delivered_at), (SELECT max(attempted_at) FROM delivery_attempts)"
        " FROM delivery_minutes"
    )
    assert stored == newest


async def test_a_destination_that_fails_opens_its_breaker_and_it_is_kept(
    line: Line, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(503, body=b"busy <b>\x00")
    destination = line.destination("crm", receiver.url, max_in_flight=1)
    line.queue(destination, range(30))
    opened = "SELECT count(*) FROM breaker_changes WHERE was = 'closed' AND state = 'open'"
    async with line.process():
        await line.wait_for(lambda: line.value(opened) == 1, "open")
        receiver.answer = lambda _: Reply()
        line.clock.move(6)
        await line.wait_for(
            lambda: line.value("SELECT state FROM destination_breakers") == "closed", "closed"
        )
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 30}, "sent")
    changes = line.rows(
        "SELECT was, state, outcomes, failures FROM breaker_changes ORDER BY change_id"
    )
    assert [row[:2] for row in changes] == [
        ("closed", "open"), ("open", "probing"), ("probing", "closed"),
    ]  # fmt: skip
    outcomes, failures = changes[0][2:]
    assert outcomes >= 10
    assert failures >= 0.7 * outcomes
    ((delivered, failed, status, error),) = line.rows(_MINUTES)
    assert (delivered, status) == (30, 503)
    assert failed == line.value("SELECT count(*) FROM delivery_attempts WHERE outcome = 'retry'")
    assert "busy <b>" in error
    # Its administrator closes it by hand, which is a change too.
    with line.world.connect() as connection:
        connection.execute("UPDATE destination_breakers SET state = 'open'")
    line.change("crm", status="active")
    assert line.rows("SELECT was, state FROM breaker_changes ORDER BY change_id DESC LIMIT 2") == [
        ("open", "closed"),
        ("closed", "open"),
    ]


async def test_what_was_written_twice_counts_once(
    line: Line, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = line.destination("crm", receiver.url)
    line.queue(destination, range(3))
    write = DeliveryMinutes.write

    async def write_twice(minutes: DeliveryMinutes, connections: Pool) -> None:
        changed = set(minutes._changed)
        await write(minutes, connections)
        minutes._changed |= changed
        await write(minutes, connections)

    monkeypatch.setattr(DeliveryMinutes, "write", write_twice)
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 3}, "sent")
    assert line.rows(_MINUTES)[0][:2] == (3, 0)
