"""No call raises, each call is quick, and the calls are those of the contract."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, get_args

import pytest

from storepulse.client import ClientStats, Problem, Storepulse
from storepulse.client.storepulse import ACTIVITY_TYPES
from storepulse.streams.activity.beacon import ActivityType
from storepulse.streams.bot.beacon import EventType

ROOT = Path(__file__).parents[3]
CIRCLE: dict[str, Any] = {}
CIRCLE["self"] = CIRCLE
#: Method, arguments, named arguments: each is a mistake.
MISTAKES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("track", (), {}),
    ("track", (None,), {"session_id": "s"}),
    ("track", ("page_view",), {}),
    ("track", ("page_view", 1, 2), {"session_id": "s"}),
    ("track", ("page_view",), {"session_id": "s", "timestamp": "yesterday"}),
    ("track", ("page_view",), {"session_id": "s", "metadata": CIRCLE}),
    ("track", ("page_view",), {"session_id": "s", "metadata": {"a": object()}}),
    ("track", ("page_view",), {"session_id": "s", "value": float("nan")}),
    ("track", ("page_view",), {"session_id": "s", "metadata": "x" * 70_000}),
    ("purchase", ("",), {"session_id": "s"}),
    ("purchase", (), {}),
    ("cart_add", (1,), {}),
    ("cart_add", (1,), {"store_name": "a", "colour": "red"}),
    ("user_message", (None, "text"), {}),
    ("user_message", (True, "text"), {}),
    ("persona_selected", (5,), {}),
    ("bot_event", (5, ""), {}),
    ("telegram_update", (), {}),
    ("queue_event", ("weather", {}, {}), {}),
    ("queue_event", ("cart", {"colour": "red"}, {}), {}),
]


@pytest.fixture
def url() -> str:
    return "http://127.0.0.1:9"


def test_there_is_a_method_for_each_event_of_a_bot() -> None:
    for name in set(get_args(EventType)) - {"custom"}:
        assert callable(getattr(Storepulse, name)), name
    assert set(get_args(ActivityType)) == ACTIVITY_TYPES


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_a_mistake_is_counted_and_told_and_never_raises(url: str, number: int) -> None:
    name, arguments, named = MISTAKES[number]
    told: list[Problem] = []
    storepulse = Storepulse(url, "ssk_a", on_error=told.append, exit_seconds=0)
    assert getattr(storepulse, name)(*arguments, **named) is None
    storepulse.close(10)
    assert storepulse.stats() == ClientStats(0, 0, 0, 1, 0)
    assert [(problem.kind, problem.events) for problem in told] == [("bad_arguments", 1)]
    assert told[0].message.startswith(name)


@pytest.mark.parametrize(
    ("address", "key", "more"),
    [
        (None, None, {}), ("", "", {}), ("not an address", "ssk_a", {}), (5, 5, {}),
        ("https://a.example", "ssk_a", {"colour": "red"}),
    ],
)  # fmt: skip
def test_a_client_without_address_or_key_says_so_once(
    address: Any, key: Any, more: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "storepulse.client"):
        storepulse = Storepulse(address, key, **more)
        assert [storepulse.track("page_view", session_id="s") for _ in range(3)] == [None] * 3
        assert storepulse.flush(1)
        assert storepulse.close(1)
    assert storepulse.stats() == ClientStats(0, 0, 3, 0, 0)
    assert len(caplog.records) == 1
    assert "nothing is sent" in caplog.text


def test_a_key_from_a_file_may_end_in_a_line_end(url: str) -> None:
    storepulse = Storepulse(f" {url}/\n", "ssk_a\n")
    assert storepulse._settings.url == url
    assert storepulse._settings.key == "ssk_a"


def test_what_is_changed_after_the_call_is_not_sent(url: str) -> None:
    storepulse = Storepulse(url, "ssk_a", exit_seconds=0)
    events: list[Any] = []
    storepulse._outbox.put = lambda event: events.append(event) or True  # type: ignore[assignment]
    metadata = {"a": 1}
    storepulse.track("page_view", session_id="s", metadata=metadata)
    metadata["a"] = 2
    assert json.loads(events[0].body)["metadata"] == {"a": 1}


def test_a_call_is_quick(url: str) -> None:
    """In processor time of the caller's thread, which other programs do not lengthen; measured
    8 µs, and the best of some rounds may take five times that."""
    storepulse = Storepulse(url, "ssk_a", most_events=10**6, exit_seconds=0)
    best = 1.0
    for _ in range(8):
        began = time.thread_time()
        for _ in range(1_000):
            storepulse.track("page_view", session_id="s-1", page_url="https://shop.example/a")
        best = min(best, (time.thread_time() - began) / 1_000)
    storepulse.close(0)
    assert best < 40e-6


def test_importing_it_loads_nothing_of_the_servers() -> None:
    heavy = (
        "starlette", "fastapi", "confluent_kafka", "polars", "numpy", "pydantic", "msgspec",
        "psycopg", "aiohttp", "aiogram", "structlog", "storepulse.streams", "storepulse.contracts",
    )  # fmt: skip
    program = (
        "import sys, time\n"
        "import httpx, httpcore, certifi\n"
        "began = time.process_time()\n"
        "import storepulse.client, storepulse.client.aiogram, storepulse.signing, "
        "storepulse.campaign\n"
        "spent = time.process_time() - began\n"
        f"print([name for name in {heavy} if name in sys.modules], spent < 0.5)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("[] True", "")


USER = """
from decimal import Decimal
from storepulse.client import Problem, Storepulse
from storepulse.client.aiogram import StorepulseMiddleware

def on_error(problem: Problem) -> None:
    print(problem.kind)

storepulse = Storepulse("https://a.example", "ssk_a", on_error=on_error, spool="/tmp/spool")
event_id: str | None = storepulse.track("page_view", session_id="s", value=Decimal(1))
storepulse.purchase(1, session_id="s", items=[{"product_id": 1, "quantity": 2}])
storepulse.image_generated(5, image_url="https://a.example/1.png", persona="Ada")
middleware = StorepulseMiddleware(storepulse, buttons={"a:": "persona_selected"})
with storepulse:
    done: bool = storepulse.flush(1)
"""


#: Lines that a checker must refuse, and what for.
WRONG = {
    "storepulse.track('a', session='s')": "call-arg",
    "storepulse.track('a', session_id=5)": "arg-type",
    "storepulse.user_message([], 'a')": "arg-type",
    "storepulse.persona_selected(5)": "call-arg",
}


def test_a_users_program_is_checked_by_types(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(USER + "\n".join(WRONG) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "/dev/null",
         "--cache-dir", str(ROOT / ".mypy_cache" / "users"), "--no-error-summary", str(program)],
        cwd=tmp_path, env={"MYPYPATH": str(ROOT / "services"), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip
    first = USER.count("\n") + 1
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    told = [(int(line.split(":")[1]), line.rpartition("[")[2].rstrip("]")) for line in errors]
    assert told == list(enumerate(WRONG.values(), start=first)), done.stdout
