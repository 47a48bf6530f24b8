"""The gateway's HTTP as bytes on a socket, and its topics as records."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from tests.support.services import Service
from tests.support.waiting import wait_until

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.contracts.topics import load_catalog

STORE = "11111111-1111-4111-8111-111111111111"
CLICK: dict[str, Any] = {
    "store_id": STORE,
    "session_id": "session-1",
    "type": "click",
    "page_url": "https://shop.example/products/a",
    "x": 10,
    "y": 20,
    "viewport_width": 1280,
    "document_height": 3000,
}
VIEW: dict[str, Any] = {"store_id": STORE, "session_id": "session-1", "activity_type": "page_view"}
LANDED: dict[str, Any] = {
    "event_type": "PageView",
    "landing_page_id": "page-1",
    "session_id": "session-1",
}
CART: dict[str, Any] = {"storeName": "shop"}
SAID: dict[str, Any] = {"store_id": STORE, "event_type": "user_message", "client_id": 8123456789}

HEATMAP = "/api/heatmap/track"
HEATMAP_BATCH = "/api/heatmap/track-batch"
ACTIVITY = "/api/customer-activity"
LANDING = "/api/v1/landing-pages/events"
CARTS = "/api/cart-tracking/track"
BOT = "/api/analytics/events"
CART_BATCH = "/api/cart-tracking/track-batch"


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def head(path: str, length: int | None, method: str = "POST", **headers: str) -> bytes:
    """A request's head; `length` None leaves Content-Length out; `_` in names become `-`."""
    fields = {"Host": "127.0.0.1", "Content-Type": "application/json"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if length is not None:
        fields["Content-Length"] = str(length)
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def read_answer(
    sock: socket.socket, received: bytes = b"", *, bodiless: bool = False
) -> tuple[Answer, bytes]:
    """The next answer on a connection, and what came after it."""
    while b"\r\n\r\n" not in received:
        data = sock.recv(65_536)
        if not data:
            raise ConnectionError(f"closed after {received!r}")
        received += data
    top, _, rest = received.partition(b"\r\n\r\n")
    lines = top.decode("latin-1").split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    length = 0 if bodiless else int(headers.get("content-length", "0"))
    while len(rest) < length:
        data = sock.recv(65_536)
        if not data:
            raise ConnectionError("closed inside a body")
        rest += data
    return Answer(int(lines[0].split(" ")[1]), headers, rest[:length]), rest[length:]


def connect(port: int, timeout: float = 15) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout)


def raw(port: int, request: bytes) -> Answer:
    """Sends bytes as they are and reads one answer."""
    with connect(port) as sock:
        sock.sendall(request)
        return read_answer(sock, bodiless=request.startswith(b"HEAD "))[0]


def post(port: int, path: str, body: bytes | dict[str, Any] | list[Any], **headers: str) -> Answer:
    """One POST on a connection of its own."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw(port, head(path, len(data), **headers) + data)


def get(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    return raw(port, head(path, None, method, **headers))


class Topic:
    """Reads a topic from its beginning; values decoded where they belong to a stream."""

    def __init__(self, settings: Settings, name: str, stream: str | None) -> None:
        self._schema = schema_of(stream) if stream else None
        self._settings = settings
        self._name = name
        self._seen: list[Any] = []

    @cached_property
    def _consumer(self) -> Consumer:
        """Made at the first read: one that is made with the topic, before its partitions have
        leaders, was seen to fetch nothing for minutes."""
        consumer = Consumer(
            {
                **connection_config(self._settings),
                "group.id": "unused",
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "fetch.wait.max.ms": 50,
                "auto.offset.reset": "earliest",
            }
        )
        partitions = consumer.list_topics(self._name, timeout=10).topics[self._name].partitions
        consumer.assign([TopicPartition(self._name, number, 0) for number in partitions])
        return consumer

    def all_until(self, accept: Any, seconds: float = 60) -> list[Any]:
        """Every message so far, as soon as `accept(messages)` holds."""

        def is_there() -> bool:
            if not accept(self._seen):
                self._seen += [m for m in self._consumer.consume(1000, 0.2) if m.error() is None]
            return bool(accept(self._seen))

        wait_until(
            is_there, lambda: f"only {len(self._seen)} others are there", seconds=seconds, pause=0
        )
        return self._seen

    def event(self, event_id: str) -> tuple[Any, dict[str, Any]]:
        """The message and record of an event."""
        messages = self.all_until(
            lambda seen: any(str(self.record(m)["event_id"]) == event_id for m in seen)
        )
        message = next(m for m in messages if str(self.record(m)["event_id"]) == event_id)
        return message, self.record(message)

    def record(self, message: Any) -> dict[str, Any]:
        assert self._schema is not None
        decoded: Any = self._schema.decode(message.value()[HEADER_BYTES:])
        return decoded

    def close(self) -> None:
        self._consumer.close()


def ingest_topic(settings: Settings, stream: str) -> Topic:
    return Topic(settings, load_catalog(settings.topic_prefix).ingest(stream), stream)


def rejected_topic(settings: Settings) -> Topic:
    return Topic(settings, load_catalog(settings.topic_prefix).rejected, None)


def check_no_failure(gateway: Service, port: int) -> None:
    """Nothing that the gateway was asked ended in a 500 or a traceback."""
    lines = get(port, "/metrics").body.decode().splitlines()
    requests = [line for line in lines if line.startswith("storepulse_http_requests_total{")]
    assert requests
    assert [line for line in requests if 'status="500"' in line] == []
    assert "Traceback" not in gateway.log.read_text()
