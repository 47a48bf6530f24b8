"""Reads and administration go through the gateway to the query service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import CLICK, HEATMAP, connect, get, head, post, read_answer
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.adapters.settings import Settings
from storepulse.local import ports


@pytest.fixture(scope="module")
def passing(module_world: World) -> Settings:
    return changed(module_world.settings, **{**OPEN, "gateway_proxy_reads": True})


@pytest.fixture(scope="module")
def front(passing: Settings) -> Iterator[Service]:
    with running("query", passing), running("gateway", passing) as service:
        yield service


def test_reads_come_from_the_query_service(front: Service) -> None:
    port = front.settings.gateway_port
    answer = get(port, "/subjects", X_Correlation_Id="read-1")
    assert answer.status == 200
    assert any(name.endswith("-value") for name in answer.json)
    assert answer.headers["x-correlation-id"] == "read-1"
    assert answer.headers["x-request-id"]
    assert answer.headers["ratelimit-limit"] == "1000000"
    missing = get(port, "/api/nothing-here")
    assert (missing.status, missing.json["status"]) == (404, "error")


def test_one_path_is_written_here_and_read_there(front: Service, module_world: World) -> None:
    path = f"/api/customer-activity?store_id={CLICK['store_id']}"
    assert get(front.settings.gateway_port, path, X_Api_Key=module_world.key).status == 200


def test_the_registry_is_reached_with_its_body(front: Service) -> None:
    body = {"schema": '"string"'}
    subject = get(front.settings.gateway_port, "/subjects").json[0]
    answer = post(front.settings.gateway_port, f"/subjects/{subject}", body)
    assert answer.status == 404
    assert answer.json["error_code"] == 40403


def test_43_a_slow_body_ends_with_408_here_too(front: Service) -> None:
    with connect(front.settings.gateway_port) as sock:
        sock.sendall(head("/compatibility/subjects/a/versions/1", 1000) + b"{")
        began = time.monotonic()
        assert read_answer(sock)[0].status == 408
        assert time.monotonic() - began < 5


def test_a_large_body_is_refused_here_too(front: Service) -> None:
    port = front.settings.gateway_port
    for path, key in (("/api/dead-letters/discard", ""), ("/api/destinations", new_key("secret"))):
        answer = post(port, path, b" " * 300_000, **({"X_Api_Key": key} if key else {}))
        assert (answer.status, answer.json["code"]) == (413, "TOO_LARGE")


def test_reads_are_limited(world: World) -> None:
    limits = {"limit_reads_per_minute": 2, "limit_sensitive_per_minute": 1}
    settings = changed(world.settings, **{**OPEN, **limits, "gateway_proxy_reads": True})
    with running("gateway", settings):
        port = settings.gateway_port
        key = world.key
        reads = [get(port, "/api/customer-activity", X_Api_Key=key).status for _ in range(3)]
        gone = "/api/destinations/nobody"
        writes = [get(port, gone, "DELETE", X_Api_Key=key).status for _ in range(2)]
        away = get(port, "/metrics").status
    assert reads == [503, 503, 429]  # no query service runs here
    assert writes == [503, 429]
    assert away == 200


def test_48_keys_are_asked_where_keys_are_required(passing: Settings, module_world: World) -> None:
    ingest, admin = new_key("publishable"), new_key("secret")
    with module_world.connect() as connection:
        store_key(connection, ingest, kind="publishable", scopes=["ingest"])
        store_key(connection, admin, kind="secret", scopes=["admin", "read"])
    settings = changed(passing, gateway_port=ports.free_port())
    path = "/api/destinations"
    with running("gateway", settings):
        port = settings.gateway_port
        # Of keys that it does not know yet, the gateway says nothing.
        wait_until(lambda: get(port, path, X_Api_Key=ingest).status == 403, "keys", seconds=5)
        for method, asked in (("GET", path), ("DELETE", path + "/a")):
            answer = get(port, asked, method)
            assert (answer.status, answer.json["code"]) == (401, "KEY_REQUIRED")
            assert answer.headers["www-authenticate"].startswith("Bearer")
            answer = get(port, asked, method, X_Api_Key=ingest)
            assert (answer.status, answer.json["code"]) == (403, "FORBIDDEN")
            answer = get(port, asked, method, X_Api_Key=admin)
            assert answer.status not in (401, 403)


def test_the_query_service_away_does_not_touch_beacons(world: World) -> None:
    settings = changed(world.settings, **{**OPEN, "gateway_proxy_reads": True})
    with running("gateway", settings):
        port = settings.gateway_port
        answer = get(port, "/api/customer-activity", X_Api_Key=world.key)
        assert (answer.status, answer.json["code"]) == (503, "QUERY_UNAVAILABLE")
        assert answer.headers["retry-after"]
        assert post(port, HEATMAP, json.dumps(CLICK).encode()).status == 202
