"""Events that were decoded and rendered together: what arrives is what one by one is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.integration.delivery.line import Line
from tests.support.http_messages import OK, Reply
from tests.support.ingest_records import event_id
from tests.support.receiver import Receiver

from storepulse.delivery import reading, sender
from storepulse.delivery.budget import Budget

MANY = 40
BEGIN = b'{"type":"activity.'


def events_by_id(receiver: Receiver) -> dict[str, list[bytes]]:
    """How each event was written, by its id, on each attempt."""
    found: dict[str, list[bytes]] = {}
    for request in receiver.requests:
        inside = request.body[request.body.index(b'"events":[') + 10 : -3]
        for piece in inside.removeprefix(BEGIN).split(b"," + BEGIN):
            text = BEGIN + piece
            found.setdefault(json.loads(text)["data"]["event_id"], []).append(text)
    return found


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events were made together, each time."""
    counts: list[int] = []
    prepare = sender.prepare

    def counting(claims: Any) -> Any:
        made = prepare(claims)
        counts.append(sum(event is not None for one in made.values() for event in one.events))
        return made

    monkeypatch.setattr(sender, "prepare", counting)
    return counts


async def test_every_attempt_writes_an_event_in_the_same_bytes(
    line: Line, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, prepared: list[int]
) -> None:
    """Together at the first attempt, one by one at the second."""
    receiver.answer = lambda _: Reply(503)
    destination = line.destination(
        "crm", receiver.url, batch_events=MANY, batch_seconds=300, retry_seconds=(3600.0,)
    )
    line.queue(destination, range(MANY))
    async with line.process():
        await line.wait_for(
            lambda: line.value("SELECT sum(attempts) FROM delivery_batches"), "tried"
        )
        assert prepared == [MANY]
        monkeypatch.setattr(reading, "LEAST_ROWS", MANY + 1)
        receiver.answer = lambda _: OK
        line.clock.move(5_000)
        await line.wait_for(lambda: line.statuses(destination) == {"sent": MANY}, "sent")
    assert prepared[1:] == [0]
    written = events_by_id(receiver)
    assert len(written) == MANY
    assert all(len(texts) == 2 and len(set(texts)) == 1 for texts in written.values())


async def test_a_damaged_value_fails_alone(
    line: Line, receiver: Receiver, prepared: list[int]
) -> None:
    destination = line.destination("crm", receiver.url, batch_events=MANY, batch_seconds=300)
    ids = line.queue(destination, range(MANY))
    line.rows("UPDATE deliveries SET value = value || '\\x00' WHERE event_id = %s RETURNING 1",
              event_id(7))  # fmt: skip
    async with line.process():
        await line.wait_for(lambda: not line.statuses(destination).get("pending"), "settled")
    assert prepared == [0]
    assert receiver.effects() == {e: 1 for e in ids if e != event_id(7)}
    assert line.rows("SELECT event_id::text, last_error FROM deliveries WHERE status = 'failed'")[
        0
    ] == (event_id(7), "does not decode: ValueError")


async def test_consent_is_asked_at_the_send(
    line: Line, receiver: Receiver, prepared: list[int]
) -> None:
    destination = line.destination("crm", receiver.url, batch_events=MANY, batch_seconds=300)
    line.queue(destination, range(MANY // 2), consent_marketing="denied")
    granted = line.queue(destination, range(MANY // 2, MANY), consent_marketing="granted")
    line.change("crm", consent=frozenset({"marketing"}))
    async with line.process():
        await line.wait_for(lambda: not line.statuses(destination).get("pending"), "settled")
    assert prepared == [MANY]
    assert receiver.events() == set(granted)


async def test_the_budget_is_whole_again_when_all_is_sent(line: Line, receiver: Receiver) -> None:
    """What events are once they are rendered is counted, and given back."""
    budget = Budget()
    seen: list[int] = []
    receiver.answer = lambda _: seen.append(budget.free_bytes) or OK  # type: ignore[func-returns-value]
    destination = line.destination("crm", receiver.url, batch_events=MANY, batch_seconds=0.0)
    line.queue(destination, range(MANY))
    stored = line.value("SELECT sum(octet_length(value))::int FROM deliveries")
    async with line.process(budget=budget) as senders:
        await line.wait_for(lambda: line.statuses(destination) == {"sent": MANY}, "sent")
        one = senders._senders[destination.destination_id]
        await line.wait_for(lambda: not one._in_hand, "nothing in hand")
        assert budget == Budget()
        assert (one._in_hand._events, one._in_hand._bytes, one._in_hand._prepared) == (0, 0, {})
    (during,) = seen
    messages = [texts[0] for texts in events_by_id(receiver).values()]
    rendered = sum(len(text) - text.index(b'"data":') - len(b'"data":}') for text in messages)
    assert during == budget.bytes - stored - rendered
