"""The check on the page itself: what its panel says of each fault, in a real browser.

The core is a stand-in here, so that each state can be had; the panel is the built file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.support.browser import BUILT, Answer, Request, Site, built_file, chromium, page

MANIFEST = json.loads((BUILT / "manifest.json").read_text())
FILE = MANIFEST["debug"]["file"]
#: Closed shadow roots are opened for the test alone.
OPENED = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function () {
  window.panelRoot = attach.call(this, { mode: "closed" }); return window.panelRoot; };"""
HOSTILE = "<img src=x onerror=window.hacked=1>"
SETTINGS = {"store": "s-1", "key": "spk_x"}
CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After, Date"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def said(status: int, body: dict[str, Any], **headers: str) -> Answer:
    kinds = {"content-type": "application/json"} | CORS
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body).encode(), kinds | named)


ACCEPTED = said(202, {"status": "accepted", "accepted": 1, "ids": ["e-1"], "rejected": []})


@contextmanager
def opened(
    browser: Browser,
    events: Callable[[Request], Answer | None] = lambda _: ACCEPTED,
    *,
    settings: dict[str, str] | None = None,
    consent: str = "unknown",
    csp: str = "",
    tags: int = 1,
    host: str = "",
    before: str = "",
    **options: Any,
) -> Iterator[tuple[Page, Site]]:
    """A page with the panel. `send(...events)` posts a batch to the gateway, as the core does."""

    def serve(request: Request) -> Answer | None:
        if request.path.startswith("/tracker"):
            return built_file(request.path)
        return events(request) if request.method == "POST" else None

    with Site(serve) as gateway:
        to = host or f"{gateway.url}/"
        own = json.dumps(SETTINGS if settings is None else settings)
        code = f"""{before}
        const state = {{ analytics: "{consent}", marketing: "{consent}" }};
        const core = {{ settings: {own}, host: "{to}", context: () => ({{}}), add() {{}},
          consent: () => state, hear: (listener) => {{ window.tell = listener; }},
          on: (target, type, listener) => target.addEventListener(type, listener) }};
        window.send = (...events) => fetch(core.host + "api/customer-activity/batch?sent_at=1",
          {{ method: "POST", body: JSON.stringify({{ key: "k", events }}) }}).catch(() => 0);
        window.beacon = (...events) => navigator.sendBeacon(
          core.host + "api/customer-activity/batch", JSON.stringify({{ key: "k", events }}));
        window.ready = import("{gateway.url}/tracker/{FILE}").then(({{ start }}) => start(core));"""
        tag = '<script src="data:," data-store="s-1" data-key="k"></script>' * tags
        html = f'<!doctype html><h1>Shop</h1>{tag}<script nonce="n">{code}</script>'
        headers = {"content-security-policy": csp.replace("{gateway}", gateway.url)} if csp else {}
        with Site(lambda _: page(html, headers)) as shop:
            context = browser.new_context(**options)
            context.add_init_script(OPENED)
            tab = context.new_page()
            faults: list[str] = []
            tab.on("pageerror", lambda fault: faults.append(str(fault)))
            tab.goto(f"{shop.url}/?storepulse_debug=1")
            tab.evaluate("window.ready")
            yield tab, gateway
            assert faults == []
            context.close()


def text(tab: Page) -> str:
    shown: str = tab.evaluate("window.panelRoot.textContent")
    return shown


def wait_for(tab: Page, words: str, seconds: float = 15) -> None:
    tab.wait_for_function(
        "words => window.panelRoot.textContent.includes(words)", arg=words, timeout=seconds * 1000
    )


def event(**fields: Any) -> dict[str, Any]:
    return {"event_id": "e-1", "activity_type": "page_view"} | fields


def test_what_is_sent_and_what_comes_back(browser: Browser) -> None:
    refusal = {"index": 1, "field": "y", "reason": "is above 10000"}
    answer = said(202, {"accepted": 1, "ids": ["e-1"], "rejected": [refusal]})
    with opened(browser, lambda _: answer) as (tab, gateway):
        assert "Nothing so far" in text(tab)
        tab.evaluate("events => send(...events)", [event(), event(event_id="e-2", name=HOSTILE)])
        wait_for(tab, "page_view: accepted")
        wait_for(tab, f"{HOSTILE}: refused, y is above 10000")
        assert "e-1" in text(tab)
        assert f"The gateway refused {HOSTILE}: y is above 10000." in text(tab)
        assert "202 · 2 by fetch" in text(tab)
        assert tab.evaluate("window.hacked") is None
        assert tab.evaluate("window.panelRoot.querySelector('img')") is None
        # The page's own requests pass as they were.
        (sent,) = [r for r in gateway.requests if r.method == "POST"]
        assert sent.json == {
            "key": "k", "events": [event(), event(event_id="e-2", name=HOSTILE)],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said(401, {"code": "INVALID_KEY"}), "does not know the key (401)"),
        (said(403, {"code": "ORIGIN_NOT_ALLOWED"}), "does not let pages of http://127.0.0.1"),
        (said(403, {"code": "SCOPE_MISSING", "message": "no scope"}), "may not do this (403)"),
        (said(403, {"code": "OTHER_STORE"}), "of another store than data-store"),
        (said(202, {"rejected": [{"index": 0, "code": "OTHER_STORE"}]}), "of another store"),
        (said(402, {"code": "PLAN_LIMIT"}, retry_after="60"), "in 60 s, with the same events"),
        (said(429, {}), "Too many requests (429)"),
        (said(503, {}), "cannot take events now (503)"),
        (said(404, {}), "There is no gateway at"),
        # A key for other origins: the page may not read the answer.
        (Answer(403, b"{}"), "does not let pages of http://127.0.0.1"),
    ],
)
def test_what_the_gateway_says(browser: Browser, answer: Answer, words: str) -> None:
    with opened(browser, lambda _: answer) as (tab, _gateway):
        tab.evaluate("event => send(event)", event())
        wait_for(tab, words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"settings": {"store": "s-1"}}, "The tag has no data-key"),
        ({"settings": {"key": "k"}}, "The tag has no data-store"),
        ({"tags": 2}, "The tag stands 2 times"),
        ({"settings": SETTINGS | {"consent": "required"}}, "Events wait until the visitor"),
        ({"consent": "denied"}, "The visitor denied analytics"),
        ({"settings": SETTINGS | {"pixels": ""}}, "consent to marketing is unknown"),
        ({"settings": SETTINGS | {"gpc": ""}, "before":
          "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"},
         "Global Privacy Control"),
        ({"settings": SETTINGS | {"dnt": ""}, "before":
          "Object.defineProperty(navigator, 'doNotTrack', {value: '1'});"}, "Do Not Track"),
        ({"before": "Object.defineProperty(window, 'isSecureContext', {value: false});"},
         "The page is no secure one"),
    ],
)  # fmt: skip
def test_what_the_page_says(browser: Browser, options: dict[str, Any], words: str) -> None:
    with opened(browser, **options) as (tab, _gateway):
        wait_for(tab, words)


