"""Trust follows the key: whose words, whose store and whose ids an event has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.test_keys_and_limits import make, wait_for_status
from tests.integration.gateway.wire import (
    ACTIVITY,
    CART,
    CART_BATCH,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    LANDED,
    LANDING,
    STORE,
    VIEW,
    Answer,
    Topic,
    ingest_topic,
    post,
)
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import declare_store
from storepulse.adapters.clock import system_clock
from storepulse.domain.stores import store_id_of_domain
from storepulse.streams.registry import STREAMS

LANDED_AT_STORE = {**LANDED, "store_id": STORE}
#: Each way in: path, stream, body of one event.
WAYS: list[tuple[str, str, Any]] = [
    (ACTIVITY, "activity", lambda event: event),
    (HEATMAP, "heatmap", lambda event: event),
    (HEATMAP_BATCH, "heatmap", lambda event: {"events": [event]}),
    (LANDING, "landing", lambda event: event),
    (CARTS, "cart", lambda event: event),
    (CART_BATCH, "cart", lambda event: {"events": [event]}),
    *(
        ("/collect", stream, lambda event, stream=stream: {"stream": stream, "events": [event]})
        for stream, record in STREAMS.items()
        # Whoever sends what happened in a chat is a program.
        if not record.is_of_servers and record.endpoints[0].source == "tracker"
    ),
]
EVENTS = {
    "activity": VIEW, "heatmap": CLICK, "landing": LANDED_AT_STORE, "cart": CART,
    "experiment": {
        "store_id": VIEW["store_id"], "session_id": "s-1", "event_type": "Conversion",
        "test_id": "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def topics(gateway: Service) -> Iterator[dict[str, Topic]]:
    found = {stream: ingest_topic(gateway.settings, stream) for stream in STREAMS}
    yield found
    for topic in found.values():
        topic.close()


@pytest.fixture(scope="module")
def secret(gateway: Service, module_world: World) -> str:
    key, _ = make(module_world, "secret")
    wait_for_status(gateway.settings.gateway_port, key, 202)
    return key


@pytest.fixture(scope="module")
def publishable(gateway: Service, module_world: World) -> str:
    key, _ = make(module_world)
    wait_for_status(gateway.settings.gateway_port, key, 202)
    return key


def sent(
    port: int, way: tuple[str, str, Any], topics: dict[str, Topic], more: dict[str, Any],
    **headers: str,
) -> dict[str, Any]:  # fmt: skip
    """The record of one event that is sent and must be accepted."""
    path, stream, body = way
    event_id = str(uuid4())
    own = {"eventId" if stream == "cart" else "event_id": event_id}
    answer = post(port, path, body({**EVENTS[stream], **own, **more}), **headers)
    assert answer.status in (200, 202), answer.body
    return topics[stream].event(event_id)[1]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def test_the_source_follows_the_key(
    port: int, topics: dict[str, Topic], secret: str, publishable: str, way: tuple[str, str, Any]
) -> None:
    for key in ({}, {"X_Api_Key": publishable}):
        assert sent(port, way, topics, {}, **key)["source"] == "tracker"
        assert sent(port, way, topics, {"source": "webapp"}, **key)["source"] == "webapp"
        for stated in ("server", "bot", "import", "replay"):
            assert sent(port, way, topics, {"source": stated}, **key)["source"] == "tracker"
    assert sent(port, way, topics, {}, X_Api_Key=secret)["source"] == "server"
    for stated in ("tracker", "import"):
        record = sent(port, way, topics, {"source": stated}, X_Api_Key=secret)
        assert record["source"] == stated


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def test_only_a_secret_key_states_the_visitors_address(
    port: int, topics: dict[str, Topic], secret: str, publishable: str, way: tuple[str, str, Any]
) -> None:
    for stated in ({"X_Forwarded_For": "203.0.113.5, 10.0.0.1"}, {"X_Real_IP": "203.0.113.5"}):
        assert sent(port, way, topics, {}, **stated)["ip"] == "127.0.0.1"
        assert sent(port, way, topics, {}, X_Api_Key=publishable, **stated)["ip"] == "127.0.0.1"
        assert sent(port, way, topics, {}, X_Api_Key=secret, **stated)["ip"] == "203.0.113.5"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_user_agents_beyond_ascii(port: int, topics: dict[str, Topic], encoding: str) -> None:
    as_bytes = "Mozilla/5.0 (Büro)".encode(encoding).decode("latin-1")
    way = (ACTIVITY, "activity", lambda event: event)
    assert sent(port, way, topics, {}, User_Agent=as_bytes)["user_agent"] == "Mozilla/5.0 (Büro)"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def test_a_servers_own_address_and_agent_are_nobodys(
    port: int, topics: dict[str, Topic], secret: str, publishable: str, way: tuple[str, str, Any]
) -> None:
    # A program that is named like a robot: it is no visitor that could be one.
    own = {"X_Api_Key": secret, "User_Agent": "shop-backend headless/1.0"}
    for claimed in ({}, {"source": "tracker"}, {"source": "bot"}):
        record = sent(port, way, topics, claimed, **own)
        assert (record["ip"], record["user_agent"]) == (None, None)
        assert (record["is_bot"], record["bot_reason"]) == (False, None)
    agent = "userAgent" if way[1] == "cart" else "user_agent"
    stated = sent(port, way, topics, {agent: "Phone/1"}, **own, X_Forwarded_For="203.0.113.5")
    assert (stated["ip"], stated["user_agent"]) == ("203.0.113.5", "Phone/1")
    unreadable = sent(port, way, topics, {}, **own, X_Forwarded_For="unknown")
    assert unreadable["ip"] is None
    browsers = sent(port, way, topics, {}, X_Api_Key=publishable, User_Agent="Phone/2")
    assert (browsers["ip"], browsers["user_agent"]) == ("127.0.0.1", "Phone/2")


def test_a_secret_key_in_the_body_or_address_states_it_too(
    port: int, topics: dict[str, Topic], secret: str
) -> None:
    way, stated = (ACTIVITY, "activity", lambda event: event), {"X_Forwarded_For": "203.0.113.5"}
    assert sent(port, way, topics, {"key": secret}, **stated)["ip"] == "203.0.113.5"
    assert sent(port, way, topics, {"key": secret})["ip"] is None
    in_address = (f"{ACTIVITY}?key={secret}", "activity", lambda event: event)
    assert sent(port, in_address, topics, {}, **stated)["ip"] == "203.0.113.5"


def test_the_setting_restores_the_simple_rule(world: World) -> None:
    settings = changed(world.settings, **OPEN, trust_forwarded="first")
    topic = ingest_topic(settings, "heatmap")
    key, _ = make(world)
    forwarded = {"X_Forwarded_For": "203.0.113.5, 10.0.0.1"}
    with running("gateway", settings):
        wait_for_status(settings.gateway_port, key, 202)
        # Whoever is behind it, it is not this machine.
        assert post(settings.gateway_port, HEATMAP, CLICK, **forwarded).status == 401
        answer = post(settings.gateway_port, HEATMAP, CLICK, X_Api_Key=key, **forwarded)
    assert topic.event(answer.json["ids"][0])[1]["ip"] == "203.0.113.5"
    topic.close()


@pytest.mark.parametrize("field", ["idempotency_key", "messageId", "id"])
@pytest.mark.parametrize("value", ["order-7", "a1b2c3d4-e5f6-7890-abcd-ef0123456789"])
def test_a_browser_cannot_take_the_id_of_what_the_server_sends(
    port: int, secret: str, publishable: str, field: str, value: str
) -> None:
    purchase = {**VIEW, "activity_type": "purchase", field: value}

    def ids(**headers: str) -> str:
        found: str = post(port, ACTIVITY, purchase, **headers).json["ids"][0]
        return found

    assert ids(X_Api_Key=publishable) == ids() != ids(X_Api_Key=secret)
    assert ids(X_Api_Key=secret) == ids(X_Api_Key=secret) != value


def refused(answer: Answer) -> bool:
    return (answer.status, answer.json.get("code")) == (403, "OTHER_STORE")


def test_a_publishable_key_writes_under_the_name_of_its_store_alone(
    port: int, module_world: World, topics: dict[str, Topic]
) -> None:
    ours, theirs = "ours.myshopify.com", "theirs.myshopify.com"
    derived = UUID(store_id_of_domain(ours))
    key, _ = make(module_world, store_id=derived)
    wait_until(
        lambda: post(port, CARTS, {"storeName": "ours"}, X_Api_Key=key).status == 200, "the key"
    )
    record = sent(port, WAYS[4], topics, {"storeName": f"https://{ours}/"}, X_Api_Key=key)
    assert (str(record["store_id"]), record["store_name"]) == (str(derived), ours)
    for name in (theirs, "theirs", "THEIRS.myshopify.com"):
        good, bad = {"storeName": ours}, {"storeName": name}
        assert refused(post(port, CARTS, bad, X_Api_Key=key))
        assert refused(post(port, CARTS, {**bad, "key": key}))
        assert refused(post(port, CART_BATCH, {"events": [good, bad]}, X_Api_Key=key))
        collected = {"stream": "cart", "events": [good, bad]}
        assert refused(post(port, "/collect", collected, X_Api_Key=key))
    nothing = post(port, CARTS, {"storeName": "a b"}, X_Api_Key=key)
    assert (nothing.status, nothing.json["details"]["field"]) == (400, "storeName")


def test_a_store_with_an_id_of_its_own_has_the_domain_that_was_told(
    port: int, module_world: World, topics: dict[str, Topic]
) -> None:
    store = uuid4()
    key, _ = make(module_world, store_id=store)
    wait_until(
        lambda: post(port, HEATMAP, {**CLICK, "store_id": str(store)}, X_Api_Key=key).status == 202,
        "the key",
    )
    assert refused(post(port, CARTS, {"storeName": "own.example"}, X_Api_Key=key))
    with module_world.connect() as connection:
        declare_store(connection, CLI, system_clock(), store, "own.example")
    wait_until(
        lambda: post(port, CARTS, {"storeName": "own.example"}, X_Api_Key=key).status == 200, "it"
    )
    record = sent(port, WAYS[4], topics, {"storeName": "own.example"}, X_Api_Key=key)
    assert str(record["store_id"]) == str(store)
    assert refused(post(port, CARTS, {"storeName": "another.example"}, X_Api_Key=key))


def test_a_secret_key_writes_several_names_into_its_own_store(
    port: int, module_world: World, topics: dict[str, Topic]
) -> None:
    store = uuid4()
    key, _ = make(module_world, "secret", store_id=store)
    wait_until(
        lambda: post(port, CARTS, {"storeName": "a"}, X_Api_Key=key).status == 200, "the key"
    )
    for name in ("first.example", "second.example"):
        record = sent(port, WAYS[4], topics, {"storeName": name}, X_Api_Key=key)
        assert (str(record["store_id"]), record["store_name"]) == (str(store), name)
    assert refused(post(port, CARTS, {**CART, "storeId": STORE}, X_Api_Key=key))


@pytest.mark.parametrize("header", ["Origin", "Referer"])
def test_a_landing_page_elsewhere_counts_for_the_keys_store(
    port: int, module_world: World, topics: dict[str, Topic], header: str
) -> None:
    store = uuid4()
    key, _ = make(module_world, store_id=store)
    headers = {header: "https://theirs.example", "X_Api_Key": key}
    wait_until(lambda: post(port, LANDING, LANDED, **headers).status == 202, "the key")
    answer = post(port, LANDING, LANDED, **headers)
    _, record = topics["landing"].event(answer.json["ids"][0])
    assert str(record["store_id"]) == str(store)
