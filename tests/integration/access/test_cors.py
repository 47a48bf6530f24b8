"""What pages of other origins may do: send events, and nothing else."""

from __future__ import annotations

import json

import pytest
from tests.integration.access.conftest import IN_ONE_WORKER, Door, Stage
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.access.rules.routes import BY_TOKEN
from storepulse.gateway.endpoints import COLLECTION, PASSING_GATEWAY, SEGMENT_SETTINGS
from storepulse.gateway.experiments.paths import PUBLIC_READS
from storepulse.gateway.tracker.files import TRACKER, TRACKER_FILE

pytestmark = IN_ONE_WORKER

#: What pages of a shop may call: a path that wants a signature is of servers.
OF_PAGES = {
    path.replace("{", "").replace("}", "")
    for (_, path), need in COLLECTION.items()
    if need.of_pages
}
#: What pages load from other origins before they send anything.
FOR_PAGES = {SEGMENT_SETTINGS, TRACKER, TRACKER_FILE}
SHOP, OTHER = "https://shop.example", "https://evil.example"
TRACK = "/api/heatmap/track"
CLICK = {
    "store_id": "11111111-1111-4111-8111-111111111111", "session_id": "s-1", "type": "click",
    "page_url": "https://a.example/", "x": 1, "y": 1, "viewport_width": 100, "document_height": 9,
}  # fmt: skip
PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
def shops_key(stage: Stage) -> str:
    """A publishable key for one origin, known to the gateways."""
    key = keys.new_key("publishable")
    with stage.world.connect() as connection:
        keys.store_key(connection, key, kind="publishable", scopes=["ingest"], origins=[SHOP + "/"])
    for setup in ("loopback", "required"):
        door = stage.doors[setup, "gateway"]
        wait_until(lambda door=door: sent(door, key, SHOP)[0] == 202, "the key", seconds=6)
    return key


def sent(
    door: Door, key: str, origin: str, body: bytes | None = None
) -> tuple[int, dict[str, str]]:
    document = json.dumps(CLICK).encode() if body is None else body
    status, headers, _ = door.ask("POST", f"{TRACK}?key={key}", {"Origin": origin}, document)
    return status, headers


def cors(headers: dict[str, str]) -> set[str]:
    return {name for name in headers if name.startswith("access-control-")}


@pytest.mark.parametrize("path", sorted(OF_PAGES))
def test_a_preflight_lets_tracing_headers_pass(stage: Stage, path: str) -> None:
    asked = "content-type,traceparent,sentry-trace,baggage"
    for setup in ("loopback", "required"):
        door = stage.doors[setup, "gateway"]
        status, headers, _ = door.ask(
            "OPTIONS", path, PREFLIGHT | {"Access-Control-Request-Headers": asked}
        )
        assert status == 204
        assert headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in headers
        assert headers["access-control-allow-methods"] == "POST"
        allowed = headers["access-control-allow-headers"].lower().split(", ")
        assert set(asked.split(",")) <= set(allowed)
        assert {
            "authorization", "content-encoding", "x-api-key", "x-correlation-id", "tracestate",
            "b3", "x-b3-traceid", "x-datadog-trace-id", "newrelic", "x-request-id",
        } <= set(allowed)  # fmt: skip


@pytest.mark.parametrize("path", sorted(path for _, path in PUBLIC_READS))
def test_a_preflight_lets_pages_ask_about_tests(stage: Stage, path: str) -> None:
    asked = PREFLIGHT | {"Access-Control-Request-Method": "GET"}
    for setup in ("loopback", "required"):
        target = path.replace("{", "").replace("}", "")
        status, headers, _ = stage.doors[setup, "gateway"].ask("OPTIONS", target, asked)
        assert (status, headers["access-control-allow-methods"]) == (204, "GET")
        assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("service", ["gateway", "query"])
