"""One event id in several streams of a store: a destination gets each event, with its own end."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import pytest
from tests.integration.delivery.line import Line
from tests.support.http_messages import Reply, Request
from tests.support.ingest_records import event_id
from tests.support.receiver import Receiver

STREAMS = ("activity", "landing", "heatmap", "cart")


def streams_of(request: Request) -> list[str]:
    """The streams of the events in a request to a webhook."""
    data = json.loads(request.body)["data"]
    return [e["data"]["stream"] for e in data["events"]] if "events" in data else [data["stream"]]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("batch_events", [1, 10])
async def test_each_is_sent_once(line: Line, batch_events: int, ordered: bool) -> None:
    with Receiver() as server:
        to = line.destination("d", server.url, batch_events=batch_events, ordered=ordered)
        for stream in STREAMS:
            line.queue(to, [1, 2], stream=stream)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(line.process())
            await line.wait_for(lambda: line.statuses(to) == {"sent": 8}, "all sent")
    sent = sorted(stream for request in server.requests for stream in streams_of(request))
    assert sent == sorted(STREAMS * 2)


async def test_what_is_refused_fails_alone_and_is_sent_again_alone(line: Line) -> None:
    refused = ["landing"]

    def answer(request: Request) -> Reply:
        return Reply(400 if set(streams_of(request)) & set(refused) else 200)

    with Receiver(answer) as server:
        to = line.destination("d", server.url, batch_events=10)
        for stream in STREAMS:
            line.queue(to, [1], stream=stream)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(line.process())
            await line.wait_for(lambda: line.statuses(to) == {"sent": 3, "failed": 1}, "one failed")
            ends = dict(line.rows("SELECT stream, status FROM deliveries"))
            assert ends == {**dict.fromkeys(STREAMS, "sent"), "landing": "failed"}
            letters = line.rows("SELECT stream, event_id::text, status FROM dead_letters")
            assert letters == [("landing", event_id(1), "open")]
