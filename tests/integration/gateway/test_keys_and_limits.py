"""Who may send, and how much: keys, origins, rate limits, client addresses, CORS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.own_broker import NO_DATABASE, eventually_says
from tests.integration.gateway.wire import (
    ACTIVITY,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    STORE,
    VIEW,
    get,
    ingest_topic,
    post,
)
from tests.support.servers import administrator
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import ApiKey, all_keys, hash_of, new_key, revoke, store_key
from storepulse.access.table_reader import TableReader
from storepulse.local import ports

OTHER_STORE = "22222222-2222-4222-8222-222222222222"


@pytest.fixture(scope="module")
def keyed(module_world: World) -> Iterator[Service]:
    """A gateway that asks for keys, as one does outside of loopback."""
    settings = changed(
        module_world.settings, **OPEN, gateway_require_key=True, gateway_port=ports.free_port()
    )
    with running("gateway", settings) as service:
        yield service


def make(
    world: World, kind: str = "publishable", scopes: tuple[str, ...] = ("ingest",), **more: object
) -> tuple[str, UUID]:
    key = new_key(kind)
    with psycopg.connect(world.settings.dsn, autocommit=True) as connection:
        made = store_key(connection, key, kind=kind, scopes=list(scopes), **more)  # type: ignore[arg-type]
    return key, made


def wait_for_status(port: int, key: str, status: int) -> None:
    """Waits for the gateway's table of keys, a few seconds at most."""
    wait_until(
        lambda: post(port, HEATMAP, CLICK, X_Api_Key=key).status == status, str(status), seconds=6
    )


def test_46_without_a_key_nothing_is_taken(keyed: Service) -> None:
    port = keyed.settings.gateway_port
    for path, body in (
        (HEATMAP, CLICK),
        (HEATMAP_BATCH, {"events": [CLICK]}),
        (CARTS, {"storeName": "a"}),
    ):
        answer = post(port, path, body)
        assert (answer.status, answer.json["code"]) == (401, "KEY_REQUIRED")
        assert post(port, path, body, X_Api_Key=new_key("publishable")).status == 401


def test_keys_are_read_from_every_place(keyed: Service, module_world: World) -> None:
    port = keyed.settings.gateway_port
    key, _ = make(module_world)
    wait_for_status(port, key, 202)
    assert post(port, HEATMAP, CLICK, Authorization=f"Bearer {key}").status == 202
    assert post(port, f"{HEATMAP}?key={key}", CLICK).status == 202
    assert post(port, HEATMAP, {**CLICK, "key": key}).status == 202
    assert post(port, HEATMAP_BATCH, {"events": [CLICK], "key": key}).status == 202
    collected = {"stream": "activity", "events": [VIEW], "key": key}
    assert post(port, "/collect", collected).status == 202


def test_47_a_revoked_key_is_refused_within_seconds(keyed: Service, module_world: World) -> None:
    port = keyed.settings.gateway_port
    key, made = make(module_world)
    wait_for_status(port, key, 202)
    with module_world.connect() as connection:
        assert revoke(connection, made)
    wait_for_status(port, key, 401)
    assert post(port, HEATMAP, CLICK, X_Api_Key=key).json["code"] == "REVOKED_KEY"


def test_a_key_without_the_scope_is_refused(keyed: Service, module_world: World) -> None:
    port = keyed.settings.gateway_port
    key, _ = make(module_world, "secret", ("read",))
    wait_for_status(port, key, 403)
    assert post(port, HEATMAP, CLICK, X_Api_Key=key).json["code"] == "SCOPE_MISSING"


