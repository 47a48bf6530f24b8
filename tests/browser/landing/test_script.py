"""The landing pages' script in Chromium, before a gateway that can be made to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route
from tests.support.browser import AGENT, Answer, Request, Site, built_file, chromium, page
from tests.support.waiting import wait_until

from storepulse.tracking import EventTracker, PixelInjector, TagManagerInjector

PATH = "/api/v1/landing-pages/events"
HTML = """<!doctype html><body>
<button class="cta-button" data-product-id="42" data-quantity="2"><b id="in">Buy</b></button>
<a id="away" data-cta="true" href="/away">Away</a>
"""
ACCEPTED = Answer(202, b"{}", {"access-control-allow-origin": "*"})


def refuse(status: int, **headers: str) -> Answer:
    allowed = {"access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After"}
    return Answer(status, b"{}", allowed | headers)


class Shop:
    """A shop with a landing page, its gateway, and a visitor's browser."""

    def __init__(self, context: BrowserContext, site: Site, gateway: Site) -> None:
        self.context, self.site, self.gateway = context, site, gateway
        #: What the gateway answers, first to last; then it accepts.
        self.answers: list[Answer] = []
        self.said: list[str] = []
        self.html = self.policy = ""

    def open(self, path: str = "/") -> Page:
        tab = self.context.new_page()
        tab.on("pageerror", lambda error: self.said.append(str(error)))
        tab.goto(self.site.url + path)
        return tab

    @property
    def bodies(self) -> list[bytes]:
        return [request.body for request in self.gateway.requests if request.method == "POST"]

    @property
    def events(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]

    def kinds(self) -> list[str]:
        return [event["event_type"] for event in self.events]

    def wait_for(self, count: int) -> list[Any]:
        wait_until(lambda: len(self.bodies) >= count, lambda: f"{count} requests: {self.kinds()}")
        return self.events


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--host-resolver-rules=MAP shop.example 127.0.0.1") as opened:
        yield opened


MakeShop = Callable[..., Any]


@pytest.fixture
def make_shop(browser: Browser) -> MakeShop:
    @contextmanager
    def make(**settings: Any) -> Iterator[Shop]:
        shop: Shop

        def serve_page(request: Request) -> Answer:
            policy = {"content-security-policy": shop.policy} if shop.policy else {}
            return Answer(204) if "favicon" in request.path else page(shop.html, policy)

        def take(request: Request) -> Answer:
            if request.method == "GET":
                return built_file(request.path) or Answer(404)
            return shop.answers.pop(0) if shop.answers else ACCEPTED

        context = browser.new_context(user_agent=AGENT)
        with Site(serve_page) as site, Site(take) as gateway:
            shop = Shop(context, site, gateway)
            tracker = EventTracker(gateway.url, "spk_test", **settings)
            shop.html = tracker.inject_tracking_script(HTML, "lp_1", "c_1")
            yield shop
            context.close()
        assert {request.method for request in gateway.requests} <= {"POST", "GET"}
        assert shop.said == []

    return make


