"""A webhook receiver, as an integrator would write one: it verifies, deduplicates and answers.

It relies only on what the documentation says. It can simulate faults, to show how the sender
reacts: an error status for every request, or a delay before the answer.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from storepulse.domain.errors import Rejected
from storepulse.domain.signing import verify

LARGEST_BODY = 16 * 1024 * 1024
SOCKET_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Message:
    """One request: its fault ("" for none), and its events with whether each is a repeat."""

    message_id: str
    status: int
    fault: str
    events: Sequence[dict[str, Any]]
    #: For each event whether its id was seen before.
    repeated: Sequence[bool]
    signed: bool


@dataclass
class Conduct:
    """How the receiver behaves. Without secrets nothing is verified."""

    secrets: Sequence[str] = ()
    fail: int = 0
    delay: float = 0.0


@dataclass
class Memory:
    """The ids of accepted events, guarded by a lock, because requests are concurrent."""

    seen: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, ids: Sequence[str]) -> list[bool]:
        """Marks ids as accepted. Returns for each whether it was accepted before."""
        with self.lock:
            repeated = []
            for event_id in ids:
                repeated.append(event_id in self.seen)
                self.seen.add(event_id)
            return repeated


class Receiver:
    """Listens on loopback and calls `tell` for every request; a context manager."""

    def __init__(self, port: int, conduct: Conduct, tell: Callable[[Message], None]) -> None:
        self.conduct = conduct
        self.memory = Memory()
        self.tell = tell
        #: Held from calling `tell` until the answer is sent, and forever once this is closed. So a
        #: caller who stops after `tell` does not leave that sender without an answer.
        self.answering = threading.Lock()
        self._server = _ReceiverServer(("127.0.0.1", port), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def url(self) -> str:
        """The URL on which it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self.answering.acquire()
        self._server.server_close()
        self._thread.join()

    def answer(self, headers: dict[str, str], body: bytes, now: float) -> Message:
        """Judges one request. Header names are in lower case, `now` is in epoch seconds."""
        message_id = headers.get("webhook-id", "")
        signed = False
        try:
            if self.conduct.secrets:
                verify(self.conduct.secrets, headers, body, now)
                signed = True
            events = _events(body)
        except Rejected as rejected:
            # 401 for a wrong signature, 400 for a wrong body: the operator can tell them apart.
            status = 401 if rejected.field.startswith("webhook-") else 400
            return Message(message_id, status, str(rejected), (), (), signed=False)
        if self.conduct.fail:
            fault = "as asked by --fail"
            repeated = [False] * len(events)
            return Message(message_id, self.conduct.fail, fault, events, repeated, signed)
        repeated = self.memory.take([str(event["event_id"]) for event in events])
        return Message(message_id, 204, "", events, repeated, signed)


class _ReceiverServer(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _ReceiverServer
    timeout = SOCKET_SECONDS

    def do_POST(self) -> None:
        receiver = self.server.receiver
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._answer(411 if not length.isdecimal() else 413)
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        message = receiver.answer(headers, body, time.time())
        if receiver.conduct.delay:
            time.sleep(receiver.conduct.delay)
        with receiver.answering:
            receiver.tell(message)
            self._answer(message.status)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Logs nothing: `tell` reports requests."""


def _events(body: bytes) -> list[dict[str, Any]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("", "the body is not JSON") from None
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise Rejected("data", "must be an object")
    if document.get("type") != "events.batch":
        messages = [document]
    elif isinstance(data.get("events"), list):
        messages = data["events"]
    else:
        raise Rejected("data.events", "must be a list")
    return [_event(message) for message in messages]


def _event(message: object) -> dict[str, Any]:
    event = message.get("data") if isinstance(message, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("event_id"), str):
        raise Rejected("data", "must be an event with an event_id")
    return event