def test_a_clock_that_is_wrong(browser: Browser) -> None:
    ahead = "const real = Date.now; Date.now = () => real() + 3_600_000;"
    with opened(browser, before=ahead) as (tab, _gateway):
        tab.evaluate("event => send(event)", event())
        wait_for(tab, "This device's clock is 60 minutes ahead")


def test_a_page_without_cookies(browser: Browser) -> None:
    with opened(browser) as (tab, _gateway):
        tab.evaluate("event => send(event)", event())
        wait_for(tab, "keeps no cookie")
        tab.evaluate("document.cookie = 'sp_session=abc'")
        wait_for(tab, "Nothing. Events arrive.")


def test_an_ad_blocker_and_a_gateway_that_is_away(browser: Browser) -> None:
    with opened(browser) as (tab, _gateway):
        tab.route("**/api/**", lambda route: route.abort("blockedbyclient"))
        tab.evaluate("event => send(event)", event())
        wait_for(tab, "mostly an ad blocker")
        tab.evaluate("event => beacon(event)", event(event_id="b-1"))
        assert "b-1" in text(tab)
    with Site(lambda _: None) as gone:
        host = f"{gone.url}/"
    with opened(browser, host=host) as (tab, _gateway):
        tab.evaluate("event => send(event)", event())
        wait_for(tab, f"does not answer at {host}")
        tab.context.set_offline(True)
        tab.evaluate("event => send(event)", event())
        wait_for(tab, "The browser is offline")


def test_a_beacon_that_leaves(browser: Browser) -> None:
    with opened(browser, lambda _: Answer(202)) as (tab, gateway):
        tab.evaluate("event => beacon(event)", event())
        wait_for(tab, "left · 1 by beacon")
        assert any(r.method == "POST" for r in gateway.requests)


@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'nonce-n'; style-src 'none'; connect-src {gateway}; default-src 'none'",
        "script-src 'nonce-n' 'strict-dynamic'; connect-src {gateway};"  # noqa: ISC004
        " style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ],
)
def test_strict_policies_let_the_panel_be(browser: Browser, policy: str) -> None:
    with opened(browser, csp=policy) as (tab, _gateway):
        tab.evaluate("document.cookie = 'sp_session=abc'")
        tab.evaluate("event => send(event)", event())
        wait_for(tab, "Nothing. Events arrive.")
        position = "getComputedStyle(window.panelRoot.querySelector('section')).position"
        assert tab.evaluate(position) == "fixed"


def test_a_policy_that_blocks_the_requests(browser: Browser) -> None:
    with opened(browser, csp="connect-src 'none'") as (tab, gateway):
        tab.evaluate("event => send(event)", event())
        wait_for(tab, "Content Security Policy blocked")
        assert f"Add {gateway.url} to connect-src" in text(tab)
        assert "ad blocker" not in text(tab)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_panel_fits(browser: Browser, scheme: Any, width: int) -> None:
    with opened(
        browser, color_scheme=scheme, viewport={"width": width, "height": 640}
    ) as (tab, _gateway):  # fmt: skip
        tab.evaluate("event => send(event)", event(event_id="x" * 300))
        wait_for(tab, "accepted")
        box = tab.evaluate(
            "(() => { const { left, right, bottom } = window.panelRoot.querySelector('section')"
            ".getBoundingClientRect(); return [left, right, bottom]; })()"
        )
        assert box[0] >= 0
        assert box[1] <= width
        assert box[2] <= 640
        section = "window.panelRoot.querySelector('section')"
        assert tab.evaluate(f"{section}.scrollWidth <= {section}.clientWidth")
        colour = tab.evaluate(f"getComputedStyle({section}).backgroundColor")
        assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 25, 28)"}[scheme]
        tab.evaluate("[...window.panelRoot.querySelectorAll('button')].at(-1).click()")
        assert tab.evaluate("document.querySelector('storepulse-debug')") is None
