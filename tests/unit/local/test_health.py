"""A service's own word about itself, and what a start makes of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from storepulse.adapters.settings import Settings
from storepulse.domain.health import DOWN, Advice
from storepulse.local import health
from storepulse.local.supervisor import Supervisor

DEGRADED = json.dumps(
    {
        "status": "degraded",
        "detail": "x",
        "checks": {
            "disk": {"ok": False, "detail": "x", "remedy": "do it", "runbook": "page.md"},
            "kafka": {"ok": True, "detail": "", "remedy": None, "runbook": None},
        },
    }
).encode()
HALTED = {"status": "halted", "detail": "ingest.landing.v1[0] is halted: deploy the schema"}


def down(detail: str) -> health.ServiceHealth:
    return health.ServiceHealth("down", detail, (DOWN,))


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/readyz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"{}", health.ServiceHealth("ready")),
        (200, b'{"status": "ok"}', health.ServiceHealth("ready")),
        (503, json.dumps(HALTED).encode(), health.ServiceHealth("halted", HALTED["detail"])),
        (503, b'{"status": "starting"}', health.ServiceHealth("starting")),
        (200, DEGRADED, health.ServiceHealth("degraded", "x", (Advice("do it", "page.md"),))),
        (503, b'{"status": "error"}', down('answers 503 {"status": "error"}')),
        (500, b"oops\nmore", down("answers 500 oops")),
        (503, b"", down("answers 503")),
    ],
)
def test_a_service_s_own_words(status: int, body: bytes, expected: health.ServiceHealth) -> None:
    with answering(status, body) as url:
        assert health.ask(url) == expected


def test_a_halted_partition_does_not_keep_the_stack_from_starting() -> None:
    told: list[str] = []
    supervisor = Supervisor(Settings(), {}, told.append, quiet=True, specs=[])
    with answering(503, json.dumps(HALTED).encode()) as url:
        service: Any = SimpleNamespace(
            spec=SimpleNamespace(name="agents", health=url), restarts=0, step=lambda: None, log=""
        )
        supervisor._services = [service]
        supervisor._wait_ready()
    assert told == [f"agents: {HALTED['detail']}"]
