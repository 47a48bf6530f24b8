"""A bot of aiogram ends as the right timeline, whether a handler matches, fails or is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.client.stand_in import ROOT, accepting, environment, taken_events
from tests.integration.client.telegram_stand_in import GROUP, TelegramApi, message, press
from tests.support.python_packages import installed_wheels
from tests.support.receiver import Receiver
from tests.support.waiting import wait_until

from storepulse.campaign import StartParam, StartParamSerializer

#: The first run on a machine installs aiogram.
pytestmark = pytest.mark.timeout(300)
HERE = Path(__file__).parent
PARAM = StartParamSerializer().serialize(StartParam("summer-2026", "t-4f81"))
UPDATES = [
    message(f"/start {PARAM}"),
    message("Which shirt goes with linen?"),  # no handler
    press("persona:Stylist"),  # no handler
    press("clear"),
    press("more"),
    message("fail"),  # the handler raises
    message(None, photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}],
            caption="This one"),
    message("Hello", GROUP),
    message(None, new_chat_title="Friends of linen"),  # nothing that a user says
]  # fmt: skip
USER_ID = 8123456789
#: Types, chats and what is told, in the order in which they happened.
TIMELINE: list[tuple[str, int, dict[str, Any]]] = [
    ("start_command", USER_ID, {"metadata": {
        "start_param": PARAM, "campaign_id": "summer-2026", "tracking_id": "t-4f81"}}),
    ("ai_message", USER_ID, {"text": "Welcome"}),
    ("user_message", USER_ID, {"text": "Which shirt goes with linen?"}),
    ("persona_selected", USER_ID, {"persona": "Stylist"}),
    ("chat_cleared", USER_ID, {"metadata": {"button": "clear"}}),
    ("custom", USER_ID, {"name": "button_press", "metadata": {"button": "more"}}),
    ("user_message", USER_ID, {"text": "fail"}),
    ("user_message", USER_ID, {"text": "This one", "metadata": {"content": "photo"}}),
    ("user_message", -100500, {"text": "Hello", "metadata": {"user_id": USER_ID}}),
]  # fmt: skip


def run_bot(
    telegram: TelegramApi, gateway: str, key: str, store_id: str, is_over: Callable[[], bool]
) -> str:
    """Runs the bot until `is_over`; what it wrote on stderr."""
    wheels = installed_wheels(HERE / "aiogram.lock")
    path = f"{wheels}:{ROOT / 'services'}"
    with Receiver(telegram) as api:
        process = subprocess.Popen(
            [sys.executable, "-S", str(HERE / "bot_program.py"), api.url, gateway, key, store_id],
            env=environment() | {"PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            wait_until(
                lambda: process.poll() is not None or is_over(), "the bot's events", seconds=90
            )
        finally:
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    return errors


def test_a_bots_updates_are_its_timeline() -> None:
    telegram = TelegramApi(UPDATES)
    with Receiver(accepting) as gateway:
        errors = run_bot(
            telegram, gateway.url, "ssk_example", "",
            lambda: len(taken_events(gateway)) >= len(TIMELINE) and telegram.is_drained,
        )  # fmt: skip
        events = taken_events(gateway)
    assert "the shop's own fault" in errors, errors
    own = {"event_id", "idempotency_key", "timestamp", "source", "event_type", "client_id"}
    told = [
        (event["event_type"], event["client_id"], {n: v for n, v in event.items() if n not in own})
        for event in sorted(events, key=lambda event: event["timestamp"])
    ]
    assert sorted(told, key=str) == sorted(TIMELINE, key=str)
    keys = [event["idempotency_key"] for event in events if "idempotency_key" in event]
    assert sorted(keys) == [f"telegram-42-{number}" for number in range(1, 9)]
