"""A request as a receiver keeps it, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request as it arrived. `fields`: its headers; `at`: seconds of the monotonic clock."""

    method: str
    target: str
    fields: list[tuple[bytes, bytes]]
    body: bytes
    at: float

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Its headers by name in lower case."""
        return {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in self.fields}

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message_id(self) -> str:
        """A webhook's id."""
        return self.headers["webhook-id"]

    @cached_property
    def events(self) -> list[str]:
        """Ids of a webhook's events, in order."""
        return [event["event_id"] for event in self.webhook_events]

    @cached_property
    def webhook_events(self) -> list[Any]:
        """A webhook's events, in order."""
        data = self.json["data"]
        is_batch = self.json["type"] == "events.batch"
        return [message["data"] for message in data["events"]] if is_batch else [data]


@dataclass(frozen=True)
class Reply:
    """An answer, `after` some seconds; None: never. A `body` that is no bytes is sent as JSON."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float | None = 0.0

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300 and self.after is not None

    def bytes_for(self, method: str) -> bytes:
        """The answer to a request of this method as it is sent."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [f"HTTP/1.1 {self.status} Said"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status in (204, 304):
            return "\r\n".join([*lines, "", ""]).encode()
        lines.append(f"content-length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + (b"" if method == "HEAD" else body)


OK = Reply()
