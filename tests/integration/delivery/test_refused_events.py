"""Events that a receiver never takes: isolated from their batches, kept as dead letters."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.delivery.line import STORE, Line
from tests.support.http_messages import OK, Reply, Request
from tests.support.ingest_records import event_id, record
from tests.support.kafka_records import records_of
from tests.support.receiver import Answer, Receiver

from storepulse import __version__
from storepulse.contracts.topics import load_catalog


def refusing(*numbers: int) -> Answer:
    bad = {event_id(n) for n in numbers}

    def answer(request: Request) -> Reply:
        return Reply(422, body=b"unknown product") if bad & set(request.events) else OK

    return answer


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_batch_is_halved_until_the_offending_event_stands_alone(
    line: Line, receiver: Receiver, ordered: bool
) -> None:
    receiver.answer = refusing(13)
    destination = line.destination("crm", receiver.url, batch_events=20, ordered=ordered)
    ids = line.queue(destination, range(20), key=lambda n: f"s-{n % 3}" if ordered else None)
    async with line.process():
        await line.wait_for(
            lambda: line.statuses(destination) == {"sent": 19, "failed": 1}, "settled"
        )
    good = [i for n, i in enumerate(ids) if n != 13]
    assert receiver.effects() == dict.fromkeys(good, 1)
    if ordered:
        arrived = [event for request in receiver.accepted for event in request.events]
        for key in range(3):
            of_key = [i for n, i in enumerate(ids) if n % 3 == key and n != 13]
            assert [event for event in arrived if event in set(of_key)] == of_key
    # 20, 10 + 10, 5 + 5, 2 + 3, then the rest: each level asks twice at most.
    assert len(receiver.requests) <= 1 + 2 * 5
    failed = line.rows(
        "SELECT event_id::text, attempts, last_status, last_error FROM deliveries"
        " WHERE status = 'failed'"
    )
    assert failed == [
        (event_id(13), 1, 422, "refused by the destination: status 422: unknown product")
    ]
    assert line.value("SELECT count(*) FROM delivery_batches WHERE status = 'pending'") == 0


async def test_the_dead_letter_keeps_the_original_record(line: Line, receiver: Receiver) -> None:
    receiver.answer = refusing(5)
    destination = line.destination("crm", receiver.url)
    line.queue(destination, [5])
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"failed": 1}, "failed")
    original = record("activity", 5)
    topic = f"{line.world.settings.topic_prefix}events.activity.v1"
    ((letter_id, *letter),) = line.rows(
        "SELECT dead_letter_id, stream, stage, status, reason, message, topic, topic_id, partition,"
        ' "offset", store_id::text, event_id::text, destination_id::text, key, value, header_names,'
        " header_values, replays FROM dead_letters"
    )
    assert letter == [
        "activity", "delivery", "open", "refused by the destination", "status 422: unknown product",
        topic, "a-topic-id", 1, 5, STORE, event_id(5), destination.destination_id, original.key,
        original.value, ["event_id", "x-own"], [event_id(5).encode(), b"\xff\x00own"], 0,
    ]  # fmt: skip
    assert line.value("SELECT dead_letter_id FROM deliveries") == letter_id
    (sent,) = records_of(
        line.world.settings, load_catalog(line.world.settings.topic_prefix).undelivered,
        lambda m: dict(m.headers() or []).get("x-storepulse-event-id") == event_id(5).encode(),
    )  # fmt: skip
    assert (sent.key(), sent.value()) == (original.key, original.value)
    headers: dict[str, Any] = dict(sent.headers() or [])
    assert sent.headers()[:2] == [("event_id", event_id(5).encode()), ("x-own", b"\xff\x00own")]  # type: ignore[index]
    assert {n: v.decode() for n, v in headers.items() if n not in ("x-own", "event_id")} == {
        "__dlq.errors.topic": topic,
        "__dlq.errors.partition": "1",
        "__dlq.errors.offset": "5",
        "__dlq.errors.group": f"{line.world.settings.topic_prefix}storepulse-delivery",
        "__dlq.errors.delivery.count": "1",
        "__dlq.errors.message": "status 422: unknown product",
        "x-storepulse-stage": "delivery",
        "x-storepulse-reason": "refused by the destination",
        "x-storepulse-field": "",
        "x-storepulse-event-id": event_id(5),
        "x-storepulse-code-version": __version__,
        "x-storepulse-replays": "0",
        "x-storepulse-destination": "crm",
    }


async def test_bytes_that_do_not_decode_fail_alone(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", receiver.url, batch_events=3)
    ids = line.queue(destination, range(3))
    line.rows(
        "UPDATE deliveries SET value = 'not Avro' WHERE event_id = %s RETURNING 1", event_id(1)
    )
    async with line.process():
        await line.wait_for(
            lambda: line.statuses(destination) == {"sent": 2, "failed": 1}, "settled"
        )
    assert receiver.effects() == {ids[0]: 1, ids[2]: 1}
    assert line.value("SELECT last_error FROM deliveries WHERE status = 'failed'").startswith(
        "does not decode"
    )


async def test_a_letter_that_is_sent_again_is_resolved_or_returns(
    line: Line, receiver: Receiver
) -> None:
    from storepulse.dead_letters.requeue import resend

    receiver.answer = refusing(1, 2)
    destination = line.destination("crm", receiver.url)
    line.queue(destination, [1, 2])
    letters = "SELECT event_id::text, status, replays FROM dead_letters ORDER BY sequence"
    letters = "SELECT event_id::text, status, replays FROM dead_letters ORDER BY event_id = %s"
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"failed": 2}, "failed")
        receiver.answer = refusing(2)
        with line.world.connect() as connection:
            from uuid import UUID

            resend(connection, UUID(destination.destination_id), actor="a test", now=line.clock())  # type: ignore[arg-type]
        await line.wait_for(
            lambda: (
                line.rows(letters, event_id(2))
                == [(event_id(1), "resolved", 0), (event_id(2), "open", 1)]
            ),
            "one resolved, one returned",
        )
    assert line.statuses(destination) == {"sent": 1, "failed": 1}
