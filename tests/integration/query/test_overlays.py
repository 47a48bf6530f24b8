"""The heatmap on the live page: links, their tokens, and what they open."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads
from tests.support.inline_commands import run, run_json
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.access.overlays import make_link
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.experiments import previews
from storepulse.domain.overlay_links import OverlayGrant, link_of

PAGE = "https://shop.example/products/mug"
ORIGIN = "https://shop.example"
ASKED = "/api/heatmap-overlay"


@pytest.fixture
def key(reads: Reads, store: str) -> str:
    """A key that reads the store alone."""
    made = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, made, kind="secret", scopes=["read"], store_id=UUID(store))
    return made


@pytest.fixture(autouse=True)
def page(reads: Reads, store: str) -> None:
    """`/products/mug` with clicks of two devices."""
    reads.insert("pages", {"store_id": store, "page": "/products/mug"})
    with reads.world.connect() as connection:
        row = connection.execute(
            "SELECT page_id FROM pages WHERE store_id = %s", [store]
        ).fetchone()
    assert row is not None
    at = {"page_id": row[0], "hour": "2026-03-01 10:00Z", "device": "mobile", "is_bot": False}
    cell = {**at, "kind": "click", "col": 3, "row": 7, "events": 2, "dwell_ms": 0}
    reads.insert("heatmap_cells", cell, {**cell, "device": "desktop", "events": 5})
    reads.insert("heatmap_scroll", {**at, "reach": 20, "events": 1, "views": 1})
    reads.insert(
        "heatmap_elements", {**at, "selector": "a.buy", "clicks": 5, "rage_clicks": 1,
                             "dead_clicks": 2, "hovers": 0, "dwell_ms": 0},
    )  # fmt: skip


def make(reads: Reads, store: str, key: str, **body: Any) -> httpx.Response:
    return httpx.post(
        f"{reads.url}/api/heatmap/{store}/overlay",
        json={"url": PAGE, **body},
        headers={"Authorization": f"Bearer {key}"},
    )


def token_of(reads: Reads, store: str, key: str, **body: Any) -> str:
    answer = make(reads, store, key, **body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def ask(reads: Reads, token: str, origin: str | None = ORIGIN, **body: Any) -> httpx.Response:
    """What a page of an origin is answered: as its browser sends it, without a key."""
    headers = {"Content-Type": "text/plain;charset=UTF-8"}
    headers |= {} if origin is None else {"Origin": origin}
    content = json.dumps({"token": token, "page": PAGE, **body})
    return httpx.post(reads.url + ASKED, content=content, headers=headers)


def test_a_link_opens_the_page_with_its_token_behind_the_hash(
    reads: Reads, store: str, key: str
) -> None:
    answer = make(reads, store, key, url=PAGE + "?x=1", expires_in=600).json()
    assert answer["url"] == f"{PAGE}?x=1#storepulse_overlay={answer['token']}"
    ends = datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)
    assert timedelta(seconds=590) < ends <= timedelta(seconds=600)
    routed = make(reads, store, key, url=PAGE + "#/colours").json()
    assert routed["url"] == f"{PAGE}#/colours&storepulse_overlay={routed['token']}"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "/products/mug"}, "url"),
        ({"url": "ftp://shop.example/"}, "url"),
        ({"url": "https://user:word@shop.example/"}, "url"),
        ({"url": "https://shop.example/" + "x" * 2_048}, "url"),
        ({"expires_in": 3_601}, "expires_in"),
        ({"expires_in": 0}, "expires_in"),
        ({"page": PAGE}, "page"),
    ],
)
def test_what_is_no_link_is_refused(
    reads: Reads, store: str, key: str, body: dict[str, Any], field: str
) -> None:
    answer = make(reads, store, key, **body)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field


def test_the_page_gets_what_who_reads_the_store_gets(reads: Reads, store: str, key: str) -> None:
    token = token_of(reads, store, key)
    for filters in ({}, {"device": "mobile"}, {"kind": "hover"}, {"from": "2026-04-01"}):
        answer = ask(reads, token, **filters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "no-store"
        said = answer.json()
        asked = {name.replace("from", "from_"): value for name, value in filters.items()}
        read = reads.read(f"/api/heatmap/{store}", page="/products/mug", **asked)
        assert {name: said[name] for name in read} == read
        assert (said["kind"], said["device"]) == (filters.get("kind"), filters.get("device"))
    cells = ask(reads, token, device="mobile", kind="click").json()["data"]["cells"]
    assert cells == [{"kind": "click", "col": 3, "row": 7, "events": 2, "dwell_ms": 0}]


def test_another_site_and_another_page_are_refused(reads: Reads, store: str, key: str) -> None:
    token = token_of(reads, store, key)
    for origin in ("https://evil.example", "https://shop.example:8443", "http://shop.example",
                   "null", None):  # fmt: skip
        answer = ask(reads, token, origin)
        assert (answer.status_code, answer.json()["code"]) == (403, "OTHER_ORIGIN")
        assert "access-control-allow-origin" not in answer.headers
    answer = ask(reads, token, page="https://shop.example/products/hat")
    assert (answer.status_code, answer.json()["code"]) == (403, "OTHER_PAGE")
    assert answer.json()["message"] == "This link is for the page /products/mug"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert ask(reads, token, page=PAGE + "/?colour=red").status_code == 200


def test_pages_of_one_pattern_are_one_page(reads: Reads, store: str, key: str) -> None:
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO stores (store_id, settings) VALUES (%s, %s)",
            [store, '{"page_patterns": ["/products/*"]}'],
        )
    token = token_of(reads, store, key)
    assert ask(reads, token, page="https://shop.example/products/hat").status_code == 200
    assert ask(reads, token, page="https://shop.example/").status_code == 403


def test_tokens_that_were_not_made_here_are_refused(reads: Reads, store: str, key: str) -> None:
    token = token_of(reads, store, key)
    text, _, signature = token.partition(".")
    other_box = SecretBox([secrets.token_urlsafe(32) + "="])
    foreign = make_link(other_box, UUID(store), PAGE, uuid4(), 600, datetime.now(UTC)).token
    grant = OverlayGrant(UUID(store), "/products/mug", ORIGIN, uuid4(), 4_000_000_000)
    signs_previews = SecretBox.of(reads.world.settings).signing_keys(previews.PURPOSE)[0]
    preview, _ = link_of(PAGE, grant, signs_previews)
    for wrong in (
        "", ".", "x.y", text, f"{text}.", f"{text}x.{signature}", f".{signature}",
        f"{text}.{signature[:-2]}AA", foreign, preview, token + "=", "é.é", "x" * 5_000 + ".y",
        "\0.\0",
    ):  # fmt: skip
        answer = ask(reads, wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID"), wrong
        assert "access-control-allow-origin" not in answer.headers


def test_a_token_ends_with_its_time(reads: Reads, store: str, key: str) -> None:
    with reads.world.connect() as connection:
        row = connection.execute(
            "SELECT key_id FROM api_keys WHERE key_hash = %s", [keys.hash_of(key)]
        ).fetchone()
    assert row is not None
    box = SecretBox.of(reads.world.settings)
    before = datetime.now(UTC) - timedelta(seconds=61)
    ended = make_link(box, UUID(store), PAGE, row[0], 60, before).token
    answer = ask(reads, ended)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in ask(reads, ended, "https://evil.example").headers


def test_a_token_ends_with_its_key(reads: Reads, store: str, key: str) -> None:
    token = token_of(reads, store, key)
    assert ask(reads, token).status_code == 200
    with reads.world.connect() as connection:
        row = connection.execute(
            "SELECT key_id FROM api_keys WHERE key_hash = %s", [keys.hash_of(key)]
        ).fetchone()
        assert row is not None
        assert keys.revoke(connection, row[0])
    answer = ask(reads, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "KEY_INVALID")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_a_key_makes_no_link_for_another_store(reads: Reads, key: str) -> None:
    assert make(reads, str(uuid4()), key).status_code == 403


@pytest.mark.parametrize("body", ["", "{", "[]", '{"token": 1, "page": "/"}', '{"page": "/"}',
                                  '{"token": "x", "page": "/", "more": 1}'])  # fmt: skip
def test_bodies_that_ask_nothing(reads: Reads, body: str) -> None:
    answer = httpx.post(reads.url + ASKED, content=body, headers={"Origin": ORIGIN})
    assert answer.status_code == 400


def test_a_key_is_no_token(reads: Reads) -> None:
    """The door of pages is closed to keys: only what a link says is served there."""
    answer = reads.request("POST", ASKED, json={"token": reads.world.key, "page": PAGE})
    assert answer.status_code == 401


def test_the_command_prints_a_link(reads: Reads, store: str) -> None:
    settings = reads.world.settings_of("operator")
    asked = ("overlay", PAGE, "--store", store, "--expires-in", "10m")
    code, _, said = run(settings, *asked)
    if not keys.home_key(settings.home):
        assert (code, "there is none in" in said) == (1, True)
        keys.ensure_admin_key(settings)
    made = run_json(settings, *asked)
    assert run(settings, *asked)[1].startswith(f"{PAGE}#storepulse_overlay=")
    wait_until(lambda: ask(reads, made["token"]).status_code == 200, "the link")
    code, _, said = run(settings, "overlay", PAGE, "--store", store, "--expires-in", "2h")
    assert (code, said) == (1, "expires_in: must be seconds from 60 to 3600")
    assert run(settings, "overlay", "nowhere.example")[0] == 1
