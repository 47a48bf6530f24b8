"""Secrets of stores through the running gateway, query service and command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from click.testing import CliRunner
from tests.integration.access.conftest import setting_up
from tests.integration.access.test_stores_and_keys import Shop
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import open_world

from storepulse.access import keys
from storepulse.access.rules.administration import CLI, Conflict
from storepulse.access.store_secrets import EnteredSecret, list_secrets, set_secret
from storepulse.adapters.clock import system_clock
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import environment
from storepulse.cli import root
from storepulse.domain.payload_signer import PayloadSigner
from storepulse.streams.registry import STREAMS

SHOPIFY = "shpss_0123456789abcdef"
GENERATED: dict[str, object] = {"generate": True}
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_world(tmp_path_factory.mktemp("secrets")) as world, ExitStack() as stack:
        settings = setting_up(world, "secrets", gateway_require_key=True)
        admin = keys.new_key("secret")
        with world.connect() as connection:
            keys.store_key(connection, admin, kind="secret", scopes=list(keys.SCOPES))
        started = [Service(name, settings).start() for name in ("gateway", "query")]
        for service in started:
            stack.callback(service.stop)
        for service in started:
            service.wait_ready()
        yield Shop(world, settings, admin)


def signed_status(shop: Shop, store: str, secret: str) -> int:
    body = json.dumps(STREAMS["order"].sample("created", {})).encode()
    at = int(time.time())
    headers = {
        "X-Storepulse-Store": store,
        "X-Storepulse-Timestamp": str(at),
        "X-Storepulse-Signature": PayloadSigner([secret]).sign(body, at),
    }
    url = f"http://127.0.0.1:{shop.settings.gateway_port}/api/orders"
    return httpx.post(url, content=body, headers=headers, timeout=20).status_code


def until_signed(shop: Shop, store: str, secret: str, status: int) -> None:
    wait_until(lambda: signed_status(shop, store, secret) == status, str(status), seconds=6)


def kinds(document: Any) -> list[str]:
    return [entry["kind"] for entry in document]


def test_a_secret_is_made_changed_and_ended_by_the_api(shop: Shop) -> None:
    store, _ = shop.new_store()
    path = f"/api/stores/{store}/secrets"
    made = shop.call("PUT", f"{path}/signing", GENERATED).json()
    first = made["secret"]
    assert first.startswith("sgn_")
    until_signed(shop, store, first, 202)
    second = shop.call("PUT", f"{path}/signing", GENERATED | {"overlap": 3_600}).json()["secret"]
    until_signed(shop, store, second, 202)
    assert signed_status(shop, store, first) == 202
    third = shop.call("PUT", f"{path}/signing", GENERATED)
    assert (third.status_code, third.json()["code"]) == (409, "CONFLICT")
    newest, oldest = shop.data("GET", path)
    assert (newest["retired_at"], oldest["retired_at"] is None) == (None, False)
    left = shop.data("DELETE", f"{path}/signing?secret_id={oldest['secret_id']}")
    assert [entry["secret_id"] for entry in left] == [newest["secret_id"]]
    until_signed(shop, store, first, 401)
    assert signed_status(shop, store, second) == 202
    assert shop.data("DELETE", f"{path}/signing") == []
    until_signed(shop, store, second, 401)
    assert shop.call("DELETE", f"{path}/signing").status_code == 404
    actions = [action for _, action in shop.trail(store)]
    assert actions[1:] == [*["store.secret_set"] * 2, *["store.secret_removed"] * 2]


def test_what_is_no_secret_is_refused_and_never_repeated(shop: Shop) -> None:
    store, _ = shop.new_store()
    path = f"/api/stores/{store}/secrets"
    refused: list[tuple[str, Any]] = [
        ("shopify", {}),
        ("shopify", GENERATED),
        ("signing", {}),
        ("signing", {"secret": None}),
        ("signing", {"overlap": 60}),
        ("signing", {"generate": False}),
        ("signing", {"generate": "true"}),
        ("signing", GENERATED | {"secret": "s" * 32}),
        ("shopify", {"secret": "short"}),
        ("shopify", {"secret": "with a blank in the middle"}),
        ("shopify", {"secret": "x" * 999}),
        ("shopify", {"secret": "x" * 2_000}),
        ("shopify", {"secret": 5}),
        ("shopify", {"secret": SHOPIFY, "overlap": -1}),
        ("shopify", {"secret": SHOPIFY, "overlap": 10**9}),
        ("shopify", {"secret": SHOPIFY, "more": 1}),
        ("telegram_bot_token", {"secret": SHOPIFY}),
        ("telegram_bot_id", {"secret": "-5"}),
        ("pigeon", {"secret": SHOPIFY}),
    ]
    for kind, body in refused:
        answer = shop.call("PUT", f"{path}/{kind}", body)
        assert answer.status_code == 400, (kind, body)
        assert answer.json()["details"]["field"], (kind, body)
        sent = body.get("secret")
        assert not isinstance(sent, str) or sent not in answer.text
    assert shop.data("GET", path) == []
    for kind, secret in (("shopify", SHOPIFY), ("telegram_bot_token", TOKEN)):
        shown = shop.call("PUT", f"{path}/{kind}", {"secret": secret})
        assert (shown.status_code, shown.json()["secret"]) == (200, None)
        again = shop.call("PUT", f"{path}/{kind}", {"secret": secret})
        assert kinds(again.json()["data"]) == kinds(shown.json()["data"])
        assert secret not in shown.text + again.text + shop.call("GET", path).text
        assert secret not in shop.call("GET", f"/api/audit?object={store}").text
    with shop.world.connect() as connection:
        rows = connection.execute("SELECT t::text FROM store_secrets AS t").fetchall()
    assert not [row for (row,) in rows if SHOPIFY in row or TOKEN in row]
    nowhere = shop.call("PUT", f"/api/stores/{uuid4()}/secrets/signing", GENERATED)
    assert nowhere.status_code == 404


def test_what_counts_no_more_is_forgotten(shop: Shop) -> None:
    store = UUID(shop.new_store()[0])
    box, now = SecretBox.of(shop.settings), system_clock()
    with shop.world.connect() as connection:
        set_secret(connection, box, CLI, store, EnteredSecret("signing", "a" * 32), now)
        second = EnteredSecret("signing", "b" * 32, timedelta(seconds=10))
        set_secret(connection, box, CLI, store, second, now)
        with pytest.raises(Conflict):
            set_secret(connection, box, CLI, store, EnteredSecret("signing", "c" * 32), now)
        later = now + timedelta(seconds=10)
        assert len(list_secrets(connection, CLI, store, later)) == 1
        at_once = EnteredSecret("signing", "d" * 32, timedelta(0))
        set_secret(connection, box, CLI, store, at_once, later)
        rows = connection.execute(
            "SELECT sealed FROM store_secrets WHERE store_id = %s ORDER BY added_at, retired_at",
            (store,),
        ).fetchall()
        opened = [box.open(bytes(sealed)) for (sealed,) in rows if sealed]
    assert opened == [{"signing": ["d" * 32]}]


def test_the_command_line_sets_lists_and_ends_secrets(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(shop.settings).items():
        monkeypatch.setenv(name, value)
    store, domain = shop.new_store()

    def run(*arguments: str, sent: str = "", code: int = 0) -> str:
        result = CliRunner().invoke(root, ["stores", "secrets", *arguments], input=sent)
        assert result.exit_code == code, result.output
        return result.output

    made = json.loads(run("set", domain, "--new", "--json"))
    until_signed(shop, store, made["secret"], 202)
    shown = run("set", domain, "--kind", "shopify", sent=SHOPIFY + "\n")
    assert SHOPIFY not in shown
    assert kinds(json.loads(run("ls", store, "--json"))) == ["shopify", "signing"]
    assert "short" not in run("set", domain, "--kind", "shopify", sent="short", code=1)
    run("set", domain, "--kind", "shopify", "--new", code=1)
    run("rm", domain, "--kind", "telegram_bot_token", code=1)
    run("rm", domain, "--kind", "signing")
    assert "no secrets" in run("rm", domain, "--kind", "shopify")
    until_signed(shop, store, made["secret"], 401)
