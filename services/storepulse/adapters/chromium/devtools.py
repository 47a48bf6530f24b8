"""Chromium's DevTools protocol over two pipes: JSON messages, each terminated by NUL."""

from __future__ import annotations

import json
import os
import select
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from storepulse.domain.errors import Transient

Message = dict[str, Any]
#: How long to wait for an answer.
PATIENCE = 30.0
_PART = 1 << 20


class DevTools:
    """Makes calls, and collects events meanwhile."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._heard = bytearray()
        self._messages: deque[Message] = deque()
        self._events: list[Message] = []
        self._last_id = 0

    def ask(
        self,
        method: str,
        parameters: Message | None = None,
        *,
        session: str = "",
        seconds: float = PATIENCE,
    ) -> Message:
        """Make a call and return its result. Raises Transient on an error or a timeout."""
        self._last_id += 1
        call: Message = {"id": self._last_id, "method": method, "params": parameters or {}}
        if session:
            call["sessionId"] = session
        self._say(json.dumps(call).encode() + b"\0")
        until = time.monotonic() + seconds
        while True:
            message = self._next(until, method)
            if message.get("id") == self._last_id:
                break
            self._events.append(message)
        if "error" in message:
            raise Transient(f"Chromium: {method}: {message['error'].get('message')}")
        result: Message = message["result"]
        return result

    def wait_for(
        self, event: str, is_meant: Callable[[Message], bool], seconds: float = PATIENCE
    ) -> Message:
        """Wait for an event that `is_meant` accepts; return its parameters. Raises Transient on a
        timeout."""
        until = time.monotonic() + seconds
        while True:
            for place, message in enumerate(self._events):
                if message.get("method") == event and is_meant(message["params"]):
                    said: Message = self._events.pop(place)["params"]
                    return said
            self._events.append(self._next(until, event))

    def heard(self, event: str) -> list[Message]:
        """The parameters of collected events of this name."""
        return [one["params"] for one in self._events if one.get("method") == event]

    def _say(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._write, data) :]
        except BrokenPipeError:
            raise Transient("Chromium has ended") from None

    def _next(self, until: float, awaited: str) -> Message:
        while not self._messages:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise Transient(f"Chromium: {awaited} did not come in time")
            part = os.read(self._read, _PART)
            if not part:
                raise Transient("Chromium has ended; as root it needs --no-sandbox")
            self._heard += part
            *whole, rest = self._heard.split(b"\0")
            self._messages.extend(json.loads(one) for one in whole)
            self._heard = bytearray(rest)
        return self._messages.popleft()
