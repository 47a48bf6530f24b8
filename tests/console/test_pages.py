"""Every page of the list: it opens, stays, comes back, and says what is wrong when something is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.console import axe, faults
from tests.console.opened import Opened, OpenPage
from tests.console.pages import BUILT, PAGES, ConsolePage
from tests.console.stack import EMPTY, HOSTILE, ConsoleStack, store_id
from tests.console.watching import check_fits

pytestmark = pytest.mark.timeout(240)
SIZES = (1440, 360)
THEMES = ("light", "dark")


def shown(opened: Opened, page: ConsolePage) -> None:
    """Waits until the page is there, with its figure."""
    expect(opened.heading).to_contain_text(page.heading)
    if page.figure is not None:
        store = {} if page.of_all_stores or page.names_store else {"store_id": store_id()}
        answer = opened.stack.read(page.reads, **store, **page.parameters())
        expect(opened.page.get_by_role("main")).to_contain_text(page.figure(answer))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_it_is_entered_kept_and_left(open_page: OpenPage, page: ConsolePage) -> None:
    first = next(one for one in PAGES if one is not page)
    opened = open_page(first.path)
    expect(opened.heading).to_contain_text(first.heading)
    opened.enter(page.name)
    shown(opened, page)
    expect(opened.page).to_have_title(re.compile(re.escape(page.heading)))
    address = opened.page.url
    opened.page.reload()
    shown(opened, page)
    assert opened.page.url == address
    opened.page.go_back()
    expect(opened.heading).to_contain_text(first.heading)
    opened.page.go_forward()
    shown(opened, page)
    check_fits(opened.page)


@pytest.mark.parametrize("page", BUILT, ids=str)
def test_a_failing_api_fails_a_panel_and_not_the_page(
    open_page: OpenPage, page: ConsolePage
) -> None:
    opened = open_page("/overview" if page.path != "/overview" else "/live")
    with faults.failing(opened.watch, page.reads):
        opened.enter(page.name)
        expect(opened.heading).to_contain_text(page.heading)
        alert = opened.page.get_by_role("main").get_by_role("alert").first
        expect(alert).to_contain_text("failed-on-purpose")
        expect(alert).to_contain_text("DATABASE_UNAVAILABLE")
    alert.get_by_role("button", name="Try again").click()
    shown(opened, page)
    expect(opened.page.get_by_role("main").get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("page", BUILT, ids=str)
def test_a_slow_api_is_waited_for_without_a_jump(open_page: OpenPage, page: ConsolePage) -> None:
    opened = open_page("/overview" if page.path != "/overview" else "/live")
    with faults.slow(opened.page, page.reads) as held:
        opened.go(f"{page.path}{page.search}")
        expect(opened.heading).to_contain_text(page.heading)
        loading = opened.page.get_by_role("status", name="Loading").first
        expect(loading).to_be_visible()
        held.let_go()
        shown(opened, page)
    opened.watch.check_steady()


@pytest.mark.parametrize("page", [one for one in BUILT if not one.of_all_stores], ids=str)
def test_a_store_without_events_has_a_page_too(open_page: OpenPage, page: ConsolePage) -> None:
    opened = open_page(f"{page.path}{page.search}", store=EMPTY)
    expect(opened.heading).to_contain_text(page.heading)
    expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)
    expect(opened.page.get_by_role("main").get_by_role("alert")).to_have_count(0)
    check_fits(opened.page)


@pytest.mark.parametrize("page", BUILT, ids=str)
def test_hostile_texts_stay_texts(open_page: OpenPage, page: ConsolePage) -> None:
    for width in SIZES:
        opened = open_page(f"{page.path}{page.search}", store=HOSTILE, width=width)
        expect(opened.heading).to_contain_text(page.heading)
        expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)
        check_fits(opened.page)
        opened.watch.check()


@pytest.mark.long
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_everybody_can_use_it(
    open_page: OpenPage, page: ConsolePage, theme: str, width: int
) -> None:
    opened = open_page(f"{page.path}{page.search}", theme=theme, width=width)
    shown(opened, page)
    assert opened.page.evaluate("document.documentElement.dataset.theme") == theme
    assert axe.violations(opened.page) == []
    check_fits(opened.page)
    opened.watch.check_steady()


def test_the_stack_has_something_of_everything(stack: ConsoleStack) -> None:
    assert len(stack.read("/api/dead-letters")["data"]) >= 3
    assert stack.read("/api/cart-tracking/events", store_id=store_id())["data"]
    assert stack.read("/api/orders", store_id=store_id())["data"]
    assert stack.read("/api/analytics/users", store_id=store_id())["data"]
    assert stack.read("/api/analytics/users", store_id=store_id(HOSTILE))["data"]
    assert not stack.read("/api/customer-activity", store_id=store_id(EMPTY))["data"]
    stats = stack.read("/api/delivery/stats", refresh="true")
    assert stats