def test_a_view_and_a_click_are_told(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        tab = shop.open()
        tab.click("#in")
        view, click = shop.wait_for(2)
        assert [view["event_type"], click["event_type"]] == ["PageView", "AddToCart"]
        assert click["event_data"] == {"product_id": "42", "quantity": 2}
        same = ("landing_page_id", "campaign_id", "session_id", "visitor_id", "view_id", "key")
        assert {name: view[name] for name in same} == {name: click[name] for name in same}
        assert (view["landing_page_id"], view["campaign_id"]) == ("lp_1", "c_1")
        assert view["key"] == "spk_test"
        assert view["event_id"] != click["event_id"]
        cookies = {cookie["name"]: cookie for cookie in shop.context.cookies()}
        assert cookies["sp_session"]["value"] == view["session_id"]
        assert cookies["sp_visitor"]["value"] == view["visitor_id"]
        assert cookies["sp_session"]["sameSite"] == "Lax"
        first = shop.gateway.requests[0]
        assert first.path.startswith(f"{PATH}?sent_at=")
        assert first.headers["content-type"] == "text/plain"


def test_two_copies_start_once(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.html += EventTracker(shop.gateway.url).generate_tracking_script("lp_2")
        tab = shop.open()
        tab.click("#in")
        shop.wait_for(2)
        assert sorted(shop.kinds()) == ["AddToCart", "PageView"]


def test_an_order_is_told_once_and_before_the_script_too(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        call = EventTracker(shop.gateway.url).generate_purchase_tracking_call("9.90", "EUR", "7")
        shop.html = f"<!doctype html><script>{call}</script>" + shop.html
        for views in (1, 2, 3):
            tab = shop.open()
            tab.evaluate("AAE_TRACKING.trackPurchase({value: 9.9, currency: 'EUR', order_id: 7})")
            shop.wait_for(views + 1)
        purchases = [event for event in shop.events if event["event_type"] == "Purchase"]
        assert len(purchases) == 1
        assert purchases[0]["idempotency_key"] == "purchase:7"
        assert "event_id" not in purchases[0]
        assert purchases[0]["event_data"] == {"value": 9.9, "currency": "EUR", "order_id": "7"}


@pytest.mark.parametrize("status", [402, 408, 429, 500, 503])
def test_what_may_pass_is_sent_again_byte_for_byte(make_shop: MakeShop, status: int) -> None:
    with make_shop() as shop:
        shop.answers = [refuse(status, **{"retry-after": "1"})]
        tab = shop.open()
        shop.wait_for(2)
        assert shop.bodies[0] == shop.bodies[1]
        wait_until(lambda: kept_keys(tab) == [], "nothing kept")


def test_what_is_refused_is_not_sent_again(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.answers = [refuse(400)]
        tab = shop.open()
        shop.wait_for(1)
        tab.click("#in")
        shop.wait_for(2)
        assert shop.kinds() == ["PageView", "AddToCart"]
        wait_until(lambda: kept_keys(tab) == [], "nothing kept")


def kept_keys(tab: Page) -> list[str]:
    found: list[str] = tab.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('sp.q.'))"
    )
    return found


def test_what_failed_goes_out_on_the_next_page(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.answers = [refuse(503, **{"retry-after": "3600"})]
        tab = shop.open()
        wait_until(lambda: len(kept_keys(tab)) == 1, "the view is kept")
        tab.close()
        shop.open()
        shop.wait_for(3)
        assert shop.bodies.count(shop.bodies[0]) == 2


TRACKER = (
    "<!doctype html><script defer src='{gateway}/tracker.js' data-store="
    "455ab1b8-00f7-5739-9f25-da83c77c9263 data-key=spk_test></script><body>Shop"
)


def test_the_tracker_sends_what_a_landing_page_kept(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.answers = [refuse(503, **{"retry-after": "3600"})]
        tab = shop.open()
        wait_until(lambda: len(kept_keys(tab)) == 1, "the view is kept")
        tab.close()
        shop.html = TRACKER.format(gateway=shop.gateway.url)
        tab = shop.open()
        shop.wait_for(2)
        wait_until(lambda: kept_keys(tab) == [], "nothing kept")
        again = [request for request in shop.gateway.requests if request.body == shop.bodies[0]]
        assert [request.path.partition("?")[0] for request in again] == [PATH, PATH]


def test_a_landing_page_sends_what_the_tracker_kept(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        landing, shop.html = shop.html, TRACKER.format(gateway=shop.gateway.url)
        shop.answers = [refuse(503, **{"retry-after": "3600"})]
        tab = shop.open()
        tab.evaluate("storepulse.purchase({order_id: 7, value: 9.9, currency: 'EUR'})")
        shop.wait_for(1)
        wait_until(lambda: len(kept_keys(tab)) >= 1, "the purchase is kept")
        tab.close()
        kept = shop.bodies[0]
        shop.html = landing
        tab = shop.open()
        wait_until(lambda: kept_keys(tab) == [], "nothing kept")
        again = [request for request in shop.gateway.requests if request.body == kept]
        assert {request.path.partition("?")[0] for request in again} == {
            "/api/customer-activity/batch"
        }
        assert len(again) == 2


def test_a_refusal_forgets_what_the_tracker_kept_too(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        tab = shop.open()
        shop.wait_for(1)
        tab.evaluate("localStorage['sp.q.01912d3c-5a7e-7c31-8a0e-2f6d3b1c9e40'] = 'api/x\\n{}'")
        tab.evaluate("AAE_TRACKING.consent('denied')")
        assert kept_keys(tab) == []


def test_a_click_that_leaves_is_told(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        tab = shop.open()
        tab.click("#away")
        wait_until(lambda: "AddToCart" in shop.kinds(), "the click")
        # Its answer may come too late for the page: then the next one repeats it, byte for byte.
        assert len({body for body in shop.bodies if b"AddToCart" in body}) == 1


def test_an_unanswered_event_outlives_its_page(make_shop: MakeShop) -> None:
    gone = threading.Event()
    with make_shop() as shop:
        shop.answers = [Answer(503, b"", {"access-control-allow-origin": "*"}, gone.wait)]
        tab = shop.open()
        shop.wait_for(1)
        tab.close()
        gone.set()
        shop.open()
        shop.wait_for(3)
        assert shop.bodies.count(shop.bodies[0]) == 2


def test_nothing_is_kept_or_sent_before_consent(make_shop: MakeShop) -> None:
    with make_shop(consent_required=True) as shop:
        tab = shop.open()
        tab.click("#in")
        tab.evaluate("AAE_TRACKING.trackPurchase({value: 1, currency: 'EUR', order_id: 'a'})")
        assert shop.context.cookies() == []
        assert tab.evaluate("localStorage.length") == 0
        assert shop.gateway.requests == []
        tab.evaluate("AAE_TRACKING.consent({ analytics: 'granted' })")
        shop.wait_for(3)
        assert sorted(shop.kinds()) == ["AddToCart", "PageView", "Purchase"]
        assert {event["consent"]["analytics"] for event in shop.events} == {"granted"}
        assert {event["consent"]["marketing"] for event in shop.events} == {"unknown"}


def test_a_refusal_forgets_everything(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.answers = [refuse(503, **{"retry-after": "3600"})]
        tab = shop.open()
        wait_until(lambda: len(kept_keys(tab)) == 1, "the view is kept")
        tab.evaluate("AAE_TRACKING.consent('denied')")
        assert [cookie["name"] for cookie in shop.context.cookies()] == ["sp_consent"]
        assert tab.evaluate("localStorage.length") == 0
        tab.click("#in")
        shop.open()
        tab.evaluate("AAE_TRACKING.trackPurchase({value: 1, currency: 'EUR', order_id: 'a'})")
        assert len(shop.gateway.requests) == 1


def test_the_pixel_waits_for_consent_and_gets_the_same_ids(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.html = PixelInjector("123").inject_pixel(shop.html)
        loaded: list[str] = []

        def keep(route: Any) -> None:
            loaded.append(route.request.url)
            route.fulfill(body="", content_type="text/javascript")

        shop.context.route("https://connect.facebook.net/**", keep)
        tab = shop.open()
        (view,) = shop.wait_for(1)
        told = "fbq.queue.filter(([verb]) => verb === 'track')"
        assert tab.evaluate(told) == []
        assert loaded == []
        tab.evaluate("AAE_TRACKING.consent('granted')")
        assert tab.evaluate(told) == [["track", "PageView", {}, {"eventID": view["event_id"]}]]
        wait_until(lambda: bool(tab.wait_for_timeout(20)) or loaded, "the pixel's program")


@pytest.mark.parametrize(
    "before",
    [
        "Object.prototype.polluted = 1",
        "crypto.randomUUID = undefined",
        "window.AAE_TRACKING = Object.freeze({})",
        "window.fetch = () => { throw new Error('no') }",
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })",
        "window.fbq = () => { throw new Error('no') }",
        "window.dataLayer = 3",
    ],
)
def test_no_page_gets_an_exception(make_shop: MakeShop, before: str) -> None:
    with make_shop() as shop:
        shop.html = f"<!doctype html><script>{before}</script>" + shop.html
        tab = shop.open()
        tab.click("#in")
        tab.evaluate("window.AAE_TRACKING?.consent?.('granted')")
        circle = "const a = {}; a.value = a; AAE_TRACKING.trackPurchase?.(a)"
        tab.evaluate(f"() => {{ {circle} }}")
        tab.evaluate("window.AAE_TRACKING.trackPurchase?.(null)")


def test_a_page_back_from_the_cache_is_a_view_of_the_same_session(make_shop: MakeShop) -> None:
    """What the browser does when it brings a page back; it keeps none where somebody drives it."""
    with make_shop() as shop:
        tab = shop.open()
        shop.wait_for(1)
        back = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: %s}))"
        tab.evaluate(back % "false")
        tab.evaluate(back % "true")
        first, second = shop.wait_for(2)
        tab.click("#in")
        click = shop.wait_for(3)[2]
        assert shop.kinds() == ["PageView", "PageView", "AddToCart"]
        assert first["session_id"] == second["session_id"]
        assert first["event_id"] != second["event_id"]
        assert first["view_id"] != second["view_id"] == click["view_id"]


def test_a_prerendered_page_is_told_of_when_it_is_seen(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        shop.context.add_init_script(
            "Object.defineProperty(document, 'prerendering', {get: () => !window.isSeen})"
        )
        tab = shop.open()
        tab.evaluate("AAE_TRACKING.trackPurchase")
        assert shop.context.cookies() == []
        assert tab.evaluate("localStorage.length") == 0
        assert shop.bodies == []
        tab.evaluate("isSeen = true; document.dispatchEvent(new Event('prerenderingchange'))")
        shop.wait_for(1)
        assert shop.kinds() == ["PageView"]


@pytest.mark.parametrize("is_obeyed", [True, False])
def test_do_not_track_counts_where_it_is_set(make_shop: MakeShop, is_obeyed: bool) -> None:
    with make_shop(obey_dnt=is_obeyed) as shop:
        shop.context.add_init_script(
            "Object.defineProperty(navigator, 'doNotTrack', {get: () => '1'})"
        )
        tab = shop.open()
        tab.click("#in")
        if not is_obeyed:
            shop.wait_for(2)
        tab.wait_for_load_state("networkidle")
        assert shop.kinds() == ([] if is_obeyed else ["PageView", "AddToCart"])
        assert bool(shop.context.cookies()) is not is_obeyed
        assert tab.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("is_obeyed", [True, False])
def test_global_privacy_control_denies_marketing_alone(
    make_shop: MakeShop, is_obeyed: bool
) -> None:
    with make_shop(obey_gpc=is_obeyed) as shop:
        shop.html = PixelInjector("123").inject_pixel(shop.html)
        shop.context.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})"
        )
        shop.context.route("https://connect.facebook.net/**", lambda route: route.fulfill(body=""))
        tab = shop.open()
        tab.evaluate("AAE_TRACKING.consent('granted')")
        tab.click("#in")
        view, click = shop.wait_for(2)
        assert view["consent"]["marketing"] == ("denied" if is_obeyed else "unknown")
        assert click["consent"] == {
            "analytics": "granted", "marketing": "denied" if is_obeyed else "granted",
        }  # fmt: skip
        told = tab.evaluate("fbq.queue.filter(([verb]) => verb === 'track').length")
        assert told == (0 if is_obeyed else 2)


@pytest.mark.parametrize(
    ("domain", "stored"),
    [("shop.localhost", ".shop.localhost"), ("other.example", "www.shop.localhost")],
)
def test_cookies_have_the_domain_that_the_browser_takes(
    make_shop: MakeShop, domain: str, stored: str
) -> None:
    with make_shop(cookie_domain=domain) as shop:
        tab = shop.context.new_page()
        tab.goto(shop.site.url.replace("127.0.0.1", "www.shop.localhost"))
        (view,) = shop.wait_for(1)
        cookies = {cookie["name"]: cookie for cookie in shop.context.cookies()}
        assert {cookie["domain"] for cookie in cookies.values()} == {stored}
        assert cookies["sp_visitor"]["value"] == view["visitor_id"]
        tab.evaluate("AAE_TRACKING.consent('denied')")
        assert [cookie["name"] for cookie in shop.context.cookies()] == ["sp_consent"]


def test_a_strict_policy_and_trusted_types_stop_nothing(make_shop: MakeShop) -> None:
    """The three injectors' scripts, where no text may become a script."""
    with make_shop() as shop:
        tracker = EventTracker(shop.gateway.url, "spk_test")
        html = tracker.inject_tracking_script(HTML, "lp_1", nonce="n")
        html = PixelInjector("123").inject_pixel(html, nonce="n")
        shop.html = TagManagerInjector("GTM-A1").inject_container(html, nonce="n")
        shop.policy = (
            "default-src 'none'; script-src 'nonce-n' 'strict-dynamic'; "
            f"connect-src {shop.gateway.url}; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        loaded: list[str] = []

        def keep(route: Route) -> None:
            loaded.append(route.request.url.partition("?")[0].rpartition("/")[2])
            route.fulfill(body="", content_type="text/javascript")

        shop.context.route("https://*/**", keep)
        tab = shop.open()
        tab.evaluate("AAE_TRACKING.consent('granted')")
        tab.click("#in")
        shop.wait_for(2)
        assert shop.kinds() == ["PageView", "AddToCart"]
        tab.wait_for_load_state("networkidle")
        # The vendors' own programs are addresses that only a policy of the page's may let through.
        assert loaded == []


def test_a_page_without_https_stays_silent(make_shop: MakeShop) -> None:
    with make_shop() as shop:
        tab = shop.context.new_page()
        tab.goto(shop.site.url.replace("127.0.0.1", "shop.example"))
        tab.click("#in")
        tab.evaluate("AAE_TRACKING.trackPurchase({value: 1, currency: 'EUR', order_id: 'a'})")
        tab.close()
        assert shop.gateway.requests == []
        assert shop.context.cookies() == []
