"""Which calls Meta's pixel and Google's data layer get, and with which ids."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from tests.browser.modules.harness import html, opened

FBQ = "window.fbq = (...values) => { (window.met = window.met || []).push(values); }"
LAYER = "window.dataLayer = []"
BOTH = f"<script>{FBQ}; {LAYER}</script>"
SALE = (
    "tell('purchase', {order_id: '1001', value: '49.90', currency: 'EUR',"
    " customer_email: 'a@shop.example',"
    " items: [{product_id: '7', price: '24.95', quantity: 2}]}, 'purchase:1001')"
)


def test_a_purchase(browser: Browser) -> None:
    with opened(browser, html("pixels", "", head=BOTH)) as (tab, _):
        tab.evaluate(SALE)
        met, layer = tab.evaluate("[met, dataLayer]")
        assert met[0][:2] == ["track", "PageView"]
        assert met[0][3] == {"eventID": "first"}
        kind, name, content, ids = met[1]
        assert (kind, name, ids) == ("track", "Purchase", {"eventID": "purchase:1001"})
        assert (content["value"], content["currency"]) == ("49.90", "EUR")
        assert content["contents"][0]["id"] == "7"
        [sale] = layer  # page views are left to Tag Manager
        assert (sale["event"], sale["event_id"]) == ("purchase", "purchase:1001")
        assert sale["ecommerce"]["transaction_id"] == "1001"
        assert sale["ecommerce"]["items"][0]["item_id"] == "7"
        assert "a@shop" not in tab.evaluate("JSON.stringify([met, dataLayer])")
        [[called, told]] = tab.evaluate("calls")
    assert called == "pixels_called"
    assert told == {
        "event": "purchase",
        "event_id": "purchase:1001",
        "order_id": "1001",
        "pixels": ["google", "meta"],
    }


def test_names(browser: Browser) -> None:
    with opened(browser, html("pixels", "", head=BOTH)) as (tab, _):
        for name in ("product_view", "add_to_cart", "checkout_start", "constructor", "newsletter"):
            tab.evaluate(f"tell('{name}', {{product_id: 7}})")
        met = tab.evaluate("met.map((one) => one[1])")
        layer = tab.evaluate("dataLayer.map((one) => one.event)")
        assert tab.evaluate("calls") == []
    assert met == ["PageView", "ViewContent", "AddToCart", "InitiateCheckout"]
    assert layer == ["view_item", "add_to_cart", "begin_checkout"]


def test_without_consent_for_marketing(browser: Browser) -> None:
    consent = {"analytics": "granted", "marketing": "unknown"}
    with opened(browser, html("pixels", "", head=BOTH, consent=consent)) as (tab, _):
        tab.evaluate(SALE)
        assert tab.evaluate("[window.met, dataLayer, calls]") == [None, [], []]


def test_a_pixel_that_comes_later(browser: Browser) -> None:
    """By the page's own clock: a busy machine may need longer to open it than the module waits."""
    slow = "<script>window.timers = []; window.setTimeout = (run) => timers.push(run)</script>"
    with opened(browser, html("pixels", "", head=slow)) as (tab, _):
        tab.evaluate(SALE)
        assert tab.evaluate("[timers.length, calls]") == [2, []]
        tab.evaluate(f"{FBQ}; timers.forEach((run) => run())")
        assert tab.evaluate("met.map((one) => one[3].eventID)") == ["first", "purchase:1001"]
        assert tab.evaluate("calls[0][1].pixels") == ["meta"]


@pytest.mark.long
def test_a_pixel_that_never_comes(browser: Browser) -> None:
    with opened(browser, html("pixels", "", head=f"<script>{LAYER}</script>")) as (tab, _):
        tab.evaluate(SALE)
        tab.wait_for_function("calls.length", timeout=20_000)
        assert tab.evaluate("calls[0][1].pixels") == ["google"]
