"""A gateway's stand-in for clients, and programs that use one as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver

ROOT = Path(__file__).parents[3]
KEY = "ssk_example"
BUSY = Reply(503)
ACCEPTED = Reply(202, {"status": "accepted", "accepted": 1, "ids": [], "rejected": []})


def accepting(_request: Request) -> Reply:
    return ACCEPTED


def events_in(request: Request) -> list[dict[str, Any]]:
    return list(request.json["events"])


def id_of(event: dict[str, Any]) -> str:
    return str(event.get("event_id") or event.get("eventId") or event.get("idempotency_key"))


def taken_events(receiver: Receiver) -> list[dict[str, Any]]:
    """Every event of every request that was answered with 2xx, in order."""
    return [event for request in list(receiver.accepted) for event in events_in(request)]


def taken_ids(receiver: Receiver) -> Counter[str]:
    return Counter(id_of(event) for event in taken_events(receiver))


def failing(times: int, reply: Reply = BUSY) -> Callable[[Request], Reply]:
    """Answers so many requests with an error, then all with success."""
    left = [times]

    def answer(_request: Request) -> Reply:
        left[0] -= 1
        return reply if left[0] >= 0 else ACCEPTED

    return answer


def environment(**more: str) -> dict[str, str]:
    path = f"{ROOT / 'services'}"
    return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **more}


def start(program: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """A Python program as a process; warnings are errors in it."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        env=environment(**more), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(program: str, *arguments: str, seconds: float = 60, **more: str) -> str:
    """What a program prints, which ends well and says nothing on stderr."""
    process = start(program, *arguments, **more)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert (process.returncode, err) == (0, ""), err
    return out
