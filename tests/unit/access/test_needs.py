"""What routes want, and which keys have it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from storepulse.access.rules.needs import (
    ADMIN,
    ANY_KEY,
    COLLECT,
    LOCAL,
    METRICS,
    OPEN,
    OPS,
    READ,
    SIGNED,
    TOKEN,
    WRITE_KEY,
    Need,
    denial_of,
    is_hidden,
    key_of,
    wants_key,
)
from storepulse.access.rules.routes import BY_TOKEN, QUERY, Routes, unsafe_route_of
from storepulse.gateway.endpoints import COLLECTION, OF_PAGES, PASSING_GATEWAY


@dataclass(frozen=True)
class Key:
    kind: str = "secret"
    scopes: tuple[str, ...] = ()
    store_id: UUID | None = None
    revoked: bool = False


@pytest.mark.parametrize("need", [READ, OPS, ADMIN])
@pytest.mark.parametrize("setting", [None, True, False])
@pytest.mark.parametrize("local", [True, False])
def test_reads_and_administration_cannot_be_opened(
    need: Need, setting: bool | None, local: bool
) -> None:
    assert wants_key(need, setting, local=local)


@pytest.mark.parametrize("need", [ANY_KEY, METRICS, COLLECT])
def test_the_rest_is_open_on_loopback_unless_a_setting_says_otherwise(need: Need) -> None:
    asked = {
        (setting, local): wants_key(need, setting, local=local)
        for setting in (None, True, False)
        for local in (True, False)
    }
    assert asked == {
        (None, True): False, (None, False): True, (True, True): True, (True, False): True,
        (False, True): False, (False, False): False,
    }  # fmt: skip
    assert not wants_key(OPEN, True, local=False)


@pytest.mark.parametrize("setting", [None, True, False])
def test_what_is_here_alone_asks_for_no_key_and_is_nowhere_else(setting: bool | None) -> None:
    assert not wants_key(LOCAL, setting, local=True)
    assert wants_key(LOCAL, setting, local=False)
    assert (is_hidden(LOCAL, local=True), is_hidden(LOCAL, local=False)) == (False, True)
    assert not any(is_hidden(need, local=False) for need in (OPEN, ANY_KEY, READ, TOKEN))


@pytest.mark.parametrize(
    ("need", "key", "status"),
    [
        (READ, None, 401),
        (READ, Key(scopes=("read",), revoked=True), 401),
        (READ, Key(scopes=("read",)), None),
        (READ, Key(scopes=("read",), store_id=uuid4()), None),
        (READ, Key(scopes=("ingest", "ops", "admin")), 403),
        (READ, Key("publishable", ("ingest", "read")), 403),
        (ANY_KEY, Key(scopes=("ingest",)), None),
        (ANY_KEY, Key("publishable", ("ingest",)), 403),
        (METRICS, Key(scopes=("read",)), None),
        (METRICS, Key(scopes=("admin",)), 403),
        (METRICS, Key(scopes=("read",), store_id=uuid4()), 403),
    ],
)
def test_keys_are_judged(need: Need, key: Key | None, status: int | None) -> None:
    denied = denial_of(need, key)
    assert (denied.status if denied else None) == status


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("api_key", "authorization", "key"),
    [
        (None, None, None),
        (b" ssk_a ", b"Bearer ssk_b", "ssk_a"),
        (b"", b"Bearer ssk_b", "ssk_b"),
        (None, b"bearer  ssk_b ", "ssk_b"),
        (None, b"Bearer", None),
        (None, basic("any:ssk_b"), "ssk_b"),
        (None, basic("ssk_b:"), "ssk_b"),
        (None, basic("shop:its own password"), None),
        (None, b"Basic %%%", None),
        (None, b"Digest ssk_b", None),
        (b"\xe4", None, "ä"),
    ],
)
def test_where_a_key_is_sent(
    api_key: bytes | None, authorization: bytes | None, key: str | None
) -> None:
    assert key_of(api_key, authorization) == key


def found(path: str, raw: bytes | None = None) -> str | None:
    route = Routes(PASSING_GATEWAY).find(path, path.encode() if raw is None else raw)
    return route.path if route is not None else None


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/api/dead-letters", "/api/dead-letters"),
        ("/api/dead-letters/groups", "/api/dead-letters/groups"),
        ("/api/dead-letters/x", "/api/dead-letters/{dead_letter_id}"),
        ("/api/dead-letters/{dead_letter_id}", "/api/dead-letters/{dead_letter_id}"),
        ("/subjects/a/versions/latest/schema", "/subjects/{subject}/versions/{version}/schema"),
        ("/api/heatmap/track", "/api/heatmap/track"),
        ("/api/dead-letters/", None),
        ("/api/dead-letters//", None),
        ("/subjects//versions", None),
        ("/subjects/../versions", None),
        ("/subjects/./versions", None),
        ("/api/dead-letters\n", None),
        ("/API/dead-letters", None),
        ("", None),
        ("/", None),
        ("*", None),
    ],
)
def test_a_path_leads_to_one_template(path: str, template: str | None) -> None:
    assert found(path) == template


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("/api/dead-letters", b"/%61pi/dead-letters"),
        ("/api/dead-letters/x", b"/api/dead-letters%2Fx"),
        ("/subjects/a/versions", b"/subjects/a%2fversions"),
        ("/subjects/../versions", b"/subjects/%2e%2e/versions"),
    ],
)
def test_both_readings_must_lead_there(path: str, raw: bytes) -> None:
    assert found(path, raw) is None


def test_a_name_may_be_encoded() -> None:
    raw = b"/api/landing-pages/b%C3%BCcher/stats"
    assert found("/api/landing-pages/bücher/stats", raw) == (
        "/api/landing-pages/{landing_page_id}/stats"
    )


def test_methods_of_a_path() -> None:
    route = Routes(PASSING_GATEWAY).find("/api/customer-activity", b"/api/customer-activity")
    assert route is not None
    assert route.allow_header == "GET, HEAD, OPTIONS, POST"
    assert (route.need_of("GET"), route.need_of("HEAD"), route.need_of("POST")) == (
        READ,
        READ,
        COLLECT,
    )
    assert route.serves("HEAD")
    assert not route.serves("DELETE")
    assert route.need_of("DELETE") == READ  # who may not read learns nothing about it


@pytest.mark.parametrize("opened", [OPEN, ANY_KEY, LOCAL, COLLECT, TOKEN])
def test_nothing_with_rows_behind_it_is_open(opened: Need) -> None:
    assert unsafe_route_of(PASSING_GATEWAY, OF_PAGES) == ""
    own = BY_TOKEN if opened == TOKEN else {}
    guarded = [route for route in QUERY if route[1].startswith("/api/") and route not in own]
    assert len(guarded) > 25
    for route in guarded:
        assert route[1] in unsafe_route_of({**PASSING_GATEWAY, route: opened}, OF_PAGES)
    assert set(COLLECTION.values()) == {COLLECT, SIGNED, WRITE_KEY}
    assert SIGNED.opened == WRITE_KEY.opened == "never"


def test_readers_list_experiments_and_only_administrators_change_them() -> None:
    one, every = "/api/ab-testing/{store_id}/test/{test_id}", "/api/ab-testing/{store_id}"
    scopes = ("ingest", "read", "ops", "admin")
    open_to = {
        route: {scope for scope in scopes if denial_of(QUERY[route], Key(scopes=(scope,))) is None}
        for route in (("GET", every), ("GET", one), ("POST", every), ("PUT", one), ("DELETE", one))
    }
    assert open_to == {
        ("GET", every): {"read", "admin"},
        ("GET", one): {"read", "admin"},
        ("POST", every): {"admin"},
        ("PUT", one): {"admin"},
        ("DELETE", one): {"admin"},
    }
