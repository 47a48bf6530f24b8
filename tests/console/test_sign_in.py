"""Signing in and out as people do, and what pages of other origins can do to somebody signed in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.console.conftest import PATIENCE_MS
from tests.console.opened import OpenPage
from tests.console.stack import ConsoleStack
from tests.console.watching import Watch, check_fits, watch
from tests.support.browser import Site, page
from tests.support.waiting import wait_until

from storepulse.access import keys

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A browser of somebody who is not signed in."""
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    yield tab
    context.close()


def new_key(stack: ConsoleStack, *scopes: str) -> str:
    key = keys.new_key("secret")
    with stack.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=list(scopes))
    return key


def enter_key(tab: Page, key: str) -> None:
    tab.get_by_label("Secret key").fill(key)
    tab.get_by_role("button", name="Sign in").click()


def test_a_link_signs_in_once_and_leaves_no_token_behind(
    stack: ConsoleStack, stranger: Page
) -> None:
    seen: Watch = watch(stranger)
    link = stack.sign_in_link()
    token = link.partition("#")[2]
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url))
    stranger.goto(link)
    stranger.wait_for_url("**/analytics/overview*")
    expect(stranger.get_by_role("heading", level=1)).to_contain_text("Overview")
    assert token not in stranger.url
    assert not [url for url in asked if token in url.partition("#")[0]]
    seen.check()
    (cookie,) = stranger.context.cookies()
    assert cookie["name"] == "storepulse_session"
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert stranger.evaluate("document.cookie") == ""
    stranger.context.clear_cookies()
    seen.expected.add(401)
    stranger.goto("about:blank")
    stranger.goto(link)
    expect(stranger.get_by_text("used already")).to_be_visible()
    stranger.go_back()
    assert token not in stranger.url


def test_a_key_signs_in_and_leads_back_to_the_page(stack: ConsoleStack, stranger: Page) -> None:
    seen = watch(stranger)
    seen.expected.add(401)
    stranger.goto(f"{stack.console}/carts?p=30d")
    stranger.wait_for_url("**/analytics/sign-in*")
    check_fits(stranger)
    enter_key(stranger, "ssk_wrong")
    expect(stranger.get_by_text("unknown, used up, revoked or expired")).to_be_visible()
    enter_key(stranger, new_key(stack, "read"))
    stranger.wait_for_url("**/analytics/carts?p=30d*")
    expect(stranger.get_by_role("heading", level=1)).to_contain_text("Carts")
    stranger.get_by_role("button", name="Your key").click()
    stranger.get_by_role("button", name="Sign out").click()
    stranger.wait_for_url("**/analytics/sign-in*")
    stranger.goto(f"{stack.console}/carts")
    stranger.wait_for_url("**/analytics/sign-in*")
    seen.check()


def test_a_revoked_key_ends_the_page_within_seconds(stack: ConsoleStack, stranger: Page) -> None:
    key = new_key(stack, "read")
    stranger.goto(f"{stack.console}/overview")
    enter_key(stranger, key)
    stranger.wait_for_url("**/analytics/overview*")
    with stack.world.connect() as connection:
        statement = keys.STATEMENTS["id_of_hash"]
        row = connection.execute(statement, {"key_hash": keys.hash_of(key)}).fetchone()
        assert row is not None
        assert keys.revoke(connection, row[0])
    wait_until(
        lambda: stranger.evaluate("fetch('/api/me').then((answer) => answer.status)") == 401,
        "a refusal",
        seconds=10,
    )
    stranger.reload()
    stranger.wait_for_url("**/analytics/sign-in*")


ATTACK = Path(__file__).with_name("attack.js").read_text("utf-8")


@contextmanager
def evil_site(host: str) -> Iterator[Site]:
    """A page of another origin, with a frame to send forms to."""
    html = '<!doctype html><title>evil</title><iframe name="sink"></iframe>'
    with Site(lambda request: page(html) if request.path == "/" else None, host) as site:
        yield site


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same site", "other site"])
def test_a_page_of_another_origin_gets_and_changes_nothing(
    stack: ConsoleStack, open_page: OpenPage, host: str
) -> None:
    # Another port of this very host is the same site to a browser: it sends the cookie along.
    opened = open_page("/overview")
    tab = opened.page.context.new_page()
    key_of_attacker = new_key(stack, "read", "admin")
    with evil_site("127.0.0.1") as site:
        tab.goto(site.url.replace("127.0.0.1", host))
        done = tab.evaluate(ATTACK, [stack.query, key_of_attacker])
        assert {done[name] for name in ("asked", "signedOut", "read", "script")} == {"failed"}, done
        tab.set_content(f'<iframe src="{stack.console}/overview"></iframe>')
        framed = tab.frames[-1]
        wait_until(lambda: framed.url != "about:blank", "the frame", seconds=20)
        assert not framed.url.startswith(stack.console)
    answer = httpx.get(
        f"{stack.query}/api/stores?domain=attack.example", headers=stack.world.headers
    )
    assert answer.json()["data"] == []
    me = opened.page.evaluate("fetch('/api/me').then((answer) => answer.json())")
    assert me["data"]["hint"] == stack.world.key[:8] + "…"
    tab.close()


def test_a_page_whose_build_is_gone_says_so_by_reloading(open_page: OpenPage) -> None:
    """A chunk that is not there any more must not leave an empty page."""
    opened = open_page("/overview")
    opened.watch.expected.add(404)
    name = uuid4().hex[:8]
    status = opened.page.evaluate(
        f"fetch('/analytics/assets/gone-{name}.js').then((answer) => answer.status)"
    )
    assert status == 404


def test_scripts_of_the_page_are_held_to_trusted_types(open_page: OpenPage) -> None:
    opened = open_page("/overview")
    refused = opened.page.evaluate(
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'set'; }"
        " catch (error) { return error.name; } })()"
    )
    assert refused == "TypeError"
    violations = json.loads(opened.page.evaluate("JSON.stringify(window.__watched.violations)"))
    assert [one for one in violations if "require-trusted-types-for" in one]
    opened.page.evaluate("window.__watched.violations.length = 0")
    opened.watch.faults.clear()
