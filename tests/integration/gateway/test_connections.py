"""Connections: keep-alive, pipelining, pieces, leaving early; health, metrics, the document."""

from __future__ import annotations

import json
import re
import socket
import time
from contextlib import suppress
from typing import Any

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    connect,
    get,
    head,
    post,
    raw,
    read_answer,
)
from tests.support.services import Service, running
from tests.support.world import World

from storepulse.access.rules.needs import COLLECT
from storepulse.adapters.http.limits import HEAD_BYTES, ConnectionLimits
from storepulse.gateway.endpoints import COLLECTION

BODY = json.dumps(CLICK).encode()
CLICKED = head(HEATMAP, len(BODY)) + BODY


def test_a_connection_serves_many_requests(port: int) -> None:
    with connect(port) as sock:
        rest = b""
        for _ in range(3):
            sock.sendall(CLICKED)
            answer, rest = read_answer(sock, rest)
            assert answer.status == 202
            sock.sendall(head("/healthz", None, "GET"))
            answer, rest = read_answer(sock, rest)
            assert answer.status == 200


def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    bad = head(HEATMAP, 2) + b"{}"
    health = head("/healthz", None, "GET")
    wanted = [202, 400, 202, 200, 202, 200, 400]
    with connect(port) as sock:
        sock.sendall(CLICKED + bad + CLICKED + health + CLICKED + health + bad)
        rest, found = b"", []
        for _ in wanted:
            answer, rest = read_answer(sock, rest)
            found.append(answer.status)
    assert found == wanted


def test_what_came_before_a_head_does_not_count_as_its_own(port: int) -> None:
    count = 150
    assert len(CLICKED) * count > HEAD_BYTES
    with connect(port) as sock:
        sock.sendall(CLICKED * count + CLICKED[:40])
        rest, found = b"", []
        for _ in range(count):
            answer, rest = read_answer(sock, rest)
            found.append(answer.status)
        sock.sendall(CLICKED[40:])
        found.append(read_answer(sock, rest)[0].status)
    assert found == [202] * (count + 1)


def test_an_error_behind_a_pending_request_does_not_take_its_answer(port: int) -> None:
    with connect(port) as sock:
        sock.sendall(CLICKED + b"NOT HTTP\r\n\r\n")
        answer, _ = read_answer(sock)
        assert answer.status == 202
        assert answer.headers["connection"] == "close"
        assert sock.recv(10) == b""


def test_a_large_pipelined_body_is_refused_in_its_turn(port: int) -> None:
    with connect(port) as sock:
        sock.sendall(CLICKED + head(HEATMAP, 300_000))
        sock.sendall(b" " * 300_000)
        first, rest = read_answer(sock)
        second, _ = read_answer(sock, rest)
    assert (first.status, second.status) == (202, 413)


def test_a_body_in_pieces_is_put_together(port: int) -> None:
    with connect(port) as sock:
        for at in range(0, len(CLICKED), 40):
            sock.sendall(CLICKED[at : at + 40])
            time.sleep(0.002)
        assert read_answer(sock)[0].status == 202
        sock.sendall(
            head(HEATMAP, None, Transfer_Encoding="chunked")
            + b"%x\r\n%b\r\n" % (20, BODY[:20])
            + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY) - 20, BODY[20:])
        )
        assert read_answer(sock)[0].status == 202


def test_trailers_are_passed_over(port: int) -> None:
    request = head(HEATMAP, None, Transfer_Encoding="chunked", Trailer="X-A")
    chunk = b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
    with connect(port) as sock:
        sock.sendall(request + chunk + b"X-A: a\r\n" * 300 + b"\r\n" + CLICKED)
        first, rest = read_answer(sock)
        second, _ = read_answer(sock, rest)
    assert (first.status, second.status) == (202, 202)


@pytest.mark.parametrize(("path", "status"), [(HEATMAP, 413), ("/nowhere", 404)])
def test_a_request_that_never_ends_is_refused_once(
    world: World, port: int, path: str, status: int
) -> None:
    settings = world.settings
    limits = ConnectionLimits(
        settings.gateway_max_body_bytes, 1.0, large_body_bytes=settings.gateway_max_webhook_bytes
    )
    most = limits.wire_bytes
    with connect(port) as sock:
        sock.sendall(head(path, None, Transfer_Encoding="chunked"))
        time.sleep(0.2)
        received = b""
        # The gateway may close before it has all of this; its answer is there to read all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(b"0\r\nX-A: " + b"a" * most)
        with suppress(BrokenPipeError, ConnectionResetError):
            while data := sock.recv(65_536):
                received += data
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert received.count(b"HTTP/1.1") == 1


