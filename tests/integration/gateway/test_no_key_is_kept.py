"""A canary in the place of a key, sent in every way: it stands nowhere afterwards."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    ACTIVITY,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    LANDED,
    LANDING,
    STORE,
    VIEW,
    Answer,
    get,
    ingest_topic,
    post,
    raw,
    rejected_topic,
)
from tests.support.services import Service, running
from tests.support.world import World

from storepulse.streams.registry import STREAMS

NAME = "Canary0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab"
KEY = f"ssk_{NAME}"


@pytest.fixture(scope="module")
def talkative(module_world: World) -> Iterator[Service]:
    """A gateway that logs all it ever would."""
    settings = changed(
        module_world.settings, **OPEN, log_level="DEBUG", log_format="json",
        gateway_reject_topic_bytes_per_second=10_000_000,
        gateway_reject_topic_per_second=10_000,
        home=module_world.settings.home / "talkative",
    )  # fmt: skip
    with running("gateway", settings) as service:
        yield service


def everything_sent(port: int) -> list[Answer]:
    bad = {**CLICK, "x": "no number"}
    spelled = "".join(f"\\u{ord(c):04x}" for c in KEY)
    bodies: list[bytes] = [
        json.dumps({**bad, "key": KEY}).encode(),
        json.dumps({**bad, KEY: 1}).encode(),
        json.dumps({**bad, "x": KEY}).encode(),
        json.dumps({**bad, "type": KEY}).encode(),
        json.dumps({**bad, "timestamp": KEY}).encode(),
        json.dumps({**bad, "selector": KEY, "page_url": KEY}).encode(),
        json.dumps({"events": [{**bad, "key": KEY}, {KEY: KEY}], "key": KEY, KEY: 2}).encode(),
        json.dumps({"events": [{**bad, "key": KEY}, {KEY: KEY}, CLICK]}).encode(),
        b'{"key":"%s"' % spelled.encode(),
        b'{"%s":1}' % spelled.encode(),
        b'{"key":"%s"' % spelled.upper().replace("U00", "u00").encode(),
        json.dumps({"key": KEY}).encode("utf-16"),
        json.dumps({"key": KEY}).encode("utf-32"),
        KEY.encode(),
        f"`{KEY}`".encode(),
        json.dumps({f"a`{KEY}": 1}).encode(),
        json.dumps([KEY]).encode(),
        b"\xff" + KEY.encode(),
    ]
    answers = []
    for path in (HEATMAP, HEATMAP_BATCH, ACTIVITY, LANDING, CARTS, "/collect"):
        for body in bodies:
            answers.append(post(port, path, body))
            packed = gzip.compress(body)
            answers += [
                post(port, path, broken, Content_Encoding="gzip")
                for broken in (packed[:-4], packed + packed, packed[:-8] + bytes(8))
            ]
        good = {HEATMAP: CLICK, ACTIVITY: VIEW, LANDING: {**LANDED, "store_id": STORE}}.get(path)
        if good is not None:
            answers += [
                post(port, path, good, X_Api_Key=KEY),
                post(port, path, good, Authorization=f"Bearer {KEY}"),
                post(port, f"{path}?key={KEY}", good),
                post(port, path, {**good, "key": KEY}),
                post(port, path, good, X_Correlation_Id=KEY),
                post(port, path, b"{}", X_Correlation_Id=KEY),
                post(port, path, good, Content_Type=KEY),
                post(port, path, good, Content_Encoding=KEY),
                post(port, path, {**good, "store_id": KEY}),
                post(port, path, {**good, "session_id": f"{KEY}!"}),
                post(port, path, {**good, "event_id": KEY}),
            ]
    for name in ("writeKey", "write_key", "apiKey", "api_key"):
        answers.append(post(port, ACTIVITY, {**VIEW, name: KEY}))
        answers.append(post(port, LANDING, {**LANDED, "store_id": STORE, name: KEY}))
        answers.append(post(port, ACTIVITY, {**VIEW, name: KEY, "value": "x"}))
    answers += [
        get(port, f"/{KEY}"),
        get(port, f"/metrics?key={KEY}"),
        get(port, HEATMAP, Authorization=f"Bearer {KEY}"),
        raw(port, f"GET /{KEY} {KEY}\r\n\r\n".encode()),
    ]
    return answers


def test_a_key_is_neither_kept_nor_told(talkative: Service) -> None:
    port = talkative.settings.gateway_port
    told = everything_sent(port)
    assert {200, 400, 401, 404, 405, 415} <= {answer.status for answer in told} | {200}
    for answer in told:
        assert NAME.encode() not in answer.body, answer.body
        assert not any(NAME in value for value in answer.headers.values()), answer.headers
    last = f"last-{uuid4().hex}"
    post(port, HEATMAP, f'{{"{last}'.encode())
    topic = rejected_topic(talkative.settings)
    messages = topic.all_until(lambda seen: any(last.encode() in m.value() for m in seen))
    topic.close()
    assert len(messages) > 300
    for message in messages:
        kept = message.value() + repr(message.headers()).encode()
        assert NAME.encode() not in kept.replace(b"\0", b""), kept
        assert NAME[:12].encode() not in kept.replace(b"\0", b""), kept
        assert "".join(f"\\u{ord(c):04x}" for c in NAME[:6]).encode() not in kept.lower()
    for stream, event in (
        ("activity", VIEW),
        ("landing", {**LANDED, "store_id": STORE}),
        ("heatmap", CLICK),
    ):
        path = {"activity": ACTIVITY, "landing": LANDING, "heatmap": HEATMAP}[stream]
        newest = post(port, path, event).json["ids"][0]
        records = ingest_topic(talkative.settings, stream)
        records.event(newest)
        for message in records.all_until(lambda _: True):
            assert NAME.encode() not in message.value() + (message.key() or b"")
        records.close()
    assert stream in STREAMS
    assert NAME.encode() not in get(port, "/metrics").body
    assert NAME not in talkative.log.read_text()
