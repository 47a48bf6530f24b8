"""Pages that come back by the Back button, and pages that are made before they are seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.support.browser import AGENT, chromium
from tests.support.tracked_shop import Visit
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that keeps left pages, as people's do."""
    with chromium(ignore_default_args=["--disable-back-forward-cache"]) as program:
        yield program


def test_a_page_that_comes_back_is_a_new_view_of_the_same_session(visit: Visit) -> None:
    page = visit.open("/a")
    page.evaluate("kept = 1")
    page.goto(visit.shop.url + "/b")
    page.go_back(wait_until="commit")
    page.wait_for_function("window.kept")  # it is the page that was left
    page.evaluate("storepulse.consent({})")
    views = visit.gateway.wait_for(3, "page_view")
    assert [view["page_url"].removeprefix(visit.shop.url) for view in views] == ["/a", "/b", "/a"]
    assert len({view["session_id"] for view in views}) == 1
    assert len({view["view_id"] for view in views}) == 3


def test_denied_on_the_next_page_and_back(visit: Visit) -> None:
    page = visit.open("/a")
    page.evaluate("kept = 1; storepulse.track('before')")
    page.goto(visit.shop.url + "/b")
    page.wait_for_function("window.storepulse && storepulse.version")
    page.evaluate("storepulse.consent('denied')")
    sent = len(visit.gateway.posts)
    page.go_back(wait_until="commit")
    page.wait_for_function("window.kept")
    page.evaluate("storepulse.track('after'); dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(200)
    assert len(visit.gateway.posts) == sent
    assert set(visit.cookies()) == {"sp_consent"}


def test_a_page_that_is_made_early_is_viewed_when_it_is_seen(visit: Visit) -> None:
    """As a prerendered page is: Playwright's own pages never are."""
    visit.context.add_init_script(
        "Object.defineProperty(document, 'prerendering', {value: true, configurable: true});"
    )
    page = visit.open("/a")
    page.evaluate("storepulse.track('early'); dispatchEvent(new Event('pagehide'))")
    page.wait_for_timeout(200)
    assert visit.gateway.posts == []
    assert visit.cookies() == {}
    page.evaluate(
        "seen = Date.now();"
        "Object.defineProperty(document, 'prerendering', {value: false});"
        "document.dispatchEvent(new Event('prerenderingchange')); storepulse.consent({})"
    )
    view, early = visit.gateway.wait_for(2)
    assert (view["activity_type"], early["name"]) == ("page_view", "early")
    assert view["timestamp"] >= page.evaluate("seen")


@pytest.mark.long
def test_a_prerendered_page_in_a_real_browser(visit: Visit) -> None:
    """Speculation rules make the page early; it may tell of itself only once it is shown."""
    with chromium(ignore_default_args=["--disable-features=Prerender2"]) as plain:
        page = plain.new_context(user_agent=AGENT).new_page()
        visit.shop.body = (
            '<script type="speculationrules">{"prerender": [{"urls": ["/next"]}]}</script>'
            '<a href="/next">next</a>'
        )
        page.goto(visit.shop.url + "/a")
        wait_until(lambda: any(r.path == "/next" for r in visit.shop.requests), seconds=20)
        page.evaluate("storepulse.consent({})")
        visit.gateway.wait_for(1, "page_view")
        page.wait_for_timeout(500)
        assert not [e for e in visit.gateway.events() if e["page_url"].endswith("/next")]
