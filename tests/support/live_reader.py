"""A reader of live events, in a thread of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from tests.support.waiting import wait_until


class LiveReader:
    """What one stream told so far. `events` has the newest state of each event by its id."""

    def __init__(self, url: str, headers: dict[str, str], asked: dict[str, str]) -> None:
        self.messages: list[tuple[str, Any]] = []
        self.events: dict[str, dict[str, Any]] = {}
        self.last_id = ""
        self.status = 0
        self.answer: dict[str, str] = {}
        self.is_over = threading.Event()
        self._client = httpx.Client(timeout=httpx.Timeout(5, read=30))
        self._asked = (url, headers, asked)
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> LiveReader:
        self._thread.start()
        wait_until(lambda: self.status or self.is_over.is_set(), "the head of the stream")
        return self

    def stop(self) -> None:
        self._client.close()
        self.is_over.wait(5)

    def _run(self) -> None:
        url, headers, asked = self._asked
        try:
            with self._client.stream("GET", url, headers=headers, params=asked) as response:
                self.answer = dict(response.headers)
                self.status = response.status_code
                if response.status_code == 200:
                    self._read(response.iter_lines())
        except (httpx.HTTPError, OSError, RuntimeError, AttributeError):
            pass  # it was cut off, or closed by `stop`
        finally:
            self.is_over.set()

    def _read(self, lines: Iterator[str]) -> None:
        kind = data = ""
        for line in lines:
            name, _, value = line.partition(": ")
            match name:
                case "event":
                    kind = value
                case "data":
                    data += value
                case "id":
                    self.last_id = value
                case "":
                    if kind:
                        self._take(kind, json.loads(data))
                    kind = data = ""

    def _take(self, kind: str, data: Any) -> None:
        if kind == "events":
            self.events |= {one["id"]: one for one in data["events"]}
        self.messages.append((kind, data))

    def of(self, kind: str) -> list[Any]:
        """The data of all messages of a kind."""
        return [data for told, data in list(self.messages) if told == kind]

    def told(self) -> list[str]:
        """The ids of events in the order in which they were told, changes too."""
        return [one["id"] for data in self.of("events") for one in data["events"]]

    def find(self, **fields: Any) -> list[dict[str, Any]]:
        """The events with these fields."""
        return [
            one
            for one in list(self.events.values())
            if all(one[name] == value for name, value in fields.items())
        ]

    def wait_for(
        self, is_it: Callable[[LiveReader], Any], what: str = "", seconds: float = 30
    ) -> Any:
        """Until something of this reader holds."""
        return wait_until(
            lambda: is_it(self), lambda: f"{what}: {self.messages[-5:]}", seconds=seconds
        )


@contextmanager
def watching(url: str, headers: dict[str, str], **asked: str) -> Iterator[LiveReader]:
    """A reader for the length of a block. `url` is the query service's or the gateway's; `last_id`
    stands for the header Last-Event-ID."""
    last_id = asked.pop("last_id", "")
    sent = headers | ({"last-event-id": last_id} if last_id else {})
    reader = LiveReader(f"{url}/api/analytics/live", sent, asked).start()
    try:
        yield reader
    finally:
        reader.stop()