def test_49_other_origins_are_refused(keyed: Service, module_world: World) -> None:
    port = keyed.settings.gateway_port
    key, _ = make(module_world, origins=["https://shop.example"])
    wait_for_status(port, key, 202)
    good = post(port, HEATMAP, CLICK, X_Api_Key=key, Origin="https://shop.example")
    assert good.status == 202
    for origin in ("https://evil.example", "null", "https://shop.example.evil.example"):
        answer = post(port, HEATMAP, CLICK, X_Api_Key=key, Origin=origin)
        assert (answer.status, answer.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")


def test_a_key_gives_its_store_and_no_other(keyed: Service, module_world: World) -> None:
    port = keyed.settings.gateway_port
    key, _ = make(module_world, "secret", store_id=UUID(STORE))
    wait_for_status(port, key, 202)
    tied = {name: value for name, value in VIEW.items() if name != "store_id"}
    answer = post(port, ACTIVITY, tied, X_Api_Key=key)
    topic = ingest_topic(module_world.settings, "activity")
    record = topic.event(answer.json["ids"][0])[1]
    topic.close()
    assert (str(record["store_id"]), record["source"]) == (STORE, "server")
    other = post(port, HEATMAP, {**CLICK, "store_id": OTHER_STORE}, X_Api_Key=key)
    assert (other.status, other.json["code"]) == (403, "OTHER_STORE")


def test_debug_shows_the_record_to_secret_keys_only(keyed: Service, module_world: World) -> None:
    port = keyed.settings.gateway_port
    secret, _ = make(module_world, "secret")
    public, _ = make(module_world)
    wait_for_status(port, public, 202)
    shown = post(port, HEATMAP + "?debug=1", CLICK, X_Api_Key=secret).json["debug"][0]
    assert (shown["x"], shown["kind"], shown["store_id"]) == (10, "click", STORE)
    assert "debug" not in post(port, HEATMAP + "?debug=1", CLICK, X_Api_Key=public).json


def test_the_last_known_keys_stay_while_postgresql_is_away() -> None:
    reader = TableReader("postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1")
    table, key = reader.keys, new_key("publishable")
    table.load([ApiKey(UUID(STORE), "publishable", hash_of(key), "", None, ["ingest"], [], False)])
    reader.start()
    time.sleep(0.5)
    reader.stop()
    assert table.find(key) is not None
    assert table.find(new_key("publishable")) is None


def test_a_gateway_that_asks_for_keys_is_not_ready_before_it_knows_them(world: World) -> None:
    settings = changed(world.settings, **OPEN, gateway_require_key=True, database_url=NO_DATABASE)
    service = Service("gateway", settings).start()
    try:
        answer = eventually_says(settings.gateway_port, "API keys are not known yet")
        assert answer.json["checks"]["keys"]["ok"] is False
        assert (answer.status, answer.json["status"]) == (503, "unready")
        assert get(settings.gateway_port, "/healthz").status == 200
    finally:
        service.stop()


def test_keys_are_refreshed_after_a_lost_connection(module_world: World) -> None:
    reader = TableReader(module_world.settings_of("gateway").dsn)
    table = reader.keys
    reader.start()
    try:
        wait_until(lambda: table.is_loaded, "keys", seconds=5)
        key, _ = make(module_world)
        with module_world.connect() as connection:
            assert len(all_keys(connection)) > 0
            database = connection.info.dbname
        with administrator() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [database],
            )
        wait_until(lambda: table.find(key), "the new key", seconds=8)
    finally:
        reader.stop()


def test_59_60_limits_count_addresses_that_cannot_be_forged(world: World) -> None:
    proxied = {**OPEN, "limit_heatmap_per_minute": 3, "trusted_proxies": "127.0.0.0/8"}
    settings = changed(world.settings, **proxied, gateway_require_key=False)
    with running("gateway", settings):
        port = settings.gateway_port
        forged = [
            post(port, HEATMAP, CLICK, X_Forwarded_For=f"192.0.2.{n}, 203.0.113.7").status
            for n in range(5)
        ]
        other = post(port, HEATMAP, CLICK, X_Forwarded_For="192.0.2.1, 203.0.113.8")
        refused = post(port, HEATMAP, CLICK, X_Forwarded_For="192.0.2.9, 203.0.113.7")
        lines = get(port, "/metrics").body.decode()
    assert forged == [202, 202, 202, 429, 429]
    assert other.status == 202
    assert other.headers["ratelimit-limit"] == "3"
    assert other.headers["ratelimit-remaining"] == "2"
    assert refused.json["code"] == "RATE_LIMITED"
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert 'storepulse_rate_limited_total{limit="heatmap"} 3.0' in lines


def test_limits_are_apart_by_endpoint_and_also_by_key(world: World) -> None:
    key, _ = make(world)
    settings = changed(
        world.settings, **{**OPEN, "limit_events_per_minute": 2}, limit_key_per_minute=4
    )
    with running("gateway", settings):
        port = settings.gateway_port
        activity = [post(port, ACTIVITY, VIEW).status for _ in range(3)]
        assert activity == [202, 202, 429]
        assert post(port, HEATMAP, CLICK).status == 202
        wait_for_status(port, key, 202)
        by_key = [
            post(port, HEATMAP, CLICK, X_Api_Key=key, X_Forwarded_For=f"192.0.2.{n}").status
            for n in range(4)
        ]
    assert by_key == [202, 202, 202, 429]


def test_cors_is_answered_without_credentials(port: int) -> None:
    preflight = get(
        port,
        HEATMAP,
        "OPTIONS",
        Origin="https://shop.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type",
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    for answer in (
        post(port, HEATMAP, CLICK, Origin="https://shop.example"),
        post(port, HEATMAP, {}, Origin="https://shop.example"),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in post(port, HEATMAP, CLICK).headers
