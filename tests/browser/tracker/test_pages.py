"""Which page views are counted, with which address and referrer."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Route
from tests.support.tracked_shop import Visit, flush


def views_of(visit: Visit, page: Page, count: int) -> list[dict[str, Any]]:
    """The page views so far; their number must be exactly this."""
    page.evaluate("new Promise((done) => setTimeout(done, 20))")
    flush(page)
    found = visit.gateway.wait_for(count, "page_view")
    assert len(found) == count, [view["page_url"] for view in found]
    return found


def test_a_page_is_viewed_once_with_its_address_title_and_referrer(visit: Visit) -> None:
    page = visit.context.new_page()
    page.goto(visit.shop.url + "/first?a=1#part", referer="https://search.example/find")
    (view,) = views_of(visit, page, 1)
    assert view["page_url"] == visit.shop.url + "/first?a=1"
    assert view["referrer"] == "https://search.example/find"
    assert view["title"] == "/first?a=1"
    assert view["source"] == "tracker"
    assert (view["store_id"], view["consent"]["analytics"]) == ("store-1", "unknown")
    assert view["view_id"]
    assert view["session_id"]
    assert view["visitor_id"]


def test_single_page_apps(visit: Visit) -> None:
    page = visit.open("/a")
    steps = [
        "history.replaceState({}, '', '/a?filter=1')",  # a filter
        "history.replaceState({}, '', '/a?filter=1')",
        "history.pushState({}, '', '/b')",
        "history.pushState({}, '', '/b')",  # the same address
        "history.pushState({}, '', '/b?page=2')",
        "history.pushState({}, '', '/b?page=2#part')",  # a fragment
        "history.replaceState({}, '', '/c')",  # another path
        "history.pushState({}, '', '/gone'); history.replaceState({}, '', '/d')",  # a redirect
        "history.back()",
    ]
    for step in steps:
        page.evaluate(step)
        page.wait_for_timeout(30)
    views = views_of(visit, page, 6)
    url = visit.shop.url
    pages = [view["page_url"].removeprefix(url) for view in views]
    assert pages == ["/a", "/b", "/b?page=2", "/c", "/d", "/c"]
    before = [view["referrer"].removeprefix(url) for view in views]
    assert before == ["", "/a?filter=1", "/b", "/b?page=2", "/c", "/d"]
    assert len({view["view_id"] for view in views}) == 6
    assert len({view["session_id"] for view in views}) == 1


def test_the_title_is_that_of_the_new_page(visit: Visit) -> None:
    page = visit.open()
    page.evaluate("history.pushState({}, '', '/b'); document.title = 'New'")
    assert views_of(visit, page, 2)[1]["title"] == "New"


def test_routes_in_fragments(visit: Visit) -> None:
    visit.shop.head = visit.gateway.tag(hash=True)
    page = visit.open("/a")
    for step in ["location.hash = '#/x'", "history.pushState({}, '', '#/y')", "history.back()"]:
        page.evaluate(step)
        page.wait_for_timeout(50)
    views = views_of(visit, page, 4)
    assert [view["page_url"].removeprefix(visit.shop.url) for view in views] == [
        "/a", "/a#/x", "/a#/y", "/a#/x",
    ]  # fmt: skip


def test_fragments_are_no_pages_without_the_setting(visit: Visit) -> None:
    page = visit.open("/a")
    page.evaluate("location.hash = '#x'")
    page.wait_for_timeout(50)
    views_of(visit, page, 1)


def test_the_tag_may_stand_twice(visit: Visit) -> None:
    visit.shop.head = visit.gateway.tag() * 2
    page = visit.open()
    page.evaluate("history.pushState({}, '', '/b')")
    views_of(visit, page, 2)


def test_the_routers_own_exceptions_and_patches_work(visit: Visit) -> None:
    """A router that patched history before or after is called as before, once."""
    visit.shop.head = (
        "<script>calls = 0; const first = history.pushState.bind(history);"
        "history.pushState = (...v) => { calls++; return first(...v); };</script>" + visit.shop.head
    )
    page = visit.open()
    page.evaluate(
        "{const ours = history.pushState; history.pushState = (...v) => ours.apply(history, v);}"
        "history.pushState({}, '', '/b')"
    )
    assert page.evaluate("calls") == 1
    views_of(visit, page, 2)
    thrown = page.evaluate(
        "try { history.pushState({}, '', 'https://other.example/'); } catch (e) { e.name }"
    )
    assert thrown == "SecurityError"


def test_a_long_address_is_cut(visit: Visit) -> None:
    page = visit.open("/a?" + "x" * 3000)
    assert len(views_of(visit, page, 1)[0]["page_url"]) == 2048


def test_other_events_belong_to_the_view(visit: Visit) -> None:
    page = visit.open()
    page.evaluate("storepulse.track('one'); history.pushState({}, '', '/b')")
    page.wait_for_timeout(30)
    page.evaluate("storepulse.track('two'); storepulse.page({title: 'By hand'})")
    views = views_of(visit, page, 3)
    ids = [view["view_id"] for view in views]
    assert views[2]["title"] == "By hand"
    assert [visit.gateway.wait_for(1, name)[0]["view_id"] for name in ("one", "two")] == ids[:2]


def test_the_overlays_token_stays_out_of_addresses(visit: Visit) -> None:
    loaded: list[str] = []

    def serve(route: Route) -> None:
        loaded.append(route.request.url)
        headers = {"access-control-allow-origin": "*"}
        route.fulfill(
            body="export const start = () => {}", headers=headers, content_type="text/javascript"
        )

    visit.context.route("**/tracker/overlay.*.js", serve)
    visit.shop.head = visit.gateway.tag(hash=True)
    page = visit.open("/a#/cart&storepulse_overlay=tok.en")
    page.evaluate("history.replaceState({}, '', '/a#/cart')")
    page.wait_for_timeout(30)
    (view,) = views_of(visit, page, 1)
    assert view["page_url"] == visit.shop.url + "/a#/cart"
    assert len(loaded) == 1
