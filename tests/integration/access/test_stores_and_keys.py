"""Stores and keys through the running gateway, query service and command line."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.access.conftest import setting_up
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World, open_world

from storepulse import cli
from storepulse.access import keys
from storepulse.adapters.settings import Settings, environment

SECONDS = 5.0
CART = "/api/cart-tracking/track"
#: The id of nothing.
NOWHERE = "8f12fd7f-ede1-4b50-91fb-4312b67e96b0"


@dataclass
class Shop:
    """The services, and a key that may everything."""

    world: World
    settings: Settings
    admin: str

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        """A call of the query service."""
        return httpx.request(
            method, f"http://127.0.0.1:{self.settings.query_port}{path}", json=body,
            headers={"X-Api-Key": key or self.admin}, timeout=20,
        )  # fmt: skip

    def data(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The data of an answer that is good; a new key stands in it as `key`."""
        answer = self.call(method, path, body, key)
        assert answer.is_success, answer.text
        document = answer.json()
        data = document["data"]
        return data | {"key": document["key"]} if "key" in document else data

    def send(self, key: str, domain: str, origin: str = "") -> int:
        """The status of a cart event sent to the gateway."""
        headers = {"X-Api-Key": key} | ({"Origin": origin} if origin else {})
        url = f"http://127.0.0.1:{self.settings.gateway_port}{CART}"
        return httpx.post(url, json={"storeName": domain}, headers=headers).status_code

    def until_sent(self, key: str, domain: str, status: int, origin: str = "") -> None:
        wait_until(
            lambda: self.send(key, domain, origin) == status,
            f"{status} of the gateway",
            seconds=SECONDS,
        )

    def until_read(self, key: str, status: int) -> None:
        wait_until(
            lambda: self.call("GET", "/api/me", key=key).status_code == status,
            f"{status} of the query service",
            seconds=SECONDS,
        )

    def new_store(self, **fields: Any) -> tuple[str, str]:
        """The id and domain of a new store."""
        domain = f"s{uuid4().hex[:12]}.example"
        return self.data("POST", "/api/stores", {"domain": domain, **fields})["store_id"], domain

    def new_key(self, *scopes: str, **fields: Any) -> Any:
        kind = "secret" if scopes else "publishable"
        return self.data("POST", "/api/keys", {"kind": kind, "scopes": list(scopes), **fields})

    def trail(self, target: str, key: str = "") -> list[tuple[str, str]]:
        """Who did what to a store or key, oldest first."""
        entries = self.data("GET", f"/api/audit?object={target}", key=key)
        return [(entry["who"], entry["action"]) for entry in reversed(entries)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_world(tmp_path_factory.mktemp("stores")) as world, ExitStack() as stack:
        settings = setting_up(world, "stores", gateway_require_key=True)
        admin = keys.new_key("secret")
        with world.connect() as connection:
            keys.store_key(connection, admin, kind="secret", scopes=list(keys.SCOPES))
        started = [Service(name, settings).start() for name in ("gateway", "query")]
        for service in started:
            stack.callback(service.stop)
        for service in started:
            service.wait_ready()
        yield Shop(world, settings, admin)


def test_the_life_of_a_store_and_its_keys(shop: Shop) -> None:
    store, domain = shop.new_store(name="Läden", settings={"time_zone": "europe/berlin"})
    page = f"https://{domain}"
    first = shop.new_key(store_id=store, name="pages", origins=[page.upper() + ":443/"])
    assert first["origins"] == [page]
    assert first["key"].startswith("spk_")
    shop.until_sent(first["key"], domain, 200, page)
    assert shop.send(first["key"], domain, "https://evil.example") == 403
    assert shop.send(first["key"], "another.example", page) == 403

    second = shop.data("POST", f"/api/keys/{first['key_id']}/rotate", {})
    alike = ("kind", "scopes", "store_id", "origins", "name", "line_id")
    assert [second[name] for name in alike] == [first[name] for name in alike]
    shop.until_sent(second["key"], domain, 200, page)
    assert shop.send(first["key"], domain, page) == 200
    for one in (first, second):
        again = shop.call("POST", f"/api/keys/{one['key_id']}/rotate", {})
        assert (again.status_code, again.json()["code"]) == (409, "CONFLICT")
        assert "revoke one first" in again.json()["message"]

    shop.data("DELETE", f"/api/keys/{first['key_id']}")
    shop.until_sent(first["key"], domain, 401, page)
    assert shop.send(second["key"], domain, page) == 200
    assert shop.call("POST", f"/api/keys/{first['key_id']}/rotate", {}).status_code == 409
    shop.data("POST", f"/api/keys/{second['key_id']}/rotate", {})

    hint = shop.admin[:8] + "…"
    made = [(hint, "key.created"), (hint, "key.rotated"), (hint, "key.revoked")]
    assert shop.trail(first["key_id"]) == made
    entries = shop.data("GET", f"/api/audit?store_id={store}")
    assert {entry["store_id"] for entry in entries} == {store}
    text = json.dumps(entries)
    assert first["key"] not in text
    assert second["key"] not in text
    assert re.search(r'"at": "\d{4}-\d\d-\d\dT[0-9:.]+Z"', text)
    listed = shop.data("GET", f"/api/keys?store_id={store}&include_ended=true")
    assert [key["status"] for key in listed].count("active") == 2
    assert "key_hash" not in json.dumps(listed)


def test_a_revoked_secret_key_is_refused_by_both_services(shop: Shop) -> None:
    store, domain = shop.new_store()
    key = shop.new_key("read", "ingest", store_id=store)
    shop.until_sent(key["key"], domain, 200)
    shop.until_read(key["key"], 200)
    shop.data("DELETE", f"/api/keys/{key['key_id']}")
    began = time.monotonic()
    shop.until_read(key["key"], 401)
    shop.until_sent(key["key"], domain, 401)
    assert time.monotonic() - began < SECONDS
    # Once more is the same.
    assert shop.data("DELETE", f"/api/keys/{key['key_id']}")["status"] == "revoked"
    assert [action for _, action in shop.trail(key["key_id"])] == ["key.created", "key.revoked"]


def test_keys_end_by_themselves(shop: Shop) -> None:
    store, domain = shop.new_store()
    old = shop.new_key("ingest", "read", store_id=store)
    shop.until_sent(old["key"], domain, 200)
    new = shop.data("POST", f"/api/keys/{old['key_id']}/rotate", {"expires_in": 1})
    assert shop.data("GET", "/api/me", key=old["key"])["expires_at"] is not None
    brief = shop.new_key("read", expires_in=1)
    shop.until_sent(old["key"], domain, 401)
    shop.until_read(old["key"], 401)
    shop.until_read(brief["key"], 401)
    shop.until_sent(new["key"], domain, 200)
    assert shop.data("GET", f"/api/keys/{old['key_id']}")["status"] == "expired"


def test_settings_are_changed_seen_and_written_down(shop: Shop) -> None:
    store, _ = shop.new_store()
    usual = {
        "time_zone": "UTC", "currency": None, "addresses": "full", "page_patterns": [],
        "event_names": [], "abandoned_minutes": 60,
    }  # fmt: skip
    assert shop.data("GET", f"/api/stores/{store}")["settings"] == usual
    changed = shop.data(
        "PATCH", f"/api/stores/{store}",
        {"settings": {"time_zone": "Asia/Tokyo", "currency": "jpy", "addresses": "none"}},
    )  # fmt: skip
    chosen = {
        "time_zone": "Asia/Tokyo",
        "currency": "JPY",
        "addresses": "none",
        "page_patterns": [],
        "event_names": [],
        "abandoned_minutes": 60,
    }
    assert changed["settings"] == chosen
    days = [zone["from_day"] for zone in changed["time_zones"]]
    assert days > [changed["created_at"][:10]]
    # The change is replaced before it begins, then taken back.
    for zone, zones in (("Europe/Berlin", ["Europe/Berlin"]), (None, [])):
        body = {"settings": {"time_zone": zone}}
        shown = shop.data("PATCH", f"/api/stores/{store}", body)
        assert [one["zone"] for one in shown["time_zones"]] == zones
        assert shown["settings"] == chosen | {"time_zone": zone or "UTC"}
    shop.data(
        "PATCH", f"/api/stores/{store}", {"settings": {"addresses": "none", "page_patterns": []}}
    )
    entries = shop.data("GET", f"/api/audit?object={store}")
    assert [entry["action"] for entry in entries] == ["store.changed"] * 3 + ["store.created"]
    assert entries[0]["change"] == {
        "from": {"time_zone": "Europe/Berlin"}, "to": {"time_zone": "UTC"},
    }  # fmt: skip


def metric(shop: Shop, name: str) -> float:
    address = f"http://127.0.0.1:{shop.settings.gateway_port}/metrics"
    answer = httpx.get(address, headers={"X-Api-Key": shop.admin})
    found = re.search(rf"^storepulse_{name} (\S+)$", answer.text, re.MULTILINE)
    assert found is not None, answer.text[:500]
    return float(found[1])


def test_the_gateway_knows_stores_within_seconds(shop: Shop) -> None:
    before = metric(shop, "stores_known")
    store, domain = shop.new_store()
    wait_until(
        lambda: metric(shop, "stores_known") > before,
        "the new store in the gateway",
        seconds=SECONDS,
    )
    assert 0 <= metric(shop, "stores_read_age_seconds") < SECONDS
    # What the gateway knows of a store is what it goes by.
    key = shop.new_key(store_id=store)["key"]
    shop.until_sent(key, domain, 200)
    moved = f"moved-{domain}"
    assert shop.send(key, moved) == 403
    shop.data("PATCH", f"/api/stores/{store}", {"domain": moved})
    shop.until_sent(key, moved, 200)


def test_a_key_tells_what_it_is(shop: Shop) -> None:
    store, domain = shop.new_store(settings={"currency": "EUR"})
    mine = shop.new_key("read", store_id=store, name="till")
    told = shop.data("GET", "/api/me", key=mine["key"])
    assert (told["key_id"], told["scopes"], told["name"]) == (mine["key_id"], ["read"], "till")
    assert told["every_store"] is False
    assert told["store"]["domain"] == domain
    assert told["store"]["settings"]["currency"] == "EUR"
    told = shop.data("GET", "/api/me")
    assert (told["every_store"], told["store"]) == (True, None)
    assert sorted(told["scopes"]) == ["admin", "ingest", "ops", "read"]
    page = shop.new_key(store_id=store)["key"]
    assert shop.call("GET", "/api/me", key=page).status_code == 403


def test_a_stores_administrator_has_that_store_alone(shop: Shop) -> None:
    own, _ = shop.new_store()
    other, _ = shop.new_store()
    mine = shop.new_key("admin", "ingest", store_id=own)
    theirs = shop.new_key("ingest", store_id=other)
    admin = mine["key"]
    everybodys = shop.data("GET", "/api/me")["key_id"]

    assert [store["store_id"] for store in shop.data("GET", "/api/stores", key=admin)] == [own]
    assert {key["store_id"] for key in shop.data("GET", "/api/keys", key=admin)} == {own}
    assert {one["store_id"] for one in shop.data("GET", "/api/audit", key=admin)} == {own}
    shop.data("PATCH", f"/api/stores/{own}", {"name": "Mine"}, key=admin)
    shop.new_key("ingest", store_id=own)
    made = shop.data("POST", "/api/keys", {"kind": "secret", "scopes": ["ingest"]}, key=admin)
    assert (made["store_id"], made["created_by"]) == (own, admin[:8] + "…")

    secret = {"kind": "secret", "scopes": ["ingest"]}
    refused = [
        ("POST", "/api/stores", {"domain": "new.example"}),
        ("GET", f"/api/stores/{other}", None),
        ("PATCH", f"/api/stores/{other}", {"name": "x"}),
        ("POST", "/api/keys", {**secret, "store_id": other}),
        ("POST", "/api/keys", {**secret, "store_id": None}),
        ("POST", "/api/keys", {**secret, "scopes": ["read"]}),
        ("POST", "/api/keys", {**secret, "scopes": ["ingest", "ops"]}),
        ("GET", f"/api/keys?store_id={other}", None),
        ("GET", f"/api/audit?store_id={other}", None),
    ]
    for key_id in (theirs["key_id"], everybodys):
        path = f"/api/keys/{key_id}"
        refused += [
            ("GET", path, None),
            ("PATCH", path, {"origins": []}),
            ("POST", f"{path}/rotate", {}),
            ("DELETE", path, None),
        ]
    wider = shop.new_key("read", "ops", store_id=own)
    refused.append(("POST", f"/api/keys/{wider['key_id']}/rotate", {}))
    for method, path, body in refused:
        answer = shop.call(method, path, body, admin)
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN"), (method, path)
    assert shop.data("GET", f"/api/keys/{theirs['key_id']}")["status"] == "active"
    assert shop.call("GET", f"/api/audit?object={other}", key=admin).json()["data"] == []


def test_nobody_locks_themselves_out(shop: Shop) -> None:
    own = shop.data("GET", "/api/me")["key_id"]
    answer = shop.call("DELETE", f"/api/keys/{own}")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert "the key of this very call" in answer.json()["message"]
    assert shop.data("GET", "/api/me")["key_id"] == own


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/api/stores", {"domain": "a b"}, 400, "domain"),
        ("POST", "/api/stores", {"settings": {"time_zone": "Mars"}}, 400, "settings.time_zone"),
        ("POST", "/api/stores", {"settings": {"plan": "pro"}}, 400, "settings.plan"),
        ("POST", "/api/stores", {"name": "a\u0000b"}, 400, "name"),
        ("POST", "/api/stores", {"surprise": 1}, 400, "surprise"),
        ("POST", "/api/keys", {"kind": "secret"}, 400, "scopes"),
        ("POST", "/api/keys", {"kind": "secret", "scopes": ["all"]}, 400, "scopes.0"),
        ("POST", "/api/keys", {"kind": "publishable", "origins": ["*"]}, 400, "origins.0"),
        ("POST", "/api/keys", {"kind": "publishable", "expires_in": 0}, 400, "expires_in"),
        ("POST", "/api/keys", {"kind": "publishable", "store_id": NOWHERE}, 400, "store_id"),
        ("GET", "/api/stores?cursor=WyJrZXlzIl0", None, 400, "cursor"),
        ("GET", "/api/keys/x", None, 400, "key_id"),
        ("GET", f"/api/keys/{NOWHERE}", None, 404, None),
        ("PATCH", f"/api/stores/{NOWHERE}", {"name": "x"}, 404, None),
        ("POST", f"/api/keys/{NOWHERE}/rotate", {}, 404, None),
    ],
)
def test_what_is_wrong_is_named(
    shop: Shop, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    answer = shop.call(method, path, body)
    assert answer.status_code == status, answer.text
    assert answer.json().get("details", {}).get("field") == field


def test_what_is_taken_is_a_conflict(shop: Shop) -> None:
    first, domain = shop.new_store()
    second, _ = shop.new_store()
    assert shop.call("POST", "/api/stores", {"domain": domain}).status_code == 409
    assert shop.call("POST", "/api/stores", {"store_id": first}).status_code == 409
    answer = shop.call("PATCH", f"/api/stores/{second}", {"domain": domain, "name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert shop.data("GET", f"/api/stores/{second}")["name"] is None
    assert len(shop.trail(second)) == 1


def test_lists_are_read_by_pages(shop: Shop) -> None:
    store, domain = shop.new_store()
    made = [shop.new_key(store_id=store)["key_id"] for _ in range(3)]
    for path, name, wanted in (
        (f"/api/keys?store_id={store}", "key_id", made[::-1]),
        (f"/api/audit?store_id={store}", "object", [*made[::-1], store]),
        (f"/api/stores?domain={domain}", "store_id", [store]),
    ):
        found: list[str] = []
        cursor = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            answer = shop.call("GET", f"{path}&limit=1{more}").json()
            found += [row[name] for row in answer["data"]]
            cursor = answer["next_cursor"]
        assert found == wanted, path


def test_destinations_stand_in_the_same_trail(shop: Shop, run: Callable[..., str]) -> None:
    store, _ = shop.new_store()
    admin = shop.new_key("admin", store_id=store)["key"]
    made = shop.data(
        "POST", "/api/destinations",
        {"name": f"d-{store[:8]}", "config": {"url": "https://a.example/"},
         "secrets": {"signing": "whsec_bm90aGluZyB0aGF0IGlzIHNlY3JldCBoZXJl"}}, admin,
    )  # fmt: skip
    path = f"/api/destinations/{made['destination_id']}"
    shop.data("PATCH", path, {"streams": ["cart"], "status": "paused"}, admin)
    shop.data("POST", f"{path}/secrets", {}, admin)
    assert shop.call("PATCH", path, {"batch_events": 0}, admin).status_code == 400
    run("destinations", "resume", made["name"])
    assert shop.call("DELETE", path, key=admin).status_code == 200
    hint = admin[:8] + "…"
    assert shop.trail(made["destination_id"], admin) == [
        (hint, "destination.created"), (hint, "destination.changed"),
        (hint, "destination.secret_added"), ("cli", "destination.changed"),
        (hint, "destination.removed"),
    ]  # fmt: skip
    entries = shop.data("GET", f"/api/audit?object={made['destination_id']}")
    assert entries[3]["change"] == {
        "from": {"streams": [], "status": "active"},
        "to": {"streams": ["cart"], "status": "paused"},
    }
    assert "whsec_" not in json.dumps(entries)


@pytest.fixture
def run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a command in this process: what it prints, or its error where it ends with `code`."""
    for name, value in environment(shop.settings).items():
        monkeypatch.setenv(name, value)

    def run_command(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["storepulse", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == code, err
        # What is in JSON is for programs.
        if "--json" not in words:
            assert max((len(line) for line in out.splitlines()), default=0) <= 80, out
        return err if code else out

    return run_command


def test_the_command_line_lists_patterns_of_pages(run: Callable[..., str]) -> None:
    domain = f"c{uuid4().hex[:12]}.example"
    run("stores", "create", domain, "--set", "page_patterns=/products/*, /b/")
    shown = json.loads(run("stores", "show", domain, "--json"))["settings"]["page_patterns"]
    assert shown == ["/products/*", "/b"]
    assert "/products/*, /b" in run("stores", "show", domain)
    assert "whole segment" in run("stores", "set", domain, "page_patterns=/a*", code=1)
    names = "event_names=Added to Bag=add_to_cart, 注文完了=purchase"
    assert "Added to Bag=add_to_cart, 注文完了=purchase" in run("stores", "set", domain, names)
    assert "page_view, product_view" in run("stores", "set", domain, "event_names=x=y", code=1)
    run("stores", "set", domain, "page_patterns=", "event_names=")
    assert json.loads(run("stores", "show", domain, "--json"))["settings"]["page_patterns"] == []


def test_the_command_line_does_the_same(shop: Shop, run: Callable[..., str]) -> None:
    domain = f"c{uuid4().hex[:12]}.example"
    made = json.loads(run("stores", "create", domain, "--set", "currency=eur", "--json"))
    assert made["settings"]["currency"] == "EUR"
    assert "is a store already" in run("stores", "create", domain, code=1)
    store = made["store_id"]
    assert store in run("stores", "ls")
    run("stores", "set", domain, "addresses=none", "currency=")
    shown = json.loads(run("stores", "show", store, "--json"))
    assert shown["settings"] == {
        "time_zone": "UTC",
        "currency": None,
        "addresses": "none",
        "page_patterns": [],
        "event_names": [],
        "abandoned_minutes": 60,
    }
    assert "IANA" in run("stores", "set", domain, "time_zone=Mars", code=1)
    zoned = run("stores", "create", f"zoned.{domain}", "--set", "time_zone=Asia/Tokyo")
    assert re.search(r"^time_zones +Asia/Tokyo$", zoned, re.MULTILINE), zoned
    moved = run("stores", "set", f"zoned.{domain}", "time_zone=Asia/Kolkata")
    assert re.search(r"^Asia/Kolkata applies from 20\d\d-\d\d-\d\d$", moved, re.MULTILINE), moved

    key = run("keys", "create", "--domain", domain, "--name", "pages").strip()
    shop.until_sent(key, domain, 200)
    (listed,) = json.loads(run("keys", "ls", "--store", store, "--json"))
    assert listed["hint"] == key[:8] + "…"
    assert listed["key_id"] in run("keys", "ls")
    rotated = json.loads(run("keys", "rotate", listed["key_id"], "--expires-in", "1s", "--json"))
    assert rotated["line_id"] == listed["key_id"]
    shop.until_sent(rotated["key"], domain, 200)
    shop.until_sent(key, domain, 401)
    assert "expired" in run("keys", "show", listed["key_id"])
    run("keys", "revoke", rotated["key_id"])
    shop.until_sent(rotated["key"], domain, 401)
    trail = json.loads(run("stores", "audit", "--store", domain, "--json"))
    assert {entry["who"] for entry in trail} == {"cli"}
    assert [entry["action"] for entry in reversed(trail)] == [
        "store.created", "store.changed", "key.created", "key.created", "key.rotated",
        "key.revoked",
    ]  # fmt: skip
    assert "key.revoked" in run("stores", "audit")


def test_the_command_line_keeps_the_key_of_the_home_folder(
    shop: Shop, run: Callable[..., str]
) -> None:
    key_id = str(UUID(int=0))
    with shop.world.connect() as connection:
        home = keys.ensure_admin_key(shop.settings)
        for one in keys.all_keys(connection):
            key_id = str(one.key_id) if one.key_hash == keys.hash_of(home) else key_id
    assert "home folder" in run("keys", "revoke", key_id, code=1)
    assert shop.call("GET", "/api/me", key=home).status_code == 200
