"""What a page tells of a test: consent, robots, retries, the tracker's queue."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.react.shop import STORE, TEST, VISITOR, Shop, events_of, visiting
from tests.support.browser import AGENT
from tests.support.waiting import wait_until

# Of these no version of React knows anything.
pytestmark = pytest.mark.parametrize("built_shop", ["19"], indirect=True)

SEEN = {
    "visitorId": VISITOR,
    "assignments": {TEST: {"variant": "blue", "isControl": False, "phase": 3}},
}
#: What the tracker's module for experiments gives the page.
TRACKER = (
    "<script>window.queue = []; window.storepulse = {tell: (...told) => queue.push(told)}</script>"
)


def seen_page(shop: Shop, *parts: str, **provider: Any) -> Any:
    """A page whose server knew the variant."""
    return shop.said(
        *(parts or ("hook",)), provider={"visitorId": None, "initial": SEEN} | provider
    )


def test_conversions_and_metrics_go_to_the_gateway(browser: Browser, shop: Shop) -> None:
    shop.set_page(seen_page(shop))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_told(1)
        visit.page.evaluate(
            "trackConversion({value: '49.90', currency: 'EUR', orderId: '1001'});"
            "trackConversion(5); trackConversion(); trackMetric('margin', 12.5, {currency: 'EUR'})"
        )
        _, paid, plain, bare, metric = visit.wait_told(5)
    assert (paid["value"], paid["currency"], paid["order_id"]) == ("49.90", "EUR", "1001")
    assert (plain["value"], "value" in bare) == (5, False)
    assert (metric["event_type"], metric["metric"], metric["value"]) == ("Metric", "margin", 12.5)
    assert {one["visitor_id"] for one in (paid, plain, bare, metric)} == {VISITOR}
    assert len({one["event_id"] for one in (paid, plain, bare, metric)}) == 4


def test_what_a_page_passes_cannot_break_it(browser: Browser, shop: Shop) -> None:
    shop.set_page(seen_page(shop))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_told(1)
        visit.page.evaluate(
            "const me = {}; me.me = me; trackConversion({metadata: me});"
            "trackConversion({metadata: {n: 1n}}); trackMetric(); trackConversion(null)"
        )
        visit.page.wait_for_timeout(50)


def test_the_same_bytes_are_sent_again(browser: Browser, shop: Shop) -> None:
    shop.gateway.event_statuses = [503, 429]
    shop.set_page(seen_page(shop), is_patient=False)
    with visiting(browser, shop) as visit:
        visit.page.add_init_script(
            "const later = setTimeout; window.setTimeout = (run, wait) => later(run, wait / 20)"
        )
        visit.open()
        visit.wait_told(3)
    bodies = {one.body for one in shop.site.requests if one.method == "POST"}
    assert len(bodies) == 1


def test_a_refusal_is_not_repeated(browser: Browser, shop: Shop) -> None:
    shop.gateway.event_statuses = [400]
    shop.set_page(seen_page(shop), is_patient=False)
    with visiting(browser, shop) as visit:
        visit.page.add_init_script(
            "const later = setTimeout; window.setTimeout = (run, wait) => later(run, wait / 50)"
        )
        visit.open()
        visit.wait_told(1)
        visit.page.wait_for_timeout(500)
        visit.wait_told(1)


def test_no_request_has_a_preflight(browser: Browser, shop: Shop) -> None:
    host = shop.site.url.replace("127.0.0.1", "localhost")
    shop.set_page(shop.said("switch", provider={"host": host}))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue")
        visit.wait_told(1)
    assert "OPTIONS" not in {one.method for one in shop.site.requests}


@pytest.mark.parametrize("by", ["cookie", "option", "tag"])
def test_whoever_has_refused_is_not_told_of(browser: Browser, shop: Shop, by: str) -> None:
    option = {"consent": "denied"} if by == "option" else {}
    tag = f"<script defer data-dnt data-store=x src={shop.site.url}/t.js></script>"
    said = shop.said("switch", "hook", provider={"visitorId": None} | option)
    shop.set_page(said, head=tag if by == "tag" else "")
    with visiting(browser, shop) as visit:
        if by == "cookie":
            visit.context.add_cookies([{"name": "sp_consent", "value": "dg", "url": shop.site.url}])
        visit.page.add_init_script("Object.defineProperty(navigator, 'doNotTrack', {value: '1'})")
        visit.open()
        visit.wait_shown("control,control")
        visit.page.evaluate("trackConversion(1)")
        visit.wait_told(0)
        assert "sp_visitor" not in {one["name"] for one in visit.context.cookies()}
    assert shop.asked() == []


def test_what_waits_for_consent_goes_when_it_is_given(browser: Browser, shop: Shop) -> None:
    shop.set_page(seen_page(shop, "switch", "hook", consent="pending"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue,blue")
        visit.wait_told(0)
        visit.page.evaluate("shop.setProvider({consent: 'granted'})")
        (told,) = visit.wait_told(1)
        assert visit.seen() == ["blue,blue"]
    assert told["consent"] == {"analytics": "granted"}


def test_what_waits_for_consent_is_dropped_when_it_is_refused(browser: Browser, shop: Shop) -> None:
    shop.set_page(seen_page(shop, consent="pending"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue")
        visit.page.evaluate("shop.setProvider({consent: 'denied'})")
        visit.page.evaluate("shop.setProvider({consent: 'granted'})")
        visit.wait_told(0)


@pytest.mark.parametrize(
    "agent", [AGENT.replace("Chrome", "HeadlessChrome"), f"{AGENT} Googlebot/2.1"]
)
def test_robots_get_control(browser: Browser, shop: Shop, agent: str) -> None:
    shop.set_page(shop.said("switch"))
    with visiting(browser, shop, user_agent=agent) as visit:
        visit.open()
        visit.wait_shown("control")
        visit.wait_told(0)
    assert shop.asked() == []


def test_a_robot_is_not_exposed_to_what_a_server_shows(browser: Browser, shop: Shop) -> None:
    shop.set_page(seen_page(shop))
    with visiting(browser, shop, user_agent=f"{AGENT} Googlebot/2.1") as visit:
        visit.open()
        visit.wait_shown("blue")
        visit.wait_told(0)


def test_the_trackers_queue_takes_the_events(browser: Browser, shop: Shop) -> None:
    shop.set_page(shop.said("switch", "hook", provider={"visitorId": None}), head=TRACKER)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue,blue")
        visit.page.evaluate("trackConversion(9)")
        visit.page.wait_for_function("queue.length === 2")
        queue = visit.page.evaluate("queue")
        visit.wait_told(0)
    assert queue[0] == ["Exposure", TEST, {"phase": 1, "variant_id": "blue"}]
    assert queue[1][:2] == ["Conversion", TEST]
    assert queue[1][2]["value"] == 9


def test_the_real_trackers_queue_takes_the_events(browser: Browser, shop: Shop) -> None:
    """Its module says what the hooks call; an exposure that came before it is told once too."""
    tag = (
        f"<script defer src={shop.site.url}/tracker.js data-store={STORE} data-key=spk_t"
        " data-experiments></script>"
    )
    shop.set_page(seen_page(shop), head=tag)
    with visiting(browser, shop) as visit:
        visit.context.add_cookies([{"name": "sp_visitor", "value": VISITOR, "url": shop.site.url}])
        visit.open()
        visit.wait_shown("blue")
        visit.page.wait_for_function("() => window.storepulse?.tell")
        visit.page.evaluate("trackConversion({value: '49.90', currency: 'EUR'})")
        # What waits in the tracker's queue leaves with the page.
        visit.page.goto(f"{shop.site.url}/page?next")
        # Two connections: the events may come in either order.
        told = {"Exposure", "Conversion"}
        wait_until(lambda: told <= {one["event_type"] for one in shop.told()}, "the events")
        exposure, conversion = (
            next(one for one in shop.told() if one["event_type"] == kind)
            for kind in ("Exposure", "Conversion")
        )
    assert (exposure["test_id"], exposure["variant_id"]) == (TEST, "blue")
    assert conversion["test_id"] == TEST
    assert (conversion["value"], conversion["currency"]) == ("49.90", "EUR")
    assert conversion["visitor_id"] == exposure["visitor_id"] == VISITOR
    by_tracker = [
        one for one in shop.site.requests if one.method == "POST" and "sent_at" in one.path
    ]
    assert "Conversion" in [
        event.get("event_type") for one in by_tracker for event in events_of(one.json)
    ]


def test_storage_may_be_blocked(browser: Browser, shop: Shop) -> None:
    throw = "{get() { throw new DOMException('blocked', 'SecurityError') }}"
    shop.set_page(shop.said("switch", provider={"visitorId": None}))
    with visiting(browser, shop) as visit:
        visit.page.add_init_script(
            f"Object.defineProperty(window, 'sessionStorage', {throw});"
            f"Object.defineProperty(window, 'localStorage', {throw});"
            f"Object.defineProperty(document, 'cookie', {throw})"
        )
        visit.open()
        visit.wait_shown("blue")
        (told,) = visit.wait_told(1)
    assert f"visitor_id={told['visitor_id']}" in shop.asked()[0]


@pytest.mark.parametrize("test_id", ["", "nonsense", "../../active/x", None, 7, {"a": 1}])
def test_what_is_no_test_is_control(browser: Browser, shop: Shop, test_id: Any) -> None:
    said = shop.said("switch", "variants", "hook") | {"testId": test_id}
    shop.set_page(said)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control,control,control")
        visit.page.evaluate("trackConversion(1); trackMetric('m', 1)")
        visit.wait_told(0)
    assert shop.asked() == []


def test_a_new_phase_changes_nothing_that_is_shown(browser: Browser, shop: Shop) -> None:
    shop.set_page(shop.said("remounted", "hook"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("blue,blue")
        shop.gateway.variant = shop.gateway.variant | {"variant_id": "red", "phase": 2}
        visit.page.click("button")
        visit.wait_shown("blue")
        visit.page.click("button")
        visit.wait_shown("blue,blue")
        visit.wait_told(1)
    assert len(shop.asked()) == 1


def test_a_page_prepared_in_advance_tells_when_it_is_seen(browser: Browser, shop: Shop) -> None:
    shop.set_page(seen_page(shop))
    with visiting(browser, shop) as visit:
        visit.page.add_init_script(
            "Object.defineProperty(document, 'prerendering', {get: () => !window.isSeen})"
        )
        visit.open()
        visit.wait_shown("blue")
        visit.wait_told(0)
        visit.page.evaluate(
            "isSeen = true; document.dispatchEvent(new Event('prerenderingchange'))"
        )
        visit.wait_told(1)


def test_a_list_exposes_nobody(browser: Browser, shop: Shop) -> None:
    shop.gateway.active = [{"test_id": TEST, "variants": []}, {"nonsense": 1}]
    shop.set_page(shop.said("list", "list"))
    with visiting(browser, shop) as visit:
        visit.open()
        visit.page.wait_for_function("document.body.innerText.includes('1 true')")
        visit.wait_told(0)
    lists = [one.path for one in shop.site.requests if "/active/" in one.path]
    assert len(lists) == 1
    assert "pageType=product" in lists[0]


def test_an_answer_that_is_late_has_no_effect_on_later_parts(browser: Browser, shop: Shop) -> None:
    go = threading.Event()
    shop.gateway.wait = lambda: go.wait(20)
    shop.set_page(shop.said("remounted"), is_patient=False)
    with visiting(browser, shop) as visit:
        visit.open()
        visit.wait_shown("control")
        go.set()
        visit.page.click("button")
        visit.wait_shown("")
        visit.page.click("button")
        visit.wait_shown("control")
        visit.wait_told(0)
        assert set(visit.seen()) == {"control"}
