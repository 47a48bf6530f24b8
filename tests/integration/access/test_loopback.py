"""What comes from this machine, and what only looks like it."""

from __future__ import annotations

import json

import pytest
from tests.integration.access.conftest import IN_ONE_WORKER, Stage

pytestmark = IN_ONE_WORKER

CLICK = {
    "store_id": "11111111-1111-4111-8111-111111111111", "session_id": "s-1", "type": "click",
    "page_url": "https://a.example/", "x": 1, "y": 1, "viewport_width": 100, "document_height": 9,
}  # fmt: skip
OPEN_HERE = ("/subjects", "/openapi.json", "/metrics", "/readyz")
NOT_FROM_HERE = [
    {"Host": "evil.example"},
    {"Host": "localhost.evil.example"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"Forwarded": "for=127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Via": "1.1 proxy"},
]


@pytest.mark.parametrize("headers", NOT_FROM_HERE, ids=str)
def test_what_was_forwarded_or_named_otherwise_wants_a_key(
    stage: Stage, headers: dict[str, str]
) -> None:
    for service in ("query", "gateway"):
        door = stage.doors["loopback", service]
        for path in OPEN_HERE:
            assert door.ask("GET", path, headers)[0] == 401, (service, path)
            keyed = headers | {"X-Api-Key": stage.keys["read"]}
            assert door.ask("GET", path, keyed)[0] == 200, (service, path)
    gateway, body = stage.doors["loopback", "gateway"], json.dumps(CLICK).encode()
    assert gateway.ask("POST", "/api/heatmap/track", headers, body)[0] == 401
    keyed = headers | {"X-Api-Key": stage.keys["publishable"]}
    assert gateway.ask("POST", "/api/heatmap/track", keyed, body)[0] == 202


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.1.2.3", "[::1]:1"])
def test_every_name_of_loopback_is_good(stage: Stage, host: str) -> None:
    for service in ("query", "gateway"):
        for path in OPEN_HERE:
            assert stage.doors["loopback", service].ask("GET", path, {"Host": host})[0] == 200


def test_a_page_of_another_origin_reads_nothing(stage: Stage) -> None:
    evil = {"Origin": "https://evil.example"}
    for service in ("query", "gateway"):
        door = stage.doors["loopback", service]
        paths = (*OPEN_HERE, "/api/cart-tracking/events", "/api/dead-letters", "/api/destinations")
        for path in paths:
            status, headers, _ = door.ask("GET", path, evil)
            assert status == 401, (service, path)
            assert not [name for name in headers if name.startswith("access-control-")]


def test_registry_clients_send_their_key_as_the_password(stage: Stage) -> None:
    import httpx

    for service in ("query", "gateway"):
        url = f"http://127.0.0.1:{stage.doors['required', service].port}/subjects"
        assert httpx.get(url, auth=("any", stage.keys["ingest"])).status_code == 200
        assert httpx.get(url, auth=("any", stage.keys["revoked"])).status_code == 401
