"""A short visit and consent in Firefox and WebKit."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from tests.support.tracked_shop import STUB, Gateway, Shop, refused
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
MODULES = {"heatmap": True, "vitals": True, "pixels": True, "experiments": True}
BODY = """
<p id=words>words</p>
<button id=help><svg width=20 height=20><rect id=icon width=20 height=20 /></svg></button>
<button id=add class=cta-button data-track-product-id=mug data-track-quantity=2>Add</button>
<div style="height: 3000px"></div>
<script>
  window.errors = [];
  addEventListener("error", (event) => errors.push(event.message));
  addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
  window.fbq = (...values) => (fbq.told ??= []).push(values);
  window.dataLayer = [];
</script>"""


def open_page(browser: WebDriver, shop: Shop, path: str, *, modules: bool = False) -> None:
    browser.get(shop.url + path)
    started = "return !!(window.storepulse && storepulse.version)"
    if modules:
        started += " && !!storepulse.variant"
    WebDriverWait(browser, 30).until(lambda _: browser.execute_script(started))


def run(browser: WebDriver, script: str) -> Any:
    return browser.execute_script(script)


def errors_of(browser: WebDriver) -> list[str]:
    found: list[str] = run(browser, "return window.errors")
    return found


def named(events: list[dict[str, Any]]) -> list[str]:
    return [event.get("name") or event["activity_type"] for event in events]


def test_a_short_visit(browser: WebDriver, gateway: Gateway, shop: Shop) -> None:
    shop.head, shop.body = gateway.tag(**MODULES), BODY
    open_page(browser, shop, "/a?utm_source=mail", modules=True)
    run(browser, "storepulse.consent('granted')")
    for _ in range(3):
        browser.find_element(By.ID, "words").click()
    browser.find_element(By.ID, "icon").click()
    browser.find_element(By.ID, "add").click()
    (cart,) = gateway.wait_for(1, "add_to_cart")
    assert (cart["product_id"], cart["quantity"]) == ("mug", 2)
    clicks = wait_until(lambda: clicks_of(gateway, 5), lambda: str(gateway.posts), seconds=30)
    assert [one["selector"] for one in clicks[:4]] == ["p#words"] * 3 + ["button#help"]
    run(browser, "scrollTo(0, document.body.scrollHeight)")
    WebDriverWait(browser, 10).until(lambda _: run(browser, "return scrollY > 1000"))
    run(browser, "history.pushState({}, '', '/b'); document.title = 'B'")
    gateway_sees(browser, gateway, 2)
    run(browser, "history.replaceState({}, '', '/b?sort=price')")
    assert errors_of(browser) == []
    open_page(browser, shop, "/thanks", modules=True)
    run(browser, "storepulse.purchase({order_id: '1', value: '9.90', currency: 'EUR'})")
    gateway.wait_for(1, "purchase")
    gateway.wait_for(1, "pixels_called")
    assert run(browser, "return fbq.told.map((call) => call[3].eventID)")[-1] == "purchase:1"
    assert errors_of(browser) == []
    open_page(browser, shop, "/c", modules=True)
    views = gateway_sees(browser, gateway, 4)
    paths = [view["page_url"].removeprefix(shop.url) for view in views]
    assert paths == ["/a?utm_source=mail", "/b", "/thanks", "/c"]
    assert views[1]["referrer"] == shop.url + "/a?utm_source=mail"
    assert len({view["session_id"] for view in views}) == 1
    assert len({view["visitor_id"] for view in views}) == 1
    vitals = wait_until(lambda: [e for e in gateway.events() if e.get("name") == "web_vitals"],
                        "vitals", seconds=30)  # fmt: skip
    assert "TTFB" in vitals[0]["metadata"]
    scrolls = [e for e in gateway.events("/api/heatmap") if e["type"] == "scroll"]
    assert [e["scroll_depth"] for e in scrolls][:1] == [100]
    assert [r.path for r in gateway.requests if r.method == "OPTIONS"] == []


def clicks_of(gateway: Gateway, count: int) -> list[dict[str, Any]] | None:
    found = [event for event in gateway.events("/api/heatmap") if event["type"] == "click"]
    return found if len(found) >= count else None


def gateway_sees(browser: WebDriver, gateway: Gateway, count: int) -> list[dict[str, Any]]:
    run(browser, "setTimeout(() => storepulse.consent({}), 50)")
    return gateway.wait_for(count, "page_view")


def test_consent_is_waited_for(browser: WebDriver, gateway: Gateway, shop: Shop) -> None:
    shop.head, shop.body = gateway.tag(consent="required", **MODULES), BODY
    open_page(browser, shop, "/a")
    run(browser, "storepulse.track('early'); dispatchEvent(new Event('pagehide'))")
    told = run(browser, "return Date.now()")
    assert (run(browser, "return document.cookie"), run(browser, "return localStorage.length")) == (
        "", 0,
    )  # fmt: skip
    assert [request.path for request in gateway.requests] == ["/tracker.js"]
    run(browser, "storepulse.consent('granted')")
    events = gateway.wait_for(2)
    assert named(events)[:2] == ["page_view", "early"]
    assert all(event["timestamp"] <= told for event in events[:2])
    assert "sp_consent=gg" in run(browser, "return document.cookie")
    run(browser, "storepulse.consent('denied'); storepulse.track('denied')")
    open_page(browser, shop, "/b")
    run(browser, "storepulse.track('later'); dispatchEvent(new Event('pagehide'))")
    assert run(browser, "return document.cookie") == "sp_consent=dd"
    assert run(browser, "return Object.keys(localStorage).filter((key) => /^sp/.test(key))") == []
    assert {"denied", "later"} & set(named(gateway.events())) == set()
    assert errors_of(browser) == []


def test_the_same_bytes_after_a_503(browser: WebDriver, gateway: Gateway, shop: Shop) -> None:
    shop.head = STUB + gateway.tag()
    first = iter([refused(503, retry_after="1")])
    gateway.reply = lambda _: next(first, None)
    open_page(browser, shop, "/a")
    run(browser, "storepulse.purchase({order_id: '7'})")
    posts = wait_until(lambda: gateway.posts if len(gateway.posts) > 1 else None, seconds=30)
    assert posts[0].body == posts[1].body
    WebDriverWait(browser, 10).until(lambda _: run(browser, "return localStorage.length === 0"))
