"""Bodies of webhooks as the sender makes them: of their schemas, small, always alike."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
from tests.integration.delivery.line import Line
from tests.support.http_messages import OK, Reply
from tests.support.receiver import Receiver

from storepulse.destinations.rules.webhook_body import USUAL_BYTES
from storepulse.destinations.rules.webhook_schemas import schema_of_bodies

VALIDATOR = jsonschema_rs.Draft202012Validator(schema_of_bodies(), validate_formats=True)
NOW: dict[str, Any] = {"batch_seconds": 0.1}


async def test_batches_stay_below_the_limit_and_match_their_schema(
    line: Line, receiver: Receiver
) -> None:
    destination = line.destination("crm", "", config={"url": receiver.url}, batch_events=50, **NOW)
    ids = line.queue(destination, range(120))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 120}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    for request in receiver.requests:
        VALIDATOR.validate(request.json)
        assert request.json["type"] == "events.batch"
    sizes = sorted(len(request.body) for request in receiver.requests)
    assert sizes[-1] <= USUAL_BYTES
    # They are as full as they may be, but for the last: a guess too large would waste requests.
    assert sizes[len(sizes) // 2] > USUAL_BYTES * 0.6


async def test_the_limit_is_the_destinations(line: Line, receiver: Receiver) -> None:
    config = {"url": receiver.url, "max_body_bytes": 3000}
    destination = line.destination("crm", "", config=config, batch_events=50, **NOW)
    ids = line.queue(destination, range(20))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 20}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert max(len(request.body) for request in receiver.requests) <= 3000


async def test_a_guess_that_was_too_small_is_divided_without_an_attempt(
    line: Line, receiver: Receiver
) -> None:
    """Control characters are longer in JSON than they are stored."""
    destination = line.destination("crm", "", config={"url": receiver.url}, batch_events=50, **NOW)
    ids = line.queue(destination, range(12), product_name="\u0001" * 1000)
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 12}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    assert max(len(request.body) for request in receiver.requests) <= USUAL_BYTES
    attempts = line.rows("SELECT DISTINCT outcome, attempt FROM delivery_attempts")
    assert attempts == [("delivered", 1)]
    # The batches that were divided were never sent.
    assert line.value("SELECT count(*) FROM delivery_batches") > len(receiver.requests)


async def test_an_event_above_the_limit_goes_alone(line: Line, receiver: Receiver) -> None:
    destination = line.destination("crm", "", config={"url": receiver.url}, batch_events=50, **NOW)
    large = json.dumps({"note": "x" * 2 * USUAL_BYTES})
    ids = line.queue(destination, [0, 1])
    ids += line.queue(destination, [2], metadata=large)
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 3}, "sent")
    assert receiver.effects() == dict.fromkeys(ids, 1)
    (alone,) = [request for request in receiver.requests if len(request.body) > USUAL_BYTES]
    assert alone.events == ids[2:]
    VALIDATOR.validate(alone.json)


async def test_one_event_a_request_has_the_events_own_type(line: Line, receiver: Receiver) -> None:
    destination = line.destination("strict", receiver.url, batch_events=1)
    line.queue(destination, range(3))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 3}, "sent")
    for request in receiver.requests:
        VALIDATOR.validate(request.json)
        assert request.json["type"] == f"activity.{request.json['data']['type']}"
        assert request.json["timestamp"] == request.json["data"]["occurred_at"]


async def test_each_attempt_has_the_same_bytes(line: Line, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(503) if len(receiver.requests) < 4 else OK
    destination = line.destination(
        "crm", receiver.url, batch_events=20, retry_seconds=(0.1,) * 9, **NOW
    )
    line.queue(destination, range(5))
    async with line.process():
        await line.wait_for(lambda: line.statuses(destination) == {"sent": 5}, "sent")
    assert len(receiver.requests) >= 4
    assert len({(request.message_id, request.body) for request in receiver.requests}) == 1
