"""The editor's live preview: the demo shop's page with what is written, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect
from tests.console import hostile
from tests.console.opened import Opened, OpenPage
from tests.console.stack import ConsoleStack, store_id
from tests.support.browser import AGENT, Site, page
from tests.support.services import running
from tests.support.waiting import wait_until

from storepulse.local.ports import free_port
from storepulse.query.demo_shop.opening import DOMAIN

pytestmark = pytest.mark.timeout(600)
TITLE = "Made slowly, worn for years."
VISITOR = {
    "sp_consent": "gu",
    "sp_session": "01a22969-d840-7418-bb46-4f71dd3210e4",
    "sp_visitor": "01a22969-d84c-70a2-9d60-b42821da6c7f",
}
#: In the frame: when its heading says a text. In the page: when somebody typed last.
_SEEN = """(text) => new Promise((found) => {
  const look = () => {
    if (document.querySelector("h1")?.textContent !== text) return requestAnimationFrame(look);
    found(performance.timeOrigin + performance.now());
  };
  look();
})"""
_TYPED = """addEventListener("input", () => {
  window.__typed = performance.timeOrigin + performance.now();
}, true)"""


@pytest.fixture(scope="module")
def stack(stack: ConsoleStack) -> Iterator[ConsoleStack]:
    """The stack with the demo shop, by a query service of its own; somebody has opened the shop."""
    more = {"demo_shop_enabled": True, "query_port": free_port()}
    settings = stack.settings.model_copy(update=more)
    with running("query", settings) as service:
        assert httpx.get(f"{service.url}/demo", timeout=60).status_code == 200
        yield replace(stack, settings=settings, query=service.url)


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("[data-shop-frame]")


def opened_editor(open_page: OpenPage, before: Callable[[Opened], object] | None = None) -> Page:
    """A new test of the shop, which nobody has visited: the API knows no plan for it."""
    opened = open_page("/experiments/new", store=DOMAIN, before=before)
    opened.watch.expected.add(400)
    return opened.page


def shop_frame(page: Page) -> Frame:
    """The frame, drawn."""
    expect(frame_of(page).locator("h1")).to_be_visible()
    [frame] = [one for one in page.frames if "/demo/preview" in one.url]
    return frame


def write(page: Page, slot: str, name: str, text: str) -> None:
    """Writes a property of a slot that the variant at hand has not changed yet, or adds one."""
    if page.locator(f"[data-slot={slot}]").count() == 0:
        page.get_by_label("Change a slot of the page").select_option(slot)
    page.get_by_label(f"Property of {slot} to change").fill(name)
    page.keyboard.press("Enter")
    page.get_by_label(f"{slot} props.{name}").fill(text)


def choose(page: Page, name: str) -> None:
    page.get_by_label("Variant shown").get_by_role("radio", name=name).click()


def test_what_is_written_shows_in_the_shops_page_at_once(open_page: OpenPage) -> None:
    page = opened_editor(open_page)
    shop = frame_of(page)
    frame = shop_frame(page)
    expect(shop.locator("h1")).to_have_text(TITLE)
    expect(shop.locator(".card")).to_have_count(12)
    expect(shop.locator("[data-changed]")).to_have_count(0)
    page.evaluate(_TYPED)
    write(page, "hero", "title", "Worn by everybody")
    took = frame.evaluate(_SEEN, "Worn by everybody") - page.evaluate("window.__typed")
    assert took < 1_000
    changed = shop.locator("[data-changed]")
    expect(changed).to_have_count(1)
    expect(changed).to_have_attribute("data-slot", "hero")
    assert changed.evaluate("(one) => getComputedStyle(one).outlineStyle") == "dashed"
    twin = page.locator("[data-preview] [data-block]")
    expect(twin).to_have_count(1)
    expect(twin).to_contain_text("hero · props.title")

    choose(page, "Control")
    expect(shop.locator("h1")).to_have_text(TITLE)
    expect(changed).to_have_count(0)
    expect(page.locator("[data-preview]")).to_contain_text("No difference")
    choose(page, "B")
    expect(shop.locator("h1")).to_have_text("Worn by everybody")

    shown = page.locator("[data-shop-frame]")
    assert shown.evaluate("(one) => one.clientWidth") == 1280
    page.get_by_role("radio", name="Mobile").click()
    expect(shop.locator("h1")).to_be_visible()
    assert shown.evaluate("(one) => one.clientWidth") == 390
    page.locator("[data-slot=hero]").get_by_role("switch").click()
    expect(shop.locator("h1")).to_have_count(0)
    expect(page.locator("[data-preview]")).to_contain_text("switched off")


def test_products_are_drawn_in_their_order(open_page: OpenPage) -> None:
    page = opened_editor(open_page)
    page.get_by_label("Page types").fill("product")
    shop = frame_of(page)
    expect(shop.locator("h1")).to_have_text("Harbour coat")
    order = "(found) => found.map((one) => one.dataset.slot)"
    slots = shop.locator("[data-slot]")
    assert slots.evaluate_all(order) == [
        "gallery", "title", "description", "buy", "try_on", "related",
    ]  # fmt: skip
    write(page, "buy", "label", "Take it home")
    expect(shop.get_by_text("Take it home")).to_be_visible()
    page.get_by_label("Position of buy").fill("0")
    expect(slots.nth(1)).to_have_attribute("data-slot", "buy")
    page.get_by_label(re.compile("^Another slot")).fill("word")
    page.keyboard.press("Enter")
    expect(shop.locator("[data-slot=word]")).to_contain_text("has no component “Block”")
    page.get_by_label("Component of word").fill("Banner")
    write(page, "word", "text", "Free returns")
    expect(shop.locator("[data-slot=word] .banner")).to_contain_text("Free returns")


def test_text_stays_text_and_pictures_are_the_shops(open_page: OpenPage) -> None:
    page = opened_editor(open_page)
    shop, frame = frame_of(page), shop_frame(page)
    write(page, "hero", "title", hostile.MARKUP)
    expect(shop.locator("h1")).to_have_text(hostile.MARKUP)
    write(page, "hero", "label", "javascript:__hostile('link')")
    write(page, "hero", "product", "https://evil.example/x.png")
    write(page, "hero", "kicker", hostile.DIRECTIONS)
    write(page, "hero", "text", hostile.LONG_WORD)
    expect(shop.locator(".hero-text")).to_contain_text(hostile.LONG_WORD)
    sources = shop.locator("img").evaluate_all("(found) => found.map((one) => one.src)")
    assert {one.partition(":")[0] for one in sources} == {"data"}
    assert shop.locator("h1 *").count() == 0
    assert shop.locator("script").count() == 1
    assert frame.evaluate("window.__watched.ran") == []
    assert frame.evaluate("window.__watched.violations") == []
    wide = frame.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def test_the_frame_asks_nobody_for_anything(open_page: OpenPage, stack: ConsoleStack) -> None:
    asked: list[str] = []
    page = opened_editor(
        open_page, lambda one: one.page.on("request", lambda call: asked.append(call.url))
    )
    shop_frame(page)
    write(page, "hero", "title", "Asks nobody")
    expect(frame_of(page).locator("h1")).to_have_text("Asks nobody")
    # Nothing in it can be pressed: the page stays where it is.
    box = frame_of(page).locator(".hero .button").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.press("Tab")
    expect(frame_of(page).locator("h1")).to_have_text("Asks nobody")
    assert "/demo/preview" in shop_frame(page).url
    gateway = urlsplit(stack.gateway).port
    assert [url for url in asked if urlsplit(url).port == gateway] == []
    of_shop = {path for path in (urlsplit(url).path for url in asked) if path.startswith("/demo")}
    assert of_shop == {"/demo/preview"}


def test_the_page_has_no_origin_and_reaches_nobody(stack: ConsoleStack, browser: Browser) -> None:
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.goto(f"{stack.query}/demo/preview")
        assert tab.evaluate("self.origin") == "null"
        for forbidden in (
            "localStorage.setItem('a', '1')",
            "document.cookie = 'a=1'",
            f"fetch('{stack.gateway}/collect', {{method: 'POST', body: '[]'}})",
            f"fetch('{stack.query}/api/me')",
        ):
            tried = f"(async () => {{ {forbidden.replace('fetch', 'await fetch')} }})()"
            assert tab.evaluate(f"{tried}.then(() => 'done', () => 'refused')") == "refused"
        assert context.cookies() == []
    finally:
        context.close()


def test_no_other_site_may_show_it(stack: ConsoleStack, browser: Browser) -> None:
    for path in ("/demo/preview", "/demo/preview/p/tee-oat", "/demo"):
        html = f'<iframe sandbox="allow-scripts" src="{stack.query}{path}"></iframe>'
        with Site(lambda _, html=html: page(html)) as site:
            context = browser.new_context()
            try:
                tab = context.new_page()
                tab.goto(site.url)
                tab.wait_for_function("document.readyState === 'complete'")
                assert [one.url for one in tab.frames[1:]] == ["chrome-error://chromewebdata/"]
            finally:
                context.close()


def test_only_the_preview_may_be_framed(stack: ConsoleStack) -> None:
    for path in ("/demo", "/demo/p/tee-oat", "/demo/cart", "/demo/landing", "/demo/preview"):
        policy = httpx.get(stack.query + path, timeout=20).headers["content-security-policy"]
        ancestors = "'self'" if path == "/demo/preview" else "'none'"
        assert f"frame-ancestors {ancestors};" in policy, path


def slots_for(stack: ConsoleStack, cookies: dict[str, str]) -> dict[str, Any]:
    """The plain tee's blocks, as the shop draws them for a visitor."""
    said = "; ".join(f"{name}={value}" for name, value in cookies.items())
    answer = httpx.get(
        f"{stack.query}/demo/api/slots/tee-oat", headers={"user-agent": AGENT, "cookie": said},
        timeout=20,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return {slot["slot_id"]: slot["props"] for slot in answer.json()["slots"]}


def api(stack: ConsoleStack, path: str, body: Any = None) -> Any:
    answer = httpx.post(
        f"{stack.query}/api/ab-testing/{store_id(DOMAIN)}{path}", json=body, timeout=20,
        headers=stack.world.headers,
    )  # fmt: skip
    assert answer.status_code < 300, answer.text
    return answer.json()["data"]


def test_a_running_variant_and_a_previewed_one_change_the_shop(
    stack: ConsoleStack, browser: Browser
) -> None:
    override = {"buy": {"props": {"label": "Take it home"}, "position": 1}}
    variants = [
        {"variant_id": "control", "weight": 1},
        {"variant_id": "b", "weight": 9_999, "slot_overrides": override},
    ]
    metrics = [{"key": "bought", "kind": "binary", "source": "purchase"}]
    body = {"name": "Label", "variants": variants, "metrics": metrics}
    body |= {"targeting": {"page_types": ["product"], "slugs": ["tee-oat"]}}
    test = api(stack, "", body)["test_id"]
    token = api(stack, f"/test/{test}/preview", {"variant_id": "b"})["token"]
    context = browser.new_context(user_agent=AGENT)
    context.add_cookies([{"name": n, "value": v, "url": stack.query} for n, v in VISITOR.items()])
    try:
        tab = context.new_page()
        address = f"{stack.query}/demo/p/tee-oat"
        button = tab.locator(".buy-box .cta-button")
        tab.goto(address)
        expect(button).to_have_text("Add to cart")
        # The gateway hears of a new draft within a second.
        wait_until(lambda: shows(tab, f"{address}?preview={token}", "Take it home"), "the draft")
        tab.goto(f"{address}?preview=no-token")
        expect(button).to_have_text("Add to cart")
        api(stack, f"/test/{test}/start")
        wait_until(lambda: slots_for(stack, VISITOR)["buy"]["label"] == "Take it home", "the test")
        assert slots_for(stack, {})["buy"]["label"] == "Add to cart"  # who has not agreed
        tab.goto(f"{stack.query}/demo")
        tab.locator("[data-product=tee-oat]").first.click()
        expect(button).to_have_text("Take it home")
        order = tab.locator("[data-slot]").evaluate_all("(all) => all.map((o) => o.dataset.slot)")
        assert order[:4] == ["gallery", "title", "buy", "description"]
        setup = json.loads(tab.locator("#setup").text_content() or "{}")
        assert setup["page"]["page_type"] == "home"
        tab.goto(address)
        expect(button).to_have_text("Take it home")
    finally:
        context.close()
        api(stack, f"/test/{test}/pause")


def shows(tab: Page, address: str, label: str) -> bool:
    tab.goto(address)
    return tab.locator(".buy-box .cta-button").inner_text() == label
