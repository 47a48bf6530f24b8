"""Webhook receivers in a process of their own, so that what a test measures is not its own work.

The test starts the process with the names of the receivers and talks to it in lines of JSON; run as
a program, this module is that process. It keeps of every request its webhook-id, its events and
when it was accepted, not its bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
from tests.support.http_messages import OK, Reply, Request
from tests.support.receiver import Receiver

#: What a receiver does with every request.
Mood = Literal["well", "failing", "hanging"]
_ANSWERS = {"well": OK, "failing": Reply(500), "hanging": Reply(after=None)}
_ROOT = Path(__file__).parents[2]


class _Event(msgspec.Struct):
    event_id: str


class _Message(msgspec.Struct):
    data: _Event


class _Data(msgspec.Struct):
    event_id: str = ""
    events: list[_Message] = []


class _Body(msgspec.Struct):
    data: _Data

    @property
    def ids(self) -> list[str]:
        batch = [message.data.event_id for message in self.data.events]
        return batch or [self.data.event_id]


@dataclass(frozen=True)
class Report:
    """What a receiver saw. `accepted`: by webhook-id, when first (Unix time) and which events.

    `changed` are the webhook-ids under which other events came at another attempt.
    """

    requests: int
    changed: list[str]
    accepted: Mapping[str, tuple[float, list[str]]]

    def effects(self) -> Counter[str]:
        """How often each event took effect at a receiver that deduplicates by webhook-id alone."""
        return Counter(event for _, events in self.accepted.values() for event in events)

    def received_at(self) -> dict[str, float]:
        """When each event was accepted first."""
        return {event: at for at, events in self.accepted.values() for event in events}


class ReceiverProcess:
    """The process, as a test sees it; a context manager."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.urls: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.receiver_process", *self._names],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.urls = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def become(self, name: str, mood: Mood) -> None:
        """Changes what a receiver answers from now on."""
        self._ask(name, mood)

    def accepted(self, name: str) -> int:
        """How many events a receiver has accepted, each webhook-id once."""
        return int(self._ask(name, "count"))

    def report(self, name: str) -> Report:
        """Everything that a receiver saw."""
        return Report(**self._ask(name, "report"))

    def _ask(self, name: str, what: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, what]).encode() + b"\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the receivers' process ended: {self._process.poll()}"
        return json.loads(line)


class _Recorder(Receiver):
    """Keeps what a report needs."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: dict[str, list[str]] = {}
        self.changed: list[str] = []
        self.first: dict[str, float] = {}
        self.seen = 0
        self.events_accepted = 0

    def take(self, request: Request) -> Reply:
        at = time.time()
        events = msgspec.json.decode(request.body, type=_Body).ids
        message, reply = request.message_id, self.answer(request)
        self.seen += 1
        if self.batches.setdefault(message, events) != events:
            self.changed.append(message)
        if reply.status == OK.status and reply.after is not None and message not in self.first:
            self.first[message] = at
            self.events_accepted += len(events)
        return reply

    def told(self, what: str) -> Any:
        if what == "count":
            return self.events_accepted
        if what == "report":
            first = list(self.first.items())
            accepted = {message: (at, self.batches[message]) for message, at in first}
            return {"requests": self.seen, "changed": self.changed, "accepted": accepted}
        reply = _ANSWERS[what]
        self.answer = lambda _request: reply
        return None


def main(names: list[str]) -> None:
    """Answers lines until standard input ends."""
    with ExitStack() as stack:
        receivers = {name: stack.enter_context(_Recorder()) for name in names}
        print(json.dumps({name: r.url for name, r in receivers.items()}), flush=True)
        for line in sys.stdin:
            name, what = json.loads(line)
            print(json.dumps(receivers[name].told(what)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
