"""The pages' examples run as they stand there, but for the gateway's address and the key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.client.pages import examples, run_node, with_gateway
from tests.integration.client.stand_in import (
    ACCEPTED,
    KEY,
    ROOT,
    accepting,
    environment,
    failing,
    run,
    taken_events,
    taken_ids,
)
from tests.support.http_messages import Reply
from tests.support.python_packages import installed_wheels
from tests.support.receiver import Receiver

#: The first run on a machine installs aiogram.
pytestmark = pytest.mark.timeout(300)
HERE = Path(__file__).parent


@pytest.fixture
def gateway() -> Iterator[Receiver]:
    with Receiver(accepting) as receiver:
        yield receiver


def test_the_python_examples_run(gateway: Receiver, tmp_path: Path) -> None:
    first, *others = examples("python-client.md", "python")
    run(with_gateway(first, gateway.url))
    assert [event.get("name") or event.get("activity_type") for event in taken_events(gateway)] == [
        "product_view", "newsletter_signup", "purchase", None,
    ]  # fmt: skip
    assert len(others) == 4
    for example in others:
        run(with_gateway(example, gateway.url).replace("/var/lib/shop/storepulse", str(tmp_path)))
    assert [
        event.get("event_type") or event.get("event") or event.get("meter")
        for event in taken_events(gateway)[4:]
    ] == ["paid", "refunded", "sms_sent", "ORDER_PAID"]


def test_the_bots_examples_run(gateway: Receiver) -> None:
    aiogram, calls, updates = examples("bots.md", "python")
    run(with_gateway(calls, gateway.url))
    update = {"update_id": 7, "message": {"chat": {"id": 5}, "from": {"id": 5}, "text": "Hi"}}
    run(with_gateway(updates, gateway.url) + f"\non_update({update!r})\n")
    told = [(event["event_type"], event["client_id"]) for event in taken_events(gateway)]
    assert told == [
        ("ai_message", 8123456789), ("image_generated", 8123456789),
        ("premium_action", 8123456789), ("user_message", 5),
    ]  # fmt: skip
    wheels = installed_wheels(HERE / "aiogram.lock")
    path = f"{wheels}:{ROOT / 'services'}"
    subprocess.run(
        [sys.executable, "-S", "-c", with_gateway(aiogram, gateway.url)],
        check=True, timeout=240, env=environment() | {"PYTHONPATH": path},
    )  # fmt: skip


def test_the_node_example_sends_everything_once(gateway: Receiver, tmp_path: Path) -> None:
    gateway.answer = failing(2, Reply(503, headers={"retry-after": "1"}))
    calls = [["user_message", {"text": f"Ä {number}"}] for number in range(120)]
    ids = run_node(tmp_path, gateway.url, KEY, json.dumps(calls))
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    assert [event["text"] for event in taken_events(gateway)] == [f"Ä {n}" for n in range(120)]
    assert len({request.body for request in gateway.requests[:3]}) == 1
    assert len(ids) == 120


@pytest.mark.parametrize("most_bytes", [262_144, 30_000])
def test_the_node_example_loses_nothing_to_the_limit_of_a_body(
    gateway: Receiver, tmp_path: Path, most_bytes: int
) -> None:
    """262,144 is the gateway's default, which no request reaches; an operator may set less."""
    gateway.answer = lambda request: Reply(413) if len(request.body) > most_bytes else ACCEPTED
    calls = [["user_message", {"text": f"{number} " + "Ä" * 4000}] for number in range(90)]
    ids = run_node(tmp_path, gateway.url, KEY, json.dumps(calls))
    assert len(ids) == 90
    assert taken_ids(gateway) == dict.fromkeys(ids, 1)
    if most_bytes == 262_144:
        assert len(gateway.accepted) == len(gateway.requests)
