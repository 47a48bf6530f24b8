"""What stays in sight while a page is scrolled, what it remembers, and what a finger reaches."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.console.opened import OpenPage
from tests.console.stack import ConsoleStack, store_id
from tests.console.watching import check_fits

pytestmark = pytest.mark.timeout(240)
#: As wide as a small laptop's window, and as low: the bar may take two rows.
SIZES = ((1440, 500), (800, 500))
#: In which all of the demo's days lie.
LONG = "p=91d"


def top_of(target: Locator) -> float:
    top: float = target.evaluate("(one) => one.getBoundingClientRect().top")
    return top


def bottom_of(target: Locator) -> float:
    bottom: float = target.evaluate("(one) => one.getBoundingClientRect().bottom")
    return bottom


def bar(page: Page) -> Locator:
    return page.locator("main header").first


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_head_of_a_table_and_the_row_with_the_focus_stay_in_sight(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(f"/users?{LONG}").page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.locator("[data-row]").nth(30)).to_be_attached()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    head = page.locator("thead")
    assert top_of(head) >= bottom_of(bar(page)) - 1
    expect(head.get_by_role("button").first).to_be_in_viewport(ratio=1)
    page.locator("[data-opener]").last.focus()
    for key in ("k", "ArrowUp") * 14:
        page.keyboard.press(key)
        assert top_of(page.locator("tr:has(:focus)")) >= bottom_of(head) - 1
    before = page.evaluate("document.activeElement.dataset.opener")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.opener") != before


def test_the_pane_of_a_cart_opens_beside_what_is_looked_at(open_page: OpenPage) -> None:
    page = open_page(f"/carts?{LONG}").page
    row = page.locator("[data-opener]").last
    row.scroll_into_view_if_needed()
    row.click()
    pane = page.get_by_role("complementary", name="Journey")
    expect(pane.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    assert top_of(pane) >= bottom_of(bar(page)) - 1
    assert bottom_of(pane) <= page.evaluate("innerHeight") + 1
    page.set_viewport_size({"width": 360, "height": 780})
    page.wait_for_timeout(300)
    close = pane.get_by_role("button", name="Close")
    close.click(trial=True)  # nothing lies over it
    assert top_of(pane) >= bottom_of(bar(page)) - 1


def test_a_page_remembers_its_filters_and_a_list_its_order(open_page: OpenPage) -> None:
    opened = open_page(f"/users?{LONG}")
    page = opened.page
    page.get_by_role("radio", name="Shop").click()
    page.get_by_role("columnheader", name="Spent").get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=-spent"))
    page.locator("[data-opener]").first.click()
    expect(page).to_have_url(re.compile("/users/[^?]+"))
    opened.heading.get_by_role("link", name="Users").click()
    expect(page.get_by_role("radio", name="Shop")).to_have_attribute("aria-checked", "true")
    assert "sort=-spent" in page.url
    opened.enter("Carts")
    expect(opened.heading).to_contain_text("Carts")
    opened.enter("Users")
    expect(page.get_by_role("radio", name="Shop")).to_have_attribute("aria-checked", "true")
    opened.go(f"/users?{LONG}")
    spent = page.get_by_role("columnheader", name="Spent")
    expect(spent).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("radio", name="All")).to_have_attribute("aria-checked", "true")


@pytest.mark.parametrize("path", ["/overview", "/users", "/carts", "/landing-pages", "/funnel"])
def test_the_bar_of_a_phone_is_one_row(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=360).page
    expect(page.get_by_role("button", name="read the figures again")).to_be_visible()
    assert bottom_of(bar(page)) <= 57
    check_fits(page)
    letters = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Letters")
    expect(letters).to_have_accessible_description(re.compile("open"))


def test_a_tap_on_a_chart_keeps_its_value(open_page: OpenPage) -> None:
    page = open_page(f"/carts?{LONG}", width=360).page
    chart = page.get_by_role("img", name=re.compile("^Additions to carts by"))
    chart.scroll_into_view_if_needed()
    chart.tap()
    told = page.locator("figure [role=status]").filter(has_text="from an image")
    expect(told).to_be_visible()
    page.wait_for_timeout(300)
    expect(told).to_be_visible()


def test_an_id_leads_to_its_event_or_letter(open_page: OpenPage, stack: ConsoleStack) -> None:
    opened = open_page("/overview")
    page = opened.page
    opened.watch.expected.add(404)  # an event is no letter
    letter = stack.read("/api/dead-letters")["data"][0]["id"]
    expect(opened.heading).to_contain_text("Overview")
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search for a page, an action or an id").fill(letter)
    page.get_by_role("option", name="Dead letter").click()
    expect(page).to_have_url(re.compile(f"/dead-letters/{letter}"))
    event = stack.read("/api/delivery/events", store_id=store_id())["data"][0]["event_id"]
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search for a page, an action or an id").fill(event)
    page.get_by_role("option", name="Delivery of event").click()
    expect(page).to_have_url(re.compile(f"/delivery.*f.event={event}"))
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Make a key").click()
    expect(page.get_by_role("dialog")).to_contain_text("key")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "do=" not in page.url


def test_icons_alone_have_names_and_marks(open_page: OpenPage) -> None:
    page = open_page("/overview", width=900).page
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dead letters")
    expect(link).to_have_accessible_description(re.compile("open"))
    name = link.get_by_text("Dead letters")
    assert name.bounding_box()["width"] <= 1  # type: ignore[index]
    link.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(link).to_be_focused()
    assert name.bounding_box()["width"] > 40  # type: ignore[index]
    expect(page.get_by_text("⌘")).to_have_count(0)


def test_pages_of_all_stores_say_so(open_page: OpenPage) -> None:
    for path in ("/live", "/delivery", "/dead-letters"):
        expect(open_page(path).heading).to_contain_text("all stores")
    chosen = open_page(f"/dead-letters?f.store={store_id()}")
    expect(chosen.heading).not_to_contain_text("all stores")


def test_too_long_a_period_is_refused_before_it_is_asked_for(open_page: OpenPage) -> None:
    opened = open_page("/overview")
    page = opened.page
    expect(opened.heading).to_contain_text("Overview")
    page.keyboard.press("t")
    page.get_by_label("First day").fill("2020-01-01")
    expect(page.get_by_role("alert")).to_contain_text("A period has at most 400.")
    show = page.get_by_role("button", name="Show these days")
    expect(show).to_have_attribute("aria-disabled", "true")
