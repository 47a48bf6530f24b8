"""Webhooks as a receiver sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from tests.contract.destinations.harness import attempt, refused_field
from tests.support.delivered_events import NOW, batch, event, numbered
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver, refusing_url

from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules.model import DeliveryBatch, DeliveryOutcome, Destination
from storepulse.domain.errors import Rejected
from storepulse.domain.signing import new_secret, verify

OLD, NEW = (new_secret(bytes([n]) * 32) for n in (1, 2))
KIND = KINDS["webhook"]
TO = Destination("d-1", "saas", "webhook", secrets={"signing": [NEW, OLD]})


async def send(
    url: str, sent: DeliveryBatch, now: datetime = NOW, **config: Any
) -> DeliveryOutcome:
    return await attempt(TO, sent, now, url=url, **config)


async def test_what_arrives() -> None:
    with Receiver() as server:
        outcome = await send(f"{server.url}/hook", batch(event("cart"), event("activity")))
    assert (outcome.verdict, outcome.status, outcome.error) == ("delivered", 200, "")
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "msg_3f2b6c1e0000400080000000000000aa"
    assert request.json["type"] == "events.batch"
    # That of its newest event: the same on each attempt.
    assert request.json["timestamp"] == "2026-01-01T12:00:00.412Z"
    messages = request.json["data"]["events"]
    assert [message["type"] for message in messages] == ["cart.add", "activity.purchase"]
    assert messages[1]["timestamp"] == "2026-01-01T12:00:00.000Z"
    cart, activity = (message["data"] for message in messages)
    assert (cart["stream"], cart["type"]) == ("cart", "cart_add")
    assert cart["data"]["customer_email"] == "jane@example.com"
    assert (activity["type"], activity["data"]["value"]) == ("purchase", "119.9800")


async def test_the_ordinary_library_verifies_it_with_either_secret() -> None:
    with Receiver() as server:
        await send(server.url, batch(event()), datetime.now(UTC))
    request = server.requests[0]
    for secret in (OLD, NEW):
        headers = dict(request.headers)
        parsed = standardwebhooks.Webhook(secret).verify(request.body, headers)
        assert parsed == request.json


async def test_each_valid_secret_signs_and_no_other() -> None:
    newest, end = new_secret(bytes([3]) * 32), NOW + timedelta(hours=1)
    target = replace(
        TO, secrets={"signing": [newest, NEW, OLD]}, secret_ends={"signing": [None, None, end]}
    )
    signed = []
    with Receiver() as server:
        for now in (NOW, end - timedelta(seconds=1), end):
            await attempt(target, batch(event()), now, url=server.url)
            signed.append(len(server.requests[-1].headers["webhook-signature"].split()))
    assert signed == [3, 3, 2]
    last = server.requests[-1]
    verify([NEW], last.headers, last.body, end.timestamp())
    with pytest.raises(Rejected):
        verify([OLD], last.headers, last.body, end.timestamp())


async def test_a_later_attempt_has_the_same_id_and_a_fresh_timestamp() -> None:
    later = NOW + timedelta(hours=10)
    with Receiver() as server:
        await send(server.url, batch(event(), attempt=1))
        await send(server.url, batch(event(), attempt=9), later)
    first, second = (request.headers for request in server.requests)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 36_000
    verify([NEW], second, server.requests[1].body, later.timestamp())


async def test_the_correlation_id_goes_along_where_all_events_share_it() -> None:
    other = numbered(1, correlation_id="another")
    with Receiver() as server:
        await send(server.url, batch(event("activity"), event("cart")))
        await send(server.url, batch(event(), other))
    shared, mixed = (request.headers for request in server.requests)
    assert shared["x-correlation-id"] == event().correlation_id
    assert "x-correlation-id" not in mixed


async def test_headers_of_the_administrator() -> None:
    with Receiver() as server:
        await send(server.url, batch(event()), headers={"Authorization": "Bearer abc"})
    assert server.requests[0].headers["authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "delivered"), (204, "delivered"), (302, "refused"), (400, "refused"),
     (401, "retry"), (403, "retry"), (404, "refused"), (408, "retry"), (410, "gone"),
     (422, "refused"), (425, "retry"), (429, "retry"), (500, "retry"), (503, "retry")],
)  # fmt: skip
async def test_answers(status: int, verdict: str) -> None:
    reply = Reply(status, b"because " + b"x" * 5000, {"retry-after": "7"})
    with Receiver(lambda _: reply) as server:
        outcome = await send(server.url, batch(event()))
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert outcome.retry_after == 7.0
    if verdict != "delivered":
        hint = "does the receiver know the newest secret?: " if status in (401, 403) else ""
        assert outcome.error.startswith(f"status {status}: {hint}because xxx")
        assert len(outcome.error) < 1100
    assert outcome.fault == ("account" if status in (401, 403) else "receiver")


async def test_no_answer() -> None:
    with refusing_url() as url:
        outcome = await send(url, batch(event()))
    assert (outcome.verdict, outcome.status) == ("retry", None)
    assert outcome.error.startswith("connect: 127.0.0.1 port ")
    outcome = await send("https://receiver.invalid/", batch(event()))
    assert outcome.verdict == "retry"
    assert outcome.error.startswith(("dns: ", "timeout: "))


GOOD = {"url": "https://shop.example/hook"}


@pytest.mark.parametrize(
    ("config", "secrets", "field"),
    [
        ({}, {"signing": [NEW]}, "config.url"),
        ({"url": "http://shop.example/"}, {"signing": [NEW]}, "config.url"),
        ({"url": 5}, {"signing": [NEW]}, "config.url"),
        ({**GOOD, "urls": "x"}, {"signing": [NEW]}, "config.urls"),
        ({**GOOD, "headers": []}, {"signing": [NEW]}, "config.headers"),
        ({**GOOD, "headers": {"Host": "x"}}, {"signing": [NEW]}, "config.headers.Host"),
        ({**GOOD, "headers": {"Webhook-Id": "x"}}, {"signing": [NEW]}, "config.headers.Webhook-Id"),
        ({**GOOD, "headers": {"X-A": "a\r\nb"}}, {"signing": [NEW]}, "config.headers.X-A"),
        ({**GOOD, "headers": {"X-A": 1}}, {"signing": [NEW]}, "config.headers.X-A"),
        ({**GOOD, "headers": {"X A": "a"}}, {"signing": [NEW]}, "config.headers.X A"),
        ({**GOOD, "headers": {"X-Ä": "a"}}, {"signing": [NEW]}, "config.headers.X-Ä"),
        ({**GOOD, "headers": {f"X-{n}": "a" for n in range(21)}}, {"signing": [NEW]},
         "config.headers"),
        (GOOD, {}, "secrets.signing"),
        (GOOD, {"signing": []}, "secrets.signing"),
        (GOOD, {"signing": ["whsec_short"]}, "secrets.signing"),
        (GOOD, {"signing": [NEW], "token": ["x"]}, "secrets.token"),
    ],
)  # fmt: skip
def test_declarations_that_are_refused(
    config: dict[str, Any], secrets: dict[str, list[str]], field: str
) -> None:
    assert refused_field("webhook", config, secrets) == field


def test_declarations_that_are_taken() -> None:
    KIND.check(GOOD, {"signing": [NEW, OLD]})
    KIND.check({"url": "http://127.0.0.1:9/", "headers": {"X-A": "b"}}, {"signing": [NEW]})
