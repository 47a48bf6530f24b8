"""Limits of browsers with a publishable key: by session, and widely by address."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.test_keys_and_limits import make, wait_for_status
from tests.integration.gateway.wire import ACTIVITY, CARTS, HEATMAP, STORE, VIEW, Answer, get, post
from tests.support.services import Service, running
from tests.support.world import World

from storepulse.local import ports

BATCH = "/api/customer-activity/batch"
#: Of a minute: each session and each address without a key.
SESSION, ADDRESS = 5, 3


@pytest.fixture(scope="module")
def gateway(module_world: World) -> Iterator[Service]:
    """Each test has keys and addresses of its own."""
    settings = changed(
        module_world.settings,
        **{**OPEN, "limit_events_per_minute": ADDRESS},
        limit_session_per_minute=SESSION,
        trusted_proxies="127.0.0.0/8",
        gateway_port=ports.free_port(),
    )
    with running("gateway", settings) as service:
        yield service


def view(session: str) -> dict[str, object]:
    return {**VIEW, "session_id": session}


def send(port: int, key: str, session: str, address: str) -> Answer:
    """As the tracker does: a batch as plain text, with the key in the body."""
    body = {"events": [view(session)], "key": key}
    return post(port, BATCH, body, Content_Type="text/plain", X_Forwarded_For=address)


def counted(port: int, limit: str) -> float:
    """How many requests a limit has refused."""
    start = f'storepulse_rate_limited_total{{limit="{limit}"}} '
    lines = get(port, "/metrics").body.decode().splitlines()
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


def test_visitors_behind_one_address_are_served(gateway: Service, module_world: World) -> None:
    port, (key, _) = gateway.settings.gateway_port, make(module_world)
    wait_for_status(port, key, 202)
    office = "203.0.113.7"
    turns = [[send(port, key, f"s-{n}", office).status for n in range(8)] for _ in range(2)]
    assert turns == [[202] * 8] * 2
    # The usual limit of the address is as it was, for whoever shows no key.
    without = [
        post(port, ACTIVITY, view("s"), X_Forwarded_For=office).status for _ in range(ADDRESS + 1)
    ]
    assert without == [401] * ADDRESS + [429]


def test_one_session_beyond_its_limit_is_refused(gateway: Service, module_world: World) -> None:
    port, (key, _) = gateway.settings.gateway_port, make(module_world)
    wait_for_status(port, key, 202)
    before, of_addresses = counted(port, "session"), counted(port, "events")
    answers = [send(port, key, "busy", f"198.51.100.{n}") for n in range(SESSION + 1)]
    assert [answer.status for answer in answers] == [202] * SESSION + [429]
    left = [answer.headers["ratelimit-remaining"] for answer in answers[:SESSION]]
    assert left == [str(n) for n in reversed(range(SESSION))]
    refused = answers[-1]
    assert (refused.json["code"], refused.headers["ratelimit-limit"]) == (
        "RATE_LIMITED", str(SESSION),
    )  # fmt: skip
    assert 0 < int(refused.headers["retry-after"]) <= 61
    assert send(port, key, "other", "198.51.100.9").status == 202
    other_key, _ = make(module_world)
    wait_for_status(port, other_key, 202)
    assert send(port, other_key, "busy", "198.51.100.9").status == 202
    assert counted(port, "session") == before + 1
    assert counted(port, "events") == of_addresses


def test_the_key_may_stand_in_the_head_or_the_address(
    gateway: Service, module_world: World
) -> None:
    port, (key, _) = gateway.settings.gateway_port, make(module_world)
    wait_for_status(port, key, 202)
    basic = base64.b64encode(f"{key}:".encode()).decode()
    ways = [{"X_Api_Key": key}, {"Authorization": f"Basic {basic}"}]
    sent = [
        post(port, ACTIVITY, view(f"h-{n}"), X_Forwarded_For="203.0.113.9", **ways[n % 2]).status
        for n in range(ADDRESS * 2)
    ]
    in_address = [
        post(port, f"{ACTIVITY}?key={key}", view(f"a-{n}"), X_Forwarded_For="203.0.113.9").status
        for n in range(ADDRESS * 2)
    ]
    assert {*sent, *in_address} == {202}


def test_the_address_has_ten_times_its_usual_limit(gateway: Service, module_world: World) -> None:
    port, (key, _) = gateway.settings.gateway_port, make(module_world)
    wait_for_status(port, key, 202)
    statuses = [
        send(port, key, f"fresh-{n}", "203.0.113.8").status for n in range(ADDRESS * 10 + 1)
    ]
    assert statuses == [202] * (ADDRESS * 10) + [429]


def test_without_a_session_the_address_counts(gateway: Service, module_world: World) -> None:
    port, (key, _) = gateway.settings.gateway_port, make(module_world)
    wait_for_status(port, key, 202)
    body = {"stream": "cart", "events": [{"storeName": "shop"}], "key": key}
    sent = [
        post(port, "/collect", body, X_Forwarded_For="203.0.113.11").status
        for _ in range(ADDRESS + 1)
    ]
    assert sent == [202] * ADDRESS + [429]
    in_head = [
        post(port, "/collect", body, X_Forwarded_For="203.0.113.12", X_Api_Key=key).status
        for _ in range(ADDRESS + 1)
    ]
    assert in_head == [202] * ADDRESS + [429]


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (b"{", "192.0.2.1"),
        (b'{"events": []}', "192.0.2.2"),
        (b'{"events": [{}], "key": "spk_wrong"}', "192.0.2.3"),
        (b"\x00" * 300_000, "192.0.2.4"),
    ],
    ids=["broken", "empty", "wrong key", "too large"],
)
def test_who_shows_no_good_key_gains_nothing(gateway: Service, body: bytes, address: str) -> None:
    port = gateway.settings.gateway_port
    statuses = [post(port, BATCH, body, X_Forwarded_For=address).status for _ in range(ADDRESS + 2)]
    assert 429 not in statuses[:ADDRESS]
    assert statuses[ADDRESS:] == [429, 429]
    wrong = [
        post(port, BATCH, body, X_Forwarded_For=f"{address}0", X_Api_Key="spk_x").status
        for _ in range(ADDRESS + 2)
    ]
    assert wrong[ADDRESS:] == [429, 429]


def test_a_secret_key_and_other_limits_stay_as_they_are(
    gateway: Service, module_world: World
) -> None:
    port, (secret, _) = gateway.settings.gateway_port, make(module_world, "secret")
    wait_for_status(port, secret, 202)
    sent = [post(port, ACTIVITY, view("one"), X_Api_Key=secret).status for _ in range(SESSION * 3)]
    assert set(sent) == {202}
    in_body = [
        post(port, ACTIVITY, {**view("one"), "key": secret}, X_Forwarded_For="203.0.113.15").status
        for _ in range(ADDRESS + 1)
    ]
    assert in_body == [202] * ADDRESS + [429]


def test_one_counter_for_all_paths(gateway: Service, module_world: World) -> None:
    port, (key, _) = gateway.settings.gateway_port, make(module_world)
    wait_for_status(port, key, 202)
    click = {
        "store_id": STORE, "session_id": "mixed", "type": "scroll", "scroll_depth": 5,
        "page_url": "https://shop.example/",
    }  # fmt: skip
    for _ in range(SESSION - 2):
        assert post(port, HEATMAP, click, X_Api_Key=key).status == 202
    assert post(port, CARTS, {"storeName": "a", "sessionId": "mixed"}, X_Api_Key=key).status == 200
    statuses = [send(port, key, "mixed", "203.0.113.20").status for _ in range(2)]
    assert statuses == [202, 429]