def test_a_preflight_lets_pages_with_a_token_ask(stage: Stage, service: str) -> None:
    for setup in ("loopback", "required"):
        for path in {path for _, path in BY_TOKEN}:
            status, headers, _ = stage.doors[setup, service].ask("OPTIONS", path, PREFLIGHT)
            assert (status, headers["access-control-allow-methods"]) == (204, "POST")
            assert headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in headers


def test_a_preflight_with_a_shops_key_names_the_shop(stage: Stage, shops_key: str) -> None:
    door = stage.doors["required", "gateway"]
    status, headers, _ = door.ask("OPTIONS", f"{TRACK}?key={shops_key}", PREFLIGHT)
    assert status == 204
    assert headers["access-control-allow-origin"] == SHOP
    assert headers["access-control-allow-credentials"] == "true"
    assert "Origin" in headers["vary"]
    asked = PREFLIGHT | {"Origin": OTHER}
    status, headers, _ = door.ask("OPTIONS", f"{TRACK}?key={shops_key}", asked)
    assert status == 403
    assert not cors(headers)


@pytest.mark.parametrize("body", [None, b"{", b"{}"], ids=["good", "broken", "empty"])
def test_answers_to_a_shops_key_name_the_shop(
    stage: Stage, shops_key: str, body: bytes | None
) -> None:
    for setup in ("loopback", "required"):
        status, headers = sent(stage.doors[setup, "gateway"], shops_key, SHOP, body)
        assert status == (202 if body is None else 400)
        assert headers["access-control-allow-origin"] == SHOP
        assert headers["access-control-allow-credentials"] == "true"
        assert headers["vary"] == "Origin"
        assert "Retry-After" in headers["access-control-expose-headers"]
        status, headers = sent(stage.doors[setup, "gateway"], shops_key, OTHER, body)
        assert status == (403 if body is None else 400)
        assert not cors(headers)


def test_a_key_in_the_body_counts_too(stage: Stage, shops_key: str) -> None:
    door = stage.doors["required", "gateway"]
    body = json.dumps({**CLICK, "key": shops_key}).encode()
    for origin, status in ((SHOP, 202), (OTHER, 403)):
        answer = door.ask("POST", TRACK, {"Origin": origin}, body)
        assert answer[0] == status
        assert answer[1].get("access-control-allow-origin") == (SHOP if status == 202 else None)


def test_a_key_without_origins_is_for_every_page(stage: Stage) -> None:
    door = stage.doors["required", "gateway"]
    for key, status in ((stage.keys["publishable"], 202), (stage.keys["unknown"], 401)):
        answered, headers = sent(door, key, SHOP)
        assert answered == status
        assert headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in headers


def test_no_other_path_has_a_header_for_pages(stage: Stage) -> None:
    of_pages = {path for (_, path), need in PASSING_GATEWAY.items() if need.of_pages}
    others = sorted({path for _, path in PASSING_GATEWAY} - of_pages - FOR_PAGES)
    door = stage.doors["loopback", "gateway"]
    for path in (*others, "/api/nothing"):
        for method in ("GET", "POST", "OPTIONS", "PUT"):
            status, headers, _ = door.ask(method, path.replace("{", "").replace("}", ""), PREFLIGHT)
            assert not cors(headers), (method, path, status)
            if method == "OPTIONS" and path != "/api/nothing":
                assert status == 204
                assert "OPTIONS" in headers["allow"]


def test_options_says_what_a_path_takes(stage: Stage) -> None:
    asked = {
        "/api/heatmap/track": "OPTIONS, POST",
        "/api/customer-activity": "GET, HEAD, OPTIONS, POST",
        "/api/destinations/x": "DELETE, GET, HEAD, OPTIONS, PATCH",
        "/healthz": "GET, HEAD, OPTIONS",
    }
    for path, allowed in asked.items():
        status, headers, body = stage.doors["required", "gateway"].ask("OPTIONS", path)
        assert (status, headers["allow"], body) == (204, allowed, b"")
    assert stage.doors["required", "gateway"].ask("OPTIONS", "/nothing")[0] == 404
