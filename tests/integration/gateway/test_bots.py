"""What bots send: one event, a list or a batch, of chats by any 64-bit id."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    BOT,
    SAID,
    VIEW,
    Answer,
    Topic,
    ingest_topic,
    post,
)
from tests.support.services import Service, running
from tests.support.world import World

ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
INLINE = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


@pytest.fixture(scope="module")
def topic(gateway: Service) -> Iterator[Topic]:
    found = ingest_topic(gateway.settings, "bot")
    yield found
    found.close()


def stored(topic: Topic, answer: Answer) -> list[tuple[bytes, dict[str, Any]]]:
    """Key and record of each event of an answer."""
    assert answer.status == 202, answer.body
    found = [topic.event(event_id) for event_id in answer.json["ids"]]
    return [(message.key(), record) for message, record in found]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("0", "0"), ("7", "7"), ('"7"', "7"), ("-1001234567890", "-1001234567890"),
        ('"-1001234567890"', "-1001234567890"), (str(2**63 - 1), str(2**63 - 1)),
        (f'"{-(2**63)}"', str(-(2**63))), (str(-(2**63)), str(-(2**63))),
    ],
)  # fmt: skip
def test_a_chat_by_any_64_bit_id(port: int, topic: Topic, sent: str, kept: str) -> None:
    body = json.dumps(SAID).replace("8123456789", sent)
    ((key, record),) = stored(topic, post(port, BOT, body.encode()))
    assert (key.decode(), record["client_id"]) == (kept, kept)
    assert (record["visitor_id"], record["session_id"]) == (kept, f"chat-{kept}")
    assert record["source"] == "bot"


@pytest.mark.parametrize(
    "sent",
    [
        '"007"', "1.0", "true", "null", str(2**63), f'"{2**63}"', f'"{-(2**63) - 1}"', '"-0"', '""',
        '"+7"', '" 7"', '"7\\n"', '"1e3"', "1e3", '"\u0661"', "[7]", '"' + "1" * 300 + '"',
        "9" * 5_000, '"7\\u0000"',
    ],
    ids=lambda sent: sent[:24],
)  # fmt: skip
@pytest.mark.parametrize("form", ["one", "list", "batch"])
def test_what_is_no_64_bit_id_is_refused(port: int, sent: str, form: str) -> None:
    one = json.dumps(SAID).replace("8123456789", sent)
    body = {"one": one, "list": f"[{one}]", "batch": f'{{"events":[{one}]}}'}[form]
    answer = post(port, BOT, body.encode())
    assert answer.status == 400
    field = answer.json["details"]["field"]
    assert field == ("client_id" if form == "one" else "events[0].client_id")


def test_a_list_and_a_batch_are_taken_event_by_event(port: int, topic: Topic) -> None:
    events = [
        {**SAID, "event_type": "StartCommand", "text": "/start"}, {**SAID, "client_id": "x"},
        {**SAID, "text": "\ud83d", "client_id": -5}, {**SAID, "event_type": "IMAGE_GENERATED"},
    ]  # fmt: skip
    for body in (events, {"events": events}):
        answer = post(port, BOT, b" \r\n\t" + json.dumps(body).encode())
        kept = stored(topic, answer)
        assert [record["event_type"] for _, record in kept] == ["start_command", "image_generated"]
        assert [(bad["index"], bad["field"]) for bad in answer.json["rejected"]] == [
            (1, "client_id"), (2, "")
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"[]", 400, "events"), (b'{"events":[]}', 400, "events"), (b"[1]", 400, "events[0]"),
        (b"", 400, ""), (b"[", 400, ""), (b"7", 400, ""), (b'"x"', 400, ""),
        (b"{}", 400, "event_type"),
        (b'{"events":{}}', 400, "events"), (b'[{"event_type":"user_message"}]x', 400, ""),
        (json.dumps([SAID] * 501).encode(), 413, None),
        (b"[" * 10_000 + b"]" * 10_000, 400, None),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_list_that_is_none_is_refused(
    port: int, body: bytes, status: int, field: str | None
) -> None:
    answer = post(port, BOT, body)
    assert answer.status == status, answer.body
    if field is not None:
        assert answer.json["details"]["field"] == field


def test_what_an_event_says_is_kept(port: int, topic: Topic) -> None:
    sent = {
        **SAID, "event_type": "image_generated", "session_id": "s-7", "visitor_id": "v-7",
        "persona": "Stylist", "story": "autumn", "text": "a\0b", "image_url": INLINE,
        "metadata": {"seed": 1}, "username": "jane", "customer_id": 1042,
        "customer_email": " Jane@Example.com ", "name": "x",
    }  # fmt: skip
    ((_, record),) = stored(topic, post(port, BOT, sent))
    assert (record["session_id"], record["visitor_id"]) == ("s-7", "v-7")
    assert (record["persona"], record["story"], record["name"]) == ("Stylist", "autumn", "x")
    assert (record["text"], record["image_url"]) == ("a\ufffdb", INLINE)
    assert json.loads(record["metadata"]) == {"seed": 1, "username": "jane"}
    assert record["customer_id"] == "1042"
    assert record["email_hash"].startswith("8c87b489ce35cf2e")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_type", "voice_message"), ("event_type", None), ("text", "x" * 16_385),
        ("text", 5), ("persona", "p" * 256), ("image_url", "ftp://a.example/1.png"),
        ("image_url", "data:text/html,<b>"), ("image_url", "data:image/png;base64,<b>"),
        ("image_url", "data:image/png;base64," + "A" * 49_152), ("image_url", "javascript:x"),
        ("image_url", "https://a.example/" + "x" * 2_048), ("metadata", []), ("session_id", "a b"),
        ("customer_email", "nobody"), ("timestamp", "yesterday"), ("event_id", "7"),
        ("visitor_id", "a\0b"),
    ],
)  # fmt: skip
def test_bad_fields_are_named(port: int, field: str, value: Any) -> None:
    answer = post(port, BOT, {**SAID, field: value})
    assert (answer.status, answer.json["details"]["field"]) == (400, field)


def test_what_a_request_says_of_a_bot_is_no_visitors(port: int, topic: Topic) -> None:
    either = (
        post(port, BOT, SAID, User_Agent=ROBOT),
        post(port, "/collect", {"stream": "bot", "events": [SAID]}, User_Agent=ROBOT),
    )
    for answer in either:
        ((_, record),) = stored(topic, answer)
        assert (record["user_agent"], record["is_bot"], record["source"]) == (None, False, "bot")
        assert (record["ip"], record["country"]) == (None, None)


def test_a_retry_is_the_same_event(port: int) -> None:
    for one in ({**SAID, "idempotency_key": "m-1"}, {**SAID, "timestamp": time.time()}):
        assert post(port, BOT, one).json["ids"] == post(port, BOT, [one]).json["ids"]
    assert post(port, BOT, SAID).json["ids"] != post(port, BOT, SAID).json["ids"]


def test_bots_have_a_limit_of_their_own(world: World) -> None:
    settings = changed(
        world.settings, **OPEN | {"limit_bot_per_minute": 2}, gateway_require_key=False
    )
    with running("gateway", settings) as service:
        at = service.settings.gateway_port
        statuses = [post(at, BOT, SAID).status for _ in range(3)]
        assert statuses == [202, 202, 429]
        assert post(at, "/api/customer-activity", VIEW).status == 202
