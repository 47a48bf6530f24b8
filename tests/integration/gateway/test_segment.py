"""Segment's paths on the wire: keys, answers, streams, addresses, what pages may do."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    Answer,
    check_no_failure,
    get,
    ingest_topic,
    post,
    raw,
    rejected_topic,
)
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, revoke, store_key
from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import change_store, create_store
from storepulse.adapters.clock import system_clock
from storepulse.domain.identity import id_of_key, namespace_of
from storepulse.gateway.segment.calls import PATHS
from storepulse.local import ports

STORE = UUID("77777777-7777-4777-8777-777777777777")
PAGES = "https://shop.example"
LIMIT = 40

Keys = dict[str, str]


@pytest.fixture(scope="module")
def keys(module_world: World) -> Keys:
    """A page's key, a server's, one of no store, one of a page of another origin, a revoked one."""
    made = {name: new_key("publishable") for name in ("page", "origin", "revoked")}
    made |= {name: new_key("secret") for name in ("server", "any", "reader")}
    with module_world.connect() as connection:
        create_store(connection, CLI, system_clock(), store_id=STORE)
        for name, key in made.items():
            kind = "secret" if key.startswith("ssk_") else "publishable"
            scopes = ["read"] if name == "reader" else ["ingest"]
            key_id = store_key(
                connection, key, kind=kind, scopes=scopes,
                store_id=None if name == "any" else STORE,
                origins=[PAGES] if name == "origin" else [],
            )  # fmt: skip
            if name == "revoked":
                revoke(connection, key_id, "test")
    return made


@pytest.fixture(scope="module")
def gateway(module_world: World, keys: Keys) -> Iterator[Service]:
    settings = changed(module_world.settings, **OPEN, gateway_port=ports.free_port())
    with running("gateway", settings) as service:
        port = settings.gateway_port
        wait_until(lambda: track(port, keys["any"]).status == 200, "keys are read", seconds=6)
        yield service
        check_no_failure(service, port)


@pytest.fixture(scope="module")
def port(gateway: Service) -> int:
    return gateway.settings.gateway_port


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def message(**more: Any) -> dict[str, Any]:
    return {
        "type": "track", "event": "Signed Up", "anonymousId": "anon-1",
        "messageId": str(uuid4()), "integrations": {"Storepulse": {"store_id": str(STORE)}},
        **more,
    }  # fmt: skip


def track(port: int, key: str, path: str = "/v1/track", **more: Any) -> Answer:
    return post(port, path, message(**more), Authorization=basic(key))


def batch(port: int, key: str, *messages: Any, **headers: str) -> Answer:
    return post(port, "/v1/batch", {"batch": list(messages), "writeKey": key}, **headers)


def stored(world: World, stream: str, *ids: str) -> list[Any]:
    topic = ingest_topic(world.settings, stream)
    found = [topic.event(one)[1] for one in ids]
    topic.close()
    return found


def test_a_call_wants_a_key_also_from_this_machine(port: int, keys: Keys) -> None:
    for path in PATHS:
        one = message(type=None, groupId="g", userId="u", previousId="p")
        body = {"batch": [message()]} if PATHS[path] is None else one
        assert (post(port, path, body).status, post(port, path, body).json["code"]) == (
            401, "KEY_REQUIRED",
        )  # fmt: skip
        for sent in (
            {"Authorization": basic(keys["page"])},
            {"Authorization": f"Bearer {keys['server']}"},
        ):
            answer = post(port, path, body, **sent)
            assert (answer.status, answer.json["success"]) == (200, True), answer.json
        assert post(port, path, {**body, "writeKey": keys["page"]}).status == 200
        assert post(port, path, {**body, "writeKey": new_key("publishable")}).status == 401
    for name, status in (("revoked", 401), ("reader", 403)):
        assert track(port, keys[name]).status == status
    assert get(port, "/v1/track").status == 401
    assert get(port, "/v1/track", X_Api_Key=keys["page"]).status == 405


def test_pages_send_text_and_read_the_answer(port: int, keys: Keys) -> None:
    body = json.dumps({**message(), "writeKey": keys["origin"]}).encode()
    sent = {"Content_Type": "text/plain", "Origin": PAGES}
    answer = post(port, "/v1/t", body, **sent)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, PAGES)
    other = post(port, "/v1/t", body, **{**sent, "Origin": "https://evil.example"})
    assert (other.status, other.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    asked = get(
        port, "/v1/t", "OPTIONS", Origin=PAGES, Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,content-type,x-retry-count",
    )  # fmt: skip
    allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "x-retry-count"} <= set(allowed)


def test_a_batch_may_be_as_large_as_segments_and_compressed(port: int, keys: Keys) -> None:
    messages = [message(properties={"text": "x" * 30_000}) for _ in range(16)]
    body = json.dumps({"batch": messages}).encode()
    assert 475_000 < len(body) < 512_000
    headers = {"Authorization": basic(keys["server"])}
    assert post(port, "/v1/batch", body, **headers).json["accepted"] == 16
    packed = post(port, "/v1/batch", gzip.compress(body), Content_Encoding="gzip", **headers)
    assert (packed.status, packed.json["accepted"]) == (200, 16)
    assert post(port, "/v1/batch", body + b" " * 40_000, **headers).status == 413
    assert batch(port, keys["server"], *[message()] * 501).status == 413


def test_good_messages_are_taken_and_bad_ones_named_and_kept(
    port: int, keys: Keys, module_world: World
) -> None:
    spoilt = message(userId=["x"], event=f"spoilt {uuid4()}")
    answer = batch(port, keys["page"], spoilt, message(), message(timestamp="2001-01-01"))
    assert answer.status == 200
    assert [(r["index"], r["field"]) for r in answer.json["rejected"]] == [
        (0, "userId"), (2, "timestamp"),
    ]  # fmt: skip
    assert (answer.json["success"], answer.json["accepted"], len(answer.json["ids"])) == (
        True, 1, 1,
    )  # fmt: skip
    topic = rejected_topic(module_world.settings)
    mark = spoilt["event"].encode()
    seen = topic.all_until(lambda records: any(mark in record.value() for record in records))
    kept = next(record for record in seen if mark in record.value())
    topic.close()
    assert json.loads(kept.value()) == spoilt
    none = batch(port, keys["page"], spoilt, 7)
    assert (none.status, none.json["details"]["field"]) == (400, "batch[0].userId")
    assert [one["index"] for one in none.json["rejected"]] == [0, 1]
    one = track(port, keys["page"], properties="x")
    assert (one.status, one.json["details"]) == (
        400, {"field": "properties", "reason": "must be an object"},
    )  # fmt: skip


def test_servers_tell_orders_and_pages_do_not(port: int, keys: Keys, module_world: World) -> None:
    refund = message(event="Order Refunded", properties={"order_id": "9", "total": 5})
    answer = batch(port, keys["server"], message(), refund, message())
    assert answer.json["accepted"] == 3
    first, second, third = answer.json["ids"]
    (order,) = stored(module_world, "order", second)
    assert (order["event_type"], order["refund_id"], order["source"]) == (
        "refunded", refund["messageId"], "server",
    )  # fmt: skip
    assert {r["name"] for r in stored(module_world, "activity", first, third)} == {"Signed Up"}
    # Sent again, nothing is new.
    assert batch(port, keys["server"], refund).json["ids"] == [second]
    assert second == id_of_key(namespace_of(str(STORE), "order", trusted=True), refund["messageId"])
    (custom,) = stored(module_world, "activity", batch(port, keys["page"], refund).json["ids"][0])
    assert (custom["activity_type"], custom["name"]) == ("custom", "Order Refunded")
    bad = message(event="Order Refunded", properties={"order_id": "9"})
    only = batch(port, keys["server"], bad, refund)
    assert (only.status, only.json["accepted"], only.json["rejected"][0]["field"]) == (
        200, 1, "properties.total",
    )  # fmt: skip


def test_addresses_are_a_servers_word(port: int, keys: Keys, module_world: World) -> None:
    def with_ip(ip: str) -> dict[str, Any]:
        return message(context={"ip": ip, "userAgent": "Firefox"})

    nobodys = ".".join("0" * 4)
    ids = batch(
        port, keys["server"], with_ip("203.0.113.7"), with_ip("home"), with_ip("203.0.113.8"),
        with_ip(nobodys), message(),
    ).json["ids"]  # fmt: skip
    found = stored(module_world, "activity", *ids)
    assert [one["ip"] for one in found] == ["203.0.113.7", None, "203.0.113.8", None, None]
    assert [one["user_agent"] for one in found] == ["Firefox"] * 4 + [None]
    ids = batch(port, keys["page"], with_ip("203.0.113.7"), with_ip(nobodys)).json["ids"]
    assert [one["ip"] for one in stored(module_world, "activity", *ids)] == ["127.0.0.1", None]


def test_a_stores_names_count_within_seconds(port: int, keys: Keys, module_world: World) -> None:
    name = "注文が完了しました"

    def change(names: list[str] | None, addresses: str) -> None:
        settings = {"event_names": names, "addresses": addresses}
        with module_world.connect() as connection:
            change_store(connection, CLI, STORE, {"settings": settings}, system_clock())

    def told() -> tuple[str, str | None, str | None]:
        context = {"ip": "203.0.113.77"}
        answer = batch(port, keys["any"], message(event=name, context=context))
        (found,) = stored(module_world, "activity", answer.json["ids"][0])
        return found["activity_type"], found["name"], found["ip"]

    assert told() == ("custom", name, "203.0.113.77")
    change([f"{name}=purchase"], "shortened")
    wait_until(lambda: told() == ("purchase", None, "203.0.113.0"), "the name", seconds=8)
    change(None, "full")
    wait_until(lambda: told()[:2] == ("custom", name), "the name is gone", seconds=8)


def test_a_key_of_no_store_names_one(port: int, keys: Keys) -> None:
    bare = track(port, keys["any"], integrations={})
    assert (bare.status, bare.json["details"]["field"]) == (
        400, "integrations.Storepulse.store_id",
    )  # fmt: skip
    other = {"Storepulse": {"store_id": str(uuid4())}}
    refused = track(port, keys["server"], integrations=other)
    assert (refused.status, refused.json["code"]) == (403, "OTHER_STORE")


def test_the_librarys_settings_are_for_publishable_keys(port: int, keys: Keys) -> None:
    def ask(key: str, **headers: str) -> Answer:
        return get(port, f"/v1/projects/{key}/settings", **headers)

    answer = ask(keys["page"], Origin=PAGES, Host=f"localhost:{port}")
    segment = answer.json["integrations"]["Segment.io"]
    assert (answer.status, segment["apiKey"], segment["apiHost"], segment["protocol"]) == (
        200, keys["page"], f"localhost:{port}/v1", "http",
    )  # fmt: skip
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json["metrics"]["sampleRate"] == 0
    public = ask(keys["page"], Host="events.shop.example").json["integrations"]["Segment.io"]
    assert (public["apiHost"], public["protocol"]) == ("events.shop.example/v1", "https")
    own = ask(keys["origin"], Origin=PAGES)
    assert own.headers["access-control-allow-origin"] == PAGES
    for key in (keys["server"], keys["revoked"], new_key("publishable"), "x"):
        assert ask(key).status == 404, key
    assert raw(port, b"HEAD /v1/projects/%b/settings HTTP/1.1\r\nHost: a\r\n\r\n" % (
        keys["page"].encode())).status == 200  # fmt: skip


def test_what_tries_keys_uses_up_its_allowance(module_world: World, keys: Keys) -> None:
    limits = {**OPEN, "limit_events_per_minute": LIMIT}
    settings = changed(module_world.settings, **limits, gateway_port=ports.free_port())
    with running("gateway", settings):
        port = settings.gateway_port
        path = f"/v1/projects/{new_key('publishable')}/settings"
        statuses = [get(port, path).status for _ in range(LIMIT + 1)]
        assert set(statuses[:-1]) <= {404, 503}
        assert statuses[-1] == 429
        # They share the limit of activity. Pages' visitors have a wider one, a server has none.
        assert track(port, new_key("publishable")).status == 429
        wait_until(lambda: track(port, keys["page"]).status == 200, "keys are read", seconds=6)
        wait_until(lambda: track(port, keys["server"]).status == 200, "keys are read", seconds=6)
