"""The same visit where something goes wrong: the network, the gateway, the tab, the page, consent.

What must be there is still what the script did, once each, with the times at which it was done.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.e2e import visited_shop as shop
from tests.e2e.visited_stack import VisitedStack, open_stack
from tests.support.browser import AGENT, Site, chromium
from tests.support.gateway_link import Fault, GatewayLink
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

#: A page that does to itself what pages do.
HOSTILE = """<script nonce="%s">
Object.prototype.extra = function () {}; Array.prototype.more = 1;
const first = fetch, push = history.pushState, replace = history.replaceState;
window.fetch = (...values) => first(...values).then((answer) => answer);
history.pushState = function (...values) { return push.apply(this, values); };
history.replaceState = function (...values) { return replace.apply(this, values); };
addEventListener("click", () => { throw new Error("of the page"); });
setTimeout(() => { throw new Error("of the page"); });
Promise.reject(new Error("of the page"));
</script>"""
#: A gateway that hangs may cost no navigation: times as long as without, in the same run.
MOST_SLOWER = 2.0
NAVIGATIONS = 12


class Opened(NamedTuple):
    """A shop with a profile, and the link between it and the gateway."""

    link: GatewayLink
    pages: shop.TrackedPages
    site: str
    context: BrowserContext


@pytest.fixture(scope="module")
def running(module_world: World) -> Iterator[VisitedStack]:
    with open_stack(module_world) as opened:
        yield opened


@pytest.fixture
def store(running: VisitedStack) -> VisitedStack:
    """A store that nothing has happened in."""
    return running.add_store()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(*shop.PERSON) as opened:
        yield opened


@contextmanager
def opened_shop(store: VisitedStack, browser: Browser, modules: str = "") -> Iterator[Opened]:
    with ExitStack() as stack:
        link = stack.enter_context(GatewayLink(store.gateway))
        pages = shop.TrackedPages(link.url, store.store, store.key, modules)
        site = stack.enter_context(Site(pages.serve))
        context = browser.new_context(user_agent=AGENT)
        stack.callback(context.close)
        yield Opened(link, pages, site.url, context)


def told_of(store: VisitedStack, count: int = len(shop.TOLD)) -> list[tuple[str, str, str]]:
    """Type or name, path, and path of the page before, of all rows, when so many are there."""
    rows = store.wait_for_activity(count)
    return [
        (row["name"] or row["type"], path_of(row["page_url"]), row["referrer"] and
         path_of(row["referrer"]))
        for row in rows
    ]  # fmt: skip


def names_of(store: VisitedStack) -> list[str]:
    return [name for name, *_ in told_of(store, 0)]


def path_of(address: str) -> str:
    return address if address == shop.REFERRER else "/" + address.split("/", 3)[3]


def settle(opened: Opened, site_path: str = "/quiet") -> Page:
    """Looks at one more page until nothing waits in the browser."""
    tab = opened.context.new_page()
    tab.goto(opened.site + site_path)
    shop.wait_started(tab)
    tab.evaluate("storepulse.consent({}); dispatchEvent(new Event('online'))")
    tab.wait_for_function(
        "!Object.keys(localStorage).some((key) => key.startsWith('sp.q.'))", timeout=60_000
    )
    return tab


QUIET = ("page_view", "/quiet", None)


def without_quiet(told: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [row for row in told if row[1] != QUIET[1]]


@pytest.mark.parametrize("kind", ["cut", "refusing", "hostile"])
def test_the_visit_is_whole(store: VisitedStack, browser: Browser, kind: str) -> None:
    check_whole(store, browser, kind)


def check_whole(store: VisitedStack, browser: Browser, kind: str) -> None:
    with opened_shop(store, browser) as opened:
        if kind == "hostile":
            opened.pages.head = HOSTILE % shop.NONCE
        noise: list[str] = []
        opened.context.on("weberror", lambda error: noise.append(error.error.message))

        def between(step: str) -> None:
            if kind == "cut":
                {"searched": lambda: opened.link.fail(Fault()), "bought": opened.link.heal}.get(
                    step, lambda: None
                )()
            elif kind == "refusing":
                refuse_at(opened.link, step)

        tab = shop.visit(opened.context, opened.site, between)
        shop.close(tab)
        settle(opened)
        failed = [one for one in opened.link.posts if one.status != 202]
    told = without_quiet(told_of(store, len(shop.TOLD) + 1))
    if kind == "cut":  # the reloaded page may tell of the order before what waits does
        told.sort(key=lambda row: row[0] == "purchase")
        expected = sorted(shop.TOLD, key=lambda row: row[0] == "purchase")
    else:
        expected = shop.TOLD
    assert told == expected, told
    assert bool(failed) == (kind != "hostile")
    assert set(noise) == ({"of the page"} if kind == "hostile" else set())
    orders = store.rows("SELECT order_id FROM orders WHERE store_id = %(store)s")
    assert orders == [("1001",)]
    check_bytes(opened.link)


def refuse_at(link: GatewayLink, step: str) -> None:
    if step == "landed":
        link.fail(Fault(503))
    elif step == "at the product":
        link.fail(Fault(429, {"Retry-After": "1"}))
    elif step == "reloaded":
        link.heal()


def check_bytes(link: GatewayLink) -> None:
    """What came again came in the same bytes; what was taken, and has no money, came once."""
    bodies: dict[str, set[bytes]] = {}
    taken: Counter[str] = Counter()
    for one in link.posts:
        for event in one.events:
            if (name := event.get("event_id")) is None:
                continue
            bodies.setdefault(name, set()).add(one.body)
            is_money = any(word in one.body for word in (b"_cart", b"_start", b"purchase"))
            taken[name] += one.status == 202 and not is_money
    assert [name for name, found in bodies.items() if len(found) > 1] == []
    assert [name for name, count in taken.items() if count > 1] == []


def test_a_click_before_the_end_comes_with_the_next_visit(
    store: VisitedStack, browser: Browser
) -> None:
    with opened_shop(store, browser) as opened:
        tab = shop.arrive(opened.context, opened.site)
        opened.link.fail(Fault())
        before = time.time()
        tab.click("#add")
        shop.close(tab)
        after = time.time()
        time.sleep(1.5)  # the time of sending must be another
        opened.link.heal()
        settle(opened)
    rows = store.wait_for_activity(3)
    (cart,) = [row for row in rows if row["type"] == "add_to_cart"]
    assert before <= cart["at"].timestamp() <= after
    assert cart["received_at"].timestamp() > after + 1


def test_three_tabs_send_what_waits_once(store: VisitedStack, browser: Browser) -> None:
    with opened_shop(store, browser) as opened:
        tabs = [opened.context.new_page() for _ in range(3)]
        opened.link.fail(Fault(503, {"Retry-After": "60"}))
        for place, tab in enumerate(tabs):
            before = len(opened.link.posts)
            tab.goto(f"{opened.site}/quiet")
            shop.wait_started(tab)
            tab.evaluate("storepulse.consent({})")
            wait_until(lambda seen=before: len(opened.link.posts) > seen, "a refusal", seconds=20)
            tab.wait_for_timeout(200)  # it reads the answer
            for step in range(3):
                tab.evaluate("name => storepulse.track(name)", f"t{place}{step}")
                tab.evaluate("dispatchEvent(new Event('pagehide'))")
        opened.link.heal()
        healed = len(opened.link.posts)
        for tab in tabs:
            tab.evaluate("setTimeout(() => dispatchEvent(new Event('online')), 20)")
        settle(opened)
        came = Counter(
            event["name"] for one in opened.link.posts[healed:] for event in one.events
            if event["activity_type"] == "custom" and one.status == 202
        )  # fmt: skip
    names = sorted(f"t{place}{step}" for place in range(3) for step in range(3))
    assert came == dict.fromkeys(names, 1), came
    assert sorted(name for name, path, _ in told_of(store, 13) if name[0] == "t") == names


def test_consent_that_comes_late_and_goes(store: VisitedStack, browser: Browser) -> None:
    with opened_shop(store, browser, f'{shop.MODULES} data-consent="required"') as opened:
        tab = opened.context.new_page()
        tab.goto(opened.site + "/early")
        tab.wait_for_function("!!window.storepulse?.version")
        tab.evaluate("storepulse.track('early'); dispatchEvent(new Event('pagehide'))")
        told = time.time()
        tab.wait_for_timeout(1_500)
        assert opened.link.posts == []
        assert opened.context.cookies() == []
        assert tab.evaluate("localStorage.length") == 0
        tab.evaluate("storepulse.consent('granted')")
        rows = store.wait_for_activity(2)
        assert [(row["name"] or row["type"]) for row in rows] == ["page_view", "early"]
        assert all(row["at"].timestamp() <= told for row in rows)
        assert {row["analytics"] for row in rows} == {"granted"}
        tab.evaluate("storepulse.track('dropped'); storepulse.consent('denied')")
        sent = len(opened.link.posts)
        tab.click("body")
        tab.goto(opened.site + "/denied")
        tab.wait_for_function("!!window.storepulse?.version")
        tab.evaluate("storepulse.track('denied'); dispatchEvent(new Event('pagehide'))")
        tab.wait_for_timeout(1_500)
        assert len(opened.link.posts) == sent
        assert {one["name"] for one in opened.context.cookies()} == {"sp_consent"}
        assert tab.evaluate("Object.keys(localStorage)") == []
        tab.evaluate("storepulse.consent('granted'); storepulse.track('again')")
        settle(opened)
    wait_until(lambda: "again" in names_of(store), lambda: str(names_of(store)), seconds=30)
    assert not {"dropped", "denied"} & set(names_of(store)), names_of(store)


@pytest.mark.parametrize("fault", [Fault(hangs=True), Fault()], ids=["hangs", "refuses"])
def test_no_navigation_waits_for_the_gateway(
    store: VisitedStack, browser: Browser, fault: Fault
) -> None:
    check_navigation(store, browser, fault)


def check_navigation(store: VisitedStack, browser: Browser, fault: Fault) -> None:
    with opened_shop(store, browser) as opened:
        tab = shop.arrive(opened.context, opened.site)
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * NAVIGATIONS):
            is_well = turn % 2 == 0
            if is_well:
                opened.link.heal()
            else:
                opened.link.fail(fault)
            tab.evaluate("storepulse.track('add_to_cart', {product_id: 'mug'})")
            began = time.monotonic()
            tab.goto(f"{opened.site}/page{turn}", wait_until="domcontentloaded")
            seconds[is_well].append(time.monotonic() - began)
    ratio = sorted(seconds[False])[NAVIGATIONS // 2] / sorted(seconds[True])[NAVIGATIONS // 2]
    print(f"navigation beside a failing gateway: {ratio:.2f} of the time")
    assert ratio < MOST_SLOWER, seconds
    wait_until(lambda: opened.link.posts, "requests")
