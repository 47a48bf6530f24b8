"""The client: the same bytes again until they are taken, and nothing of a session before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from storepulse.demo.beacons import BeaconRequest, ManifestEntry, Visitor
from storepulse.demo.connection import BeaconAnswer
from storepulse.demo.sender import BeaconSender
from storepulse.demo.verdict import complaint

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
#: A request's body -> status, further headers, body; None closes the connection.
Reply = Callable[[dict[str, Any]], tuple[int, str, dict[str, Any]] | None]


def request(number: int, **changes: Any) -> BeaconRequest:
    event_id = f"01a1d1f6-f35b-7da7-8304-{number:012}"
    entry = ManifestEntry(
        "activity",
        "page_view",
        STORE,
        changes.pop("outcome", "fresh"),
        {"event_id": event_id},
        {"event_id": event_id, "n": number},
        changes.pop("field", ""),
    )
    return BeaconRequest("/api/customer-activity", [entry], "198.18.0.1", "Test/1.0", **changes)


def accepted(body: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
    return 202, "", {"status": "accepted", "accepted": 1, "ids": [body["event_id"]], "rejected": []}


@asynccontextmanager
async def gateway(reply: Reply) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """A server on a free port; yields its URL and what it was sent."""
    seen: list[dict[str, Any]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                seen.append(body)
                answer = reply(body)
                if answer is None:
                    break
                status, headers, document = answer
                data = json.dumps(document).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


async def test_a_session_waits_for_what_was_not_taken() -> None:
    trouble: list[Any] = [None, (503, "Retry-After: 0\r\n", {}), (429, "", {})]

    def reply(body: dict[str, Any]) -> tuple[int, str, dict[str, Any]] | None:
        if body["event_id"].endswith("1") and trouble:
            return trouble.pop(0)
        return accepted(body)

    taken: list[dict[str, Any]] = []
    async with gateway(reply) as (url, seen):
        sender = BeaconSender(url, taken.extend, give_up=10)
        await sender.send(iter([Visitor(0, [request(0), request(1), request(2)])]))
    assert [body["event_id"][-1] for body in seen] == ["0", "1", "1", "1", "1", "2"]
    assert [event["n"] for event in taken] == [0, 1, 2]
    assert sender.tally.is_as_expected
    assert (sender.tally.retries, sender.tally.unanswered) == (3, 1)
    assert sender.tally.totals["sent"] == sender.tally.totals["fresh"] == 3


async def test_giving_up_is_unknown_and_no_success() -> None:
    taken: list[dict[str, Any]] = []
    async with gateway(lambda _: None) as (url, _):
        sender = BeaconSender(url, taken.extend, give_up=0.3)
        await sender.send(iter([Visitor(0, [request(0)])]))
    assert taken == []
    assert sender.tally.totals["unknown"] == 1
    assert not sender.tally.is_as_expected


async def test_a_server_error_is_retried_and_still_a_complaint() -> None:
    answers = [(500, "", {"message": "oops"})]
    async with gateway(lambda body: answers.pop() if answers else accepted(body)) as (url, _):
        sender = BeaconSender(url, lambda _: None, give_up=5)
        await sender.send(iter([Visitor(0, [request(0)])]))
    assert sender.tally.totals["fresh"] == 1
    assert not sender.tally.is_as_expected


async def test_a_rate_is_kept() -> None:
    async with gateway(accepted) as (url, seen):
        sender = BeaconSender(url, lambda _: None, rate=100.0)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await sender.send(Visitor(n, [request(n)]) for n in range(31))
        assert loop.time() - began >= 0.29
    assert len(seen) == 31


def verdict(sent: BeaconRequest, status: int, document: Any) -> str | None:
    return complaint(sent, BeaconAnswer(status, json.dumps(document).encode(), None))


def test_what_an_answer_must_say() -> None:
    good = accepted(request(0).entries[0].json)[2]
    assert verdict(request(0), 202, good) is None
    assert verdict(request(0), 202, good | {"accepted": 0}) is not None
    assert verdict(request(0), 202, good | {"ids": [STORE]}) is not None
    assert verdict(request(0), 202, good | {"ids": []}) is not None
    assert verdict(request(0), 400, {"message": "no"}) is not None
    assert complaint(request(0), BeaconAnswer(202, b"<html>", None)) is not None


def test_a_malformed_beacon_must_be_refused_by_name() -> None:
    bad = request(0, outcome="malformed", field="quantity")
    named = {"status": "error", "details": {"field": "quantity", "reason": "is negative"}}
    assert verdict(bad, 400, named) is None
    assert verdict(bad, 422, named) is None
    assert verdict(bad, 400, {"details": {"field": "value", "reason": "?"}}) is not None
    assert verdict(bad, 202, {"accepted": 1, "ids": [STORE]}) is not None
    assert verdict(bad, 500, named) is not None


def test_an_id_that_the_server_derives_becomes_the_events() -> None:
    derived = request(0)
    entry = derived.entries[0]
    assert entry.event is not None
    entry.event["event_id"] = None
    assert verdict(derived, 202, {"accepted": 1, "ids": ["from-content"], "rejected": []}) is None
    assert entry.event["event_id"] == "from-content"
    # The repeat shares the event, and must get the same id.
    assert verdict(derived, 202, {"accepted": 1, "ids": ["other"], "rejected": []}) is not None
