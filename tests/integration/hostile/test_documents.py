"""Every hostile document to every path that takes events: an answer, and nothing but that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.data.hostile.documents import bodies, fields
from tests.integration.gateway.wire import CART, CLICK, LANDED, SAID, VIEW
from tests.integration.hostile.conftest import Stack
from tests.integration.hostile.sending import Answered, Sent, post

from storepulse.access.rules.needs import SIGNED
from storepulse.adapters.settings import load
from storepulse.gateway.endpoints import COLLECTION, Endpoint, endpoints
from storepulse.streams.registry import STREAMS

pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.timeout(300)]

#: Of paths that name a test.
TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
#: A store for each stream: its ids are none of the others' business.
GOOD: dict[str, dict[str, Any]] = {
    "cart": CART,
    "activity": {**VIEW, "store_id": "a1111111-1111-4111-8111-111111111111"},
    "heatmap": {**CLICK, "store_id": "b1111111-1111-4111-8111-111111111111"},
    "landing": {**LANDED, "store_id": "c1111111-1111-4111-8111-111111111111"},
    "bot": {**SAID, "store_id": "d1111111-1111-4111-8111-111111111111"},
    "campaign": {
        "store_id": "e1111111-1111-4111-8111-111111111111", "event": "WEBAPP_OPEN",
        "campaign_id": "c", "tracking_id": "t",
    },
    "order": {
        "store_id": "f1111111-1111-4111-8111-111111111111", "event_type": "paid",
        "order_id": "1001",
    },
    "usage": {
        "store_id": "a2111111-1111-4111-8111-111111111111", "meter": "sms_sent", "quantity": 1,
    },
    "experiment": {
        "store_id": "b2111111-1111-4111-8111-111111111111", "session_id": "s", "test_id": TEST,
        "event_type": "Metric", "metric": "margin", "value": "1.5",
    },
}  # fmt: skip
TOLD: dict[str, Any] = {
    "type": "track", "event": "Order Completed", "anonymousId": "a", "userId": "u",
    "properties": {"order_id": "1", "total": 5, "currency": "EUR"}, "groupId": "g",
    "context": {"page": {"url": "https://shop.example/"}}, "previousId": "p",
    "integrations": {"Storepulse": {"store_id": "a2111111-1111-4111-8111-111111111111"}},
}  # fmt: skip
#: Of Segment's paths, which are alike, one of each shape.
ENDPOINTS = {
    path: endpoint
    for path, endpoint in endpoints(load({})).items()
    if not endpoint.is_segment or path in ("/v1/track", "/v1/identify", "/v1/batch")
}
#: The share of the documents that runs in every test run.
SHARE = 5


def documents(endpoint: Endpoint) -> Iterator[tuple[str, bytes]]:
    """Every document of a path: single events, and as members of batches."""
    if endpoint.is_segment:
        yield from messages(endpoint)
        return
    stream = endpoint.stream or "activity"
    good = GOOD[stream] | endpoint.states
    names = [field.encode_name for field in msgspec.structs.fields(STREAMS[stream].input.beacon)]  # type: ignore[arg-type]
    yield from bodies(good)
    # Without a bot's token there is nothing to check init data with.
    names = [name for name in names if name != "init_data"]
    for name, document in fields(good, names):
        if endpoint.one:
            yield name, document
            continue
        start = b'{"stream":"activity","events":[' if endpoint.stream is None else b'{"events":['
        beside = json.dumps(good).encode()
        yield name, start + document + b"," + beside + b"]}"


def messages(endpoint: Endpoint) -> Iterator[tuple[str, bytes]]:
    """The same of Segment's paths, for the values of a message's fields."""
    yield from bodies(TOLD if endpoint.one else {"batch": [TOLD]})
    names = [*TOLD, "messageId", "timestamp", "sentAt", "originalTimestamp", "traits"]
    for name, document in fields(TOLD, names):
        beside = b"," + json.dumps(TOLD).encode()
        yield name, document if endpoint.one else b'{"batch":[' + document + beside + b"]}"


def accepted(answers: list[Answered]) -> list[str]:
    """Ids of the events that the gateway says it has."""
    return [one for a in answers if a.status in (200, 202) for one in a.json.get("ids", ()) if one]


def requests(path: str, share: int, key: bytes | None) -> list[Sent]:
    headers = [] if key is None else [("X-Api-Key", key)]
    # By place, so that each run of the suite takes every kind of document and each path others.
    start = list(ENDPOINTS).index(path) + (key is not None)
    return [
        Sent(f"{path} {name}", post(path.replace("{test_id}", TEST), document, headers))
        for name, document in list(documents(ENDPOINTS[path]))[start % share :: share]
    ]


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.long)])
def test_every_document_is_answered_and_what_is_taken_is_stored(stack: Stack, share: int) -> None:
    ids: list[str] = []
    for path in ENDPOINTS:
        for key in (None, stack.key.encode()):
            answers = stack.send(requests(path, share, key))
            assert max(a.seconds for a in answers) < 5
            need = COLLECTION["POST", path]
            if need == SIGNED and (key is None or path.startswith("/webhooks")):
                assert {a.status for a in answers} <= {401, 411, 413, 415}, path
                continue
            if need.opened == "never" and key is None:
                # Their body may hold the key, so it is read first.
                assert {a.status for a in answers} <= {400, 401, 411, 413, 415}, path
                continue
            assert sum(a.status == 400 for a in answers) > len(answers) / 3
            ids += accepted(answers)
    assert len(ids) > 100
    stack.check_sound(ids)
