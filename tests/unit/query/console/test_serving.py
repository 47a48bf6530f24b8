"""The console as it is served: pages, files, headers, a build that is not there, and no way out of
its folder."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured
from storepulse.gateway.endpoints import PASSING_GATEWAY
from storepulse.query.app import application
from storepulse.query.console.files import ConsoleFiles
from storepulse.query.console.policy import content_policy, image_origins_of

HERE = "http://127.0.0.1:8081"
PAGE = '<!doctype html><meta property="csp-nonce" nonce="__NONCE__"><script nonce="__NONCE__">'
SCRIPT = b"console.log('console');" * 20
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def make_build(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "theme.js").write_bytes(b"theme();")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "index-0a1b2c3d.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-0a1b2c3d.js.br").write_bytes(b"brotli")
    (folder / "assets" / "font-0a1b2c3d.woff2").write_bytes(b"font")
    (folder.parent / "secret.js").write_text("outside")
    return folder


def client_of(folder: Path, settings: Settings | None = None) -> httpx.AsyncClient:
    """Speaks to a query service that has no servers behind it."""
    app = application(settings or Settings())
    app.state.console_files = ConsoleFiles(folder)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_build(tmp_path / "built")) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        "/analytics", "/analytics/", "/analytics/overview", "/analytics/users/42",
        "/analytics/users/a%2Fb", "/analytics/users/%3Cimg%3E", "/analytics/experiments/1/edit",
        "/analytics/users/", "/analytics/x?store=a&p=7d", "/analytics/%E2%82%AC", "/analytics/a.b",
        "/analytics/sign-in",
    ],
)  # fmt: skip
async def test_every_address_of_a_page_gets_the_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in answer.headers


async def test_each_answer_has_a_nonce_of_its_own(client: httpx.AsyncClient) -> None:
    nonces = set()
    for _ in range(3):
        answer = await client.get("/analytics/")
        found = re.findall(r'nonce="([^"]*)"', answer.text)
        assert len(set(found)) == 1
        assert f"'nonce-{found[0]}'" in answer.headers["content-security-policy"]
        assert len(found[0]) >= 22
        nonces.add(found[0])
    assert len(nonces) == 3


async def test_a_page_may_load_and_reach_little(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/analytics/")).headers
    parts = headers["content-security-policy"].split(";")
    policy = {name: value for name, _, value in (part.strip().partition(" ") for part in parts)}
    assert policy["default-src"] == "'none'"
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"'self' 'nonce-[\w-]+'", policy[name])
    assert policy["connect-src"] == policy["font-src"] == policy["form-action"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    for name, value in (
        ("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"), ("x-frame-options", "DENY"),
    ):  # fmt: skip
        assert headers[name] == value
    assert "camera=()" in headers["permissions-policy"]


def test_images_of_the_archive_are_shown_where_it_is_named() -> None:
    origins = image_origins_of("https://imagedelivery.net, https://img.Example:443/ ")
    policy = content_policy("n", origins)
    assert "img-src 'self' data: https://imagedelivery.net https://img.example;" in policy


@pytest.mark.parametrize(
    "setting", ["*", "javascript:x", "https://a.example; script-src *", "null"]
)
def test_what_is_no_origin_of_images_is_misconfigured(setting: str) -> None:
    with pytest.raises(Misconfigured, match="CONSOLE_IMAGE_ORIGINS"):
        application(Settings(console_image_origins=setting))


async def test_what_has_a_hash_is_kept_for_good_and_the_rest_is_asked_for(
    client: httpx.AsyncClient,
) -> None:
    for name, kind, kept in (
        ("assets/index-0a1b2c3d.js", "text/javascript; charset=utf-8", True),
        ("assets/font-0a1b2c3d.woff2", "font/woff2", True),
        ("theme.js", "text/javascript; charset=utf-8", False),
        ("icon.svg", "image/svg+xml", False),
    ):
        answer = await client.get(f"/analytics/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert ("immutable" in answer.headers["cache-control"]) is kept
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        again = await client.get(
            f"/analytics/{name}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("accepted", "coding"), [("br, gzip", "br"), ("gzip", "gzip"), ("", None)])
async def test_files_go_in_the_shortest_coding(
    client: httpx.AsyncClient, accepted: str, coding: str | None
) -> None:
    path, headers = "/analytics/assets/index-0a1b2c3d.js", {"Accept-Encoding": accepted}
    async with client.stream("GET", path, headers=headers) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert {"br": b"brotli", "gzip": raw, None: SCRIPT}[coding] == raw
    if coding == "gzip":
        assert gzip.decompress(raw) == SCRIPT


async def test_head_has_no_body(client: httpx.AsyncClient) -> None:
    for path in ("/analytics/", "/analytics/theme.js"):
        answer = await client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.post("/analytics/")).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/analytics/../secret.js", "/analytics/%2e%2e/secret.js", "/analytics/..%2fsecret.js",
        "/analytics/users/a%2Fb%2F..", "/analytics/%2e/theme.js",
        "/analytics/assets/..%2f..%2fsecret.js", "/analytics//etc/passwd",
        "/analytics%2ftheme.js", "/analytics/assets/", "/analytics/assets/none.js",
        "/analytics/assets/..%5c..%5csecret.js", "/analytics/assets/%2e%2e%2f", "/analyticsx",
        "/analytics/assets/index-0a1b2c3d.js.br", "/analytics/assets/%00", "/%61nalytics/",
    ],
)  # fmt: skip
async def test_nothing_but_the_build_is_served(client: httpx.AsyncClient, path: str) -> None:
    request = client.build_request("GET", HERE)
    # As it stands: the client would put it right.
    request.url = httpx.URL(HERE).copy_with(raw_path=path.encode())
    answer = await client.send(request)
    assert answer.status_code == 404, path
    assert "outside" not in answer.text


async def test_a_browser_at_the_root_is_led_to_the_console(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (302, "/analytics/")
    assert (await client.get("/")).status_code == 404


async def test_without_a_build_the_answer_names_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "built"
    async with client_of(folder) as client:
        page = await client.get("/analytics/overview", headers=BROWSER)
        assert page.status_code == 404
        assert "make setup" in page.text
        assert page.headers["content-type"].startswith("text/html")
        other = await client.get("/analytics/assets/a.js")
        assert (other.status_code, other.json()["code"]) == (404, "NOT_BUILT")
        make_build(folder)
        assert (await client.get("/analytics/overview")).status_code == 200


async def test_wrong_attempts_to_sign_in_are_few(tmp_path: Path) -> None:
    settings = Settings(console_sign_ins_per_minute=3)
    async with client_of(tmp_path, settings) as client:
        for _ in range(3):
            answer = await client.post("/api/session", json={"key": "spk_x"})
            assert answer.status_code == 403
        answer = await client.post("/api/session", json={"token": "short"})
        assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
        assert 0 < int(answer.headers["retry-after"]) <= 61
    trusting = settings.model_copy(update={"trust_forwarded": "first"})
    async with client_of(tmp_path, trusting) as client:
        for number in range(8):
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            answer = await client.post("/api/session", json={"key": "spk_x"}, headers=headers)
            assert answer.status_code == 403


def test_the_gateway_passes_neither_pages_nor_sessions_on() -> None:
    assert not [
        path
        for _, path in PASSING_GATEWAY
        if path.startswith("/analytics") or path == "/api/session"
    ]
