"""`/api/destinations`: administration over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.support.services import running
from tests.support.world import World

from storepulse.access import keys
from storepulse.demo.receiver import Conduct, Message, Receiver

ROOT = "/api/destinations"
HOOK = {"url": "https://crm.example/hooks"}


@pytest.fixture(scope="module")
def address(module_world: World) -> Iterator[str]:
    """A query service as on loopback, that may send to this machine."""
    settings = module_world.settings.model_copy(update={"delivery_addresses": "private"})
    with running("query", settings) as service:
        yield service.url


@pytest.fixture
def client(module_world: World, address: str) -> Iterator[httpx.Client]:
    """An administrator of every store."""
    with administrator(module_world, address) as opened:
        yield opened


def administrator(module_world: World, address: str, store: UUID | None = None) -> httpx.Client:
    key = keys.new_key("secret")
    with module_world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["admin"], store_id=store)
    return httpx.Client(base_url=address, headers={"x-api-key": key}, timeout=20)


def new_name() -> str:
    return f"d-{uuid4().hex[:12]}"


def add(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(ROOT, json={"name": new_name(), "config": HOOK} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_administration_wants_a_key_on_loopback_too(module_world: World, address: str) -> None:
    assert httpx.get(address + "/api/destinations").status_code == 401
    assert httpx.get(address + "/api/cart-tracking/events").status_code == 401
    key = keys.new_key("secret")
    with module_world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read", "ops"])
    refused = httpx.post(address + "/api/destinations", headers={"x-api-key": key}, json={})
    assert refused.status_code == 403
    assert "admin" in refused.json()["message"]


def test_from_adding_to_removing(client: httpx.Client) -> None:
    heard: list[Message] = []
    with Receiver(0, Conduct(), heard.append) as receiver:
        made = add(client, config={"url": receiver.url}, streams=["cart"], rate_per_second=3)
        name, secret = made["data"]["name"], made["secret"]
        receiver.conduct.secrets = [secret]
        trial = client.post(f"{ROOT}/{name}/test").json()["data"]
        assert (trial["taken"], trial["answer_status"]) == (True, 204)
        assert heard[0].signed
        assert heard[0].events[0]["event_id"] == trial["event_id"]

        rotated = client.post(f"{ROOT}/{name}/secrets", json={}).json()["secret"]
        receiver.conduct.secrets = [rotated]
        assert client.post(f"{ROOT}/{name}/test").json()["data"]["taken"]
        # The receiver still knows the first secret alone, however often others come.
        receiver.conduct.secrets = [secret]
        for expires_in in (3600, None, 0):
            body = {} if expires_in is None else {"expires_in": expires_in}
            again = client.post(f"{ROOT}/{name}/secrets", json=body)
            assert again.status_code == 200, again.text
            if expires_in != 0:
                assert client.post(f"{ROOT}/{name}/test").json()["data"]["taken"]
        assert again.json()["data"]["secret_ends"] == {"signing": [None]}
        for _ in range(4):
            again = client.post(f"{ROOT}/{name}/secrets", json={})
        full = client.post(f"{ROOT}/{name}/secrets", json={})
        assert (full.status_code, full.json()["code"]) == (409, "TOO_MANY_SECRETS")
        for wrong in (-1, 10**9, "1", 1.5):
            bad = client.post(f"{ROOT}/{name}/secrets", json={"expires_in": wrong})
            assert (bad.status_code, bad.json()["details"]["field"]) == (400, "expires_in")
        assert client.delete(f"{ROOT}/{name}/secrets").status_code == 200
        receiver.conduct.secrets = [secret]
        assert client.post(f"{ROOT}/{name}/test").json()["data"]["answer_status"] == 401

    changed = client.patch(f"{ROOT}/{name}", json={"status": "paused", "rate_per_second": None})
    assert changed.status_code == 200, changed.text
    shown = client.get(f"{ROOT}/{name}").json()["data"]
    assert shown == changed.json()["data"]
    assert (shown["status"], shown["rate_per_second"], shown["streams"]) == (
        "paused",
        None,
        ["cart"],
    )
    assert client.get(f"{ROOT}/{shown['destination_id']}").json()["data"] == shown
    listed = client.get(ROOT)
    assert shown in listed.json()["data"]
    assert not {secret, rotated} & set(listed.text.split('"'))
    assert client.delete(f"{ROOT}/{name}").json() == {"status": "success", "discarded": 0}
    assert client.get(f"{ROOT}/{name}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "UPPER"}, "name"),
        ({"config": {}}, "config.url"),
        ({"config": {"url": "https://x.example/\0"}}, "config.url"),
        ({"kind": "pigeon"}, "kind"),
        ({"streams": ["carts"]}, "streams"),
        ({"streams": "cart"}, "streams"),
        ({"batch_events": True}, "batch_events"),
        ({"batch_events": 1.5}, "batch_events"),
        ({"batch_events": 2**70}, "batch_events"),
        ({"timeout_seconds": 60}, "timeout_seconds"),
        ({"store_id": "shop"}, "store_id"),
        ({"colour": "red"}, "colour"),
        ({"secrets": {"signing": "whsec_no"}}, "secrets.signing"),
        ({"config": {"url": "https://xn--a-/"}}, "config.url"),
        (
            {"config": {"url": "https://a.example/", "max_body_bytes": 300000}},
            "config.max_body_bytes",
        ),
        ({"kind": "image_archive", "config": {"folder": "/etc/cron.d"}}, "config.folder"),
        ({"kind": "image_archive", "config": {"folder": "a/../../x"}}, "config.folder"),
    ],
    ids=str,
)
def test_a_wrong_declaration_is_named(
    client: httpx.Client, body: dict[str, Any], field: str
) -> None:
    answer = client.post(ROOT, json={"name": new_name(), "config": HOOK} | body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["details"]["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"text"', b"null", b'{"name":NaN}', b"\xff\xfe", b"{" * 100_000,
        rb'{"name":"a","config":{"url":"https://x.example/"},"\ud800":1}',
        rb'{"name":"\ud800","config":{"url":"https://x.example/"}}',
        rb'{"name":"a","config":{"url":"https://x.example/","\ud800":1}}',
        rb'{"name":"a","config":{"url":"https://x.example/\ud800"}}',
        rb'{"name":"a","config":{"url":"https://x.example/"},"secrets":{"\ud800":"x"}}',
        rb'{"name":"a","config":{"url":"https://x.example/"},"types":["\ud800"]}',
        b'{"name":"a","config":{"url":"https://x.example/","headers":NaN}}',
    ],
)  # fmt: skip
def test_a_broken_body_is_400(client: httpx.Client, body: bytes) -> None:
    answer = client.post(ROOT, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.json()["status"] == "error"


def test_values_of_headers_are_not_shown(client: httpx.Client) -> None:
    made = add(client, config=HOOK | {"headers": {"Authorization": "Bearer abc"}})
    assert made["data"]["config"]["headers"] == {"Authorization": "…"}
    listed = client.get(ROOT)
    assert (listed.status_code, "Bearer abc" in listed.text) == (200, False)


def test_a_name_that_is_taken_and_one_that_is_unknown(client: httpx.Client) -> None:
    name = add(client)["data"]["name"]
    again = client.post(ROOT, json={"name": name, "config": HOOK})
    assert (again.status_code, again.json()["details"]["field"]) == (400, "name")
    unknown = ROOT + "/nobody"
    for answer in (
        client.get(unknown), client.patch(unknown, json={}), client.delete(unknown),
        client.post(unknown + "/test"), client.post(unknown + "/secrets", json={}),
        client.delete(unknown + "/secrets"),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_key_of_a_store_administers_that_store(
    module_world: World, address: str, client: httpx.Client
) -> None:
    mine, other = uuid4(), uuid4()
    everyones = add(client)["data"]["name"]
    with administrator(module_world, address, mine) as tied:
        made = add(tied)["data"]
        assert made["store_id"] == str(mine)
        refused = tied.post(ROOT, json={"name": new_name(), "config": HOOK, "store_id": str(other)})
        assert refused.status_code == 403
        assert [d["name"] for d in tied.get(ROOT).json()["data"]] == [made["name"]]
        assert tied.get(f"{ROOT}/{everyones}").status_code == 404
        assert (
            tied.patch(f"{ROOT}/{made['name']}", json={"store_id": str(other)}).status_code == 403
        )
        kept = tied.patch(f"{ROOT}/{made['name']}", json={"store_id": None})
        assert kept.json()["data"]["store_id"] == str(mine)