def test_expect_100_continue_is_answered(port: int) -> None:
    with connect(port) as sock:
        sock.sendall(head(HEATMAP, len(BODY), Expect="100-continue"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(BODY)
        assert read_answer(sock)[0].status == 202


def test_http_1_0_and_connection_close_close(port: int) -> None:
    for request in (
        CLICKED.replace(b"HTTP/1.1", b"HTTP/1.0"),
        head(HEATMAP, len(BODY), Connection="close") + BODY,
    ):
        with connect(port) as sock:
            sock.sendall(request)
            answer, _ = read_answer(sock)
            assert (answer.status, answer.headers["connection"]) == (202, "close")
            assert sock.recv(10) == b""


def test_clients_that_leave_early_do_no_harm(gateway: Service, port: int) -> None:
    for request in (CLICKED, CLICKED[:-3], CLICKED[:30], CLICKED + CLICKED):
        for _ in range(5):
            sock = connect(port)
            sock.sendall(request)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()
    assert post(port, HEATMAP, CLICK).status == 202
    assert "Traceback" not in gateway.log.read_text()


def test_upgrades_are_ignored(port: int) -> None:
    assert get(port, "/healthz", Connection="Upgrade", Upgrade="websocket").status == 200


def test_health_and_metrics(port: int) -> None:
    assert get(port, "/healthz").json == {"status": "ok"}
    assert get(port, "/readyz").json["status"] == "ready"
    answer = get(port, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.body.decode()
    for name in (
        "ingest_events_total",
        "produce_ack_seconds_bucket",
        "kafka_writable",
        "build_info",
    ):
        assert f"storepulse_{name}" in text
    assert get(port, "/healthz", "HEAD").status == 200


def test_metrics_count_events_by_outcome(world: World) -> None:
    settings = changed(world.settings, **OPEN)
    with running("gateway", settings):
        port = settings.gateway_port
        post(port, HEATMAP_BATCH, {"events": [CLICK, CLICK, {}]})
        post(port, HEATMAP, {})
        post(port, CARTS, {"storeName": "a"})
        text = get(port, "/metrics").body.decode()
    for line in (
        'storepulse_ingest_events_total{outcome="accepted",stream="heatmap"} 2.0',
        'storepulse_ingest_events_total{outcome="rejected",stream="heatmap"} 2.0',
        'storepulse_ingest_events_total{outcome="accepted",stream="cart"} 1.0',
        'http_requests_total{route="/api/heatmap/track",service="gateway",status="400"} 1.0',
        "storepulse_produce_ack_seconds_count 2.0",
    ):
        assert line in text


def test_nothing_personal_is_logged(gateway: Service, port: int) -> None:
    canary = "canary-7f3a"
    post(
        port,
        CARTS,
        {"storeName": "a", "customerEmail": f"{canary}@example.com", "customerLastName": canary},
    )
    post(port, CARTS, {"storeName": "a", "customerEmail": canary})
    post(port, HEATMAP, {**CLICK, "selector": canary, "colour": canary}, X_Api_Key=canary)
    raw(port, b"GET /%s HTTP/1.1\r\n%s\r\n\r\n" % (canary.encode(), canary.encode()))
    assert canary not in gateway.log.read_text()


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []


def test_the_openapi_document_describes_what_runs(port: int) -> None:
    document = get(port, "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    for reference in references(document):
        place = re.fullmatch(r"#/components/(\w+)/([\w.-]+)", reference)
        assert place is not None
        assert place[2] in document["components"][place[1]]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            asked = path.replace("{", "").replace("}", "")
            answer = get(port, path) if method == "get" else post(port, asked, {"colour": 1})
            assert str(answer.status) in operation["responses"], path
            wants_key = COLLECTION.get(("POST", path), COLLECT).opened == "never"
            assert method == "get" or answer.status == (401 if wants_key else 400), path
    click = document["components"]["schemas"]["HeatmapBeacon"]
    assert click["additionalProperties"] is False
    # What it does not know goes into metadata.
    assert document["components"]["schemas"]["ActivityBeacon"]["additionalProperties"] is True
    assert {"session_id", "type", "page_url"} == set(click["required"])


def test_a_taken_port_is_named(gateway: Service) -> None:
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, "-m", "storepulse", "gateway"],
        env={"STOREPULSE_GATEWAY_PORT": str(gateway.settings.gateway_port), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 2
    assert "STOREPULSE_GATEWAY_PORT" in result.stderr
