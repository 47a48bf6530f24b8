"""Faults that people reported of other consoles, each tried on ours: tabs that are older than the
server, plain http, addresses that lead astray, translators, going back."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect
from tests.console import faults
from tests.console.opened import Opened, OpenPage
from tests.console.pages import PAGES
from tests.console.stack import EMPTY, STORE, store_id
from tests.console.watching import check_fits

pytestmark = pytest.mark.timeout(240)
#: Pages that are about a store.
OF_STORES = [page for page in PAGES if not page.of_all_stores and page.is_built]
#: As browsers without a secure context are: they keep the clipboard from scripts.
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"


def without_stores(opened: Opened) -> None:
    """As in an installation to which nobody has sent anything."""

    def answer(route: Route) -> None:
        found = route.fetch()
        body: dict[str, Any] = found.json()
        body["data"]["stores"] = []
        route.fulfill(response=found, body=json.dumps(body))

    opened.page.route("**/api/me", answer)


@pytest.mark.parametrize("page", [*OF_STORES, *PAGES[11:12]], ids=str)
def test_pages_about_a_store_wait_for_the_first(open_page: OpenPage, page: Any) -> None:
    opened = open_page(page.path, before=without_stores)
    expect(opened.heading).to_contain_text(page.heading)
    main = opened.page.get_by_role("main")
    if page.path != "/overview":  # it has the tag for the shop's pages
        expect(main).to_contain_text("There is no store yet")
        expect(main.get_by_role("link", name="Put the tag")).to_be_visible()
    expect(main.get_by_role("alert")).to_have_count(0)
    expect(opened.page.get_by_role("status", name="Loading")).to_have_count(0)


def test_the_first_store_fills_the_page_by_itself(open_page: OpenPage) -> None:
    opened = open_page("/carts", before=without_stores)
    main = opened.page.get_by_role("main")
    expect(main).to_contain_text("There is no store yet")
    opened.page.unroute("**/api/me")
    expect(main.locator("[data-figure=carts] [data-value]")).to_be_visible()


def test_an_address_with_another_store_says_whose_figures_these_are(open_page: OpenPage) -> None:
    for asked in ("gone.example", "<img src=x onerror=__hostile()>", "w" * 3_000):
        opened = open_page("/carts", store=asked, width=360)
        told = opened.page.get_by_role("status").filter(has_text="which this key does not see")
        expect(told).to_contain_text(asked[:100])
        check_fits(opened.page)
    opened = open_page("/carts", store=store_id())
    expect(opened.heading).to_contain_text("Carts")
    expect(opened.page.get_by_text("which this key does not see")).to_have_count(0)


@pytest.mark.parametrize("path", ["/carts", "/users", "/campaigns", "/products"])
def test_a_stray_place_in_a_list_leads_to_its_beginning(open_page: OpenPage, path: str) -> None:
    opened = open_page(f"{path}?cur=stray")
    opened.watch.expected.add(400)
    opened.page.get_by_role("button", name="Go to the first page").click()
    expect(opened.page.get_by_role("table").first).to_be_visible()
    assert "cur=" not in opened.page.url


def test_a_tab_that_is_older_than_the_console_is_loaded_anew(open_page: OpenPage) -> None:
    opened = open_page("/overview")
    expect(opened.heading).to_contain_text("Overview")
    opened.watch.expected.add(404)
    gone = "**/assets/funnel-*.js"
    opened.page.route(gone, lambda route: route.fulfill(status=404, body="gone"))
    opened.enter("Funnel")
    expect(opened.heading).to_contain_text("This page could not be shown")
    opened.page.unroute(gone)
    opened.page.get_by_role("button", name="Try again").click()
    expect(opened.heading).to_contain_text("Funnel")
    opened.watch.faults[:] = [one for one in opened.watch.faults if "dynamically" not in one]


def test_a_palette_that_is_gone_takes_no_page_with_it(open_page: OpenPage) -> None:
    opened = open_page("/overview")
    expect(opened.heading).to_contain_text("Overview")
    opened.watch.expected.add(404)
    opened.page.route("**/assets/palette-*.js", lambda one: one.fulfill(status=404, body="gone"))
    opened.page.keyboard.press("Control+k")
    expect(opened.page.get_by_text("The console has been updated")).to_be_visible()
    expect(opened.heading).to_contain_text("Overview")


def test_copying_works_over_plain_http(open_page: OpenPage) -> None:
    opened = open_page(
        "/settings?part=keys", before=lambda one: one.page.add_init_script(NO_CLIPBOARD)
    )
    page = opened.page
    page.evaluate(
        """() => document.addEventListener("copy", () => {
          window.__copied = document.activeElement.value ?? String(getSelection());
        })"""
    )
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Copied over http")
    dialog.get_by_role("button", name="Make key").click()
    secret = page.locator("[data-secret]").inner_text()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("Copied. Keep it where secrets are kept.")).to_be_visible()
    assert page.evaluate("window.__copied") == secret


def test_translators_leave_the_console_alone(open_page: OpenPage) -> None:
    opened = open_page("/overview")
    expect(opened.heading).to_contain_text("Overview")
    assert opened.page.evaluate("document.documentElement.translate") is False
    assert opened.page.locator("meta[name=google]").get_attribute("content") == "notranslate"


def test_going_back_brings_each_choice_back(open_page: OpenPage) -> None:
    opened = open_page("/carts")
    page = opened.page
    page.get_by_role("columnheader", name="Product", exact=True).get_by_role("button").click()
    page.wait_for_url("**sort=product*")
    page.keyboard.press("[")
    page.wait_for_url("**from=*")
    chosen = page.url
    opened.enter("Users")
    expect(opened.heading).to_contain_text("Users")
    assert "from=" in page.url
    assert "sort=" not in page.url
    page.go_back()
    expect(opened.heading).to_contain_text("Carts")
    assert page.url == chosen
    page.go_back()
    page.wait_for_url(lambda url: "from=" not in url)
    assert "sort=product" in page.url


def test_words_of_choices_stay_whole_on_a_phone(open_page: OpenPage) -> None:
    opened = open_page("/dead-letters", width=360)
    choices = opened.page.get_by_role("radio")
    expect(choices.first).to_be_visible()
    heights = choices.evaluate_all("all => all.map((one) => one.scrollHeight - one.clientHeight)")
    assert heights
    assert max(heights) <= 0


def test_an_addition_shows_when_it_happened(open_page: OpenPage) -> None:
    opened = open_page("/carts?p=28d")
    listed = opened.stack.read(
        "/api/cart-tracking/events", storeId=store_id(), limit=50, sort="created_at", order="desc"
    )["data"]
    times = opened.page.locator("td[data-column=time] time")
    expect(times.first).to_be_visible()
    shown = times.evaluate_all("all => all.map((one) => [one.dateTime, one.innerText])")
    assert [at for at, _ in shown] == [one["occurredAt"] for one in listed][: len(shown)]
    late = [text for _, text in shown if text.endswith("late")]
    assert late, "the demo tells of earlier days"


def test_no_destination_leads_to_making_one(open_page: OpenPage) -> None:
    def none(opened: Opened) -> None:
        def answer(route: Route) -> None:
            found = route.fetch()
            route.fulfill(response=found, body=json.dumps({**found.json(), "data": []}))

        opened.page.route("**/api/delivery/destinations", answer)

    opened = open_page("/delivery", before=none)
    opened.page.get_by_role("link", name="Add one under Settings").click()
    expect(opened.heading).to_contain_text("Settings")
    address = urlsplit(opened.page.url)
    assert "part=destinations" in address.query
    assert STORE in address.query


def test_who_is_known_by_campaigns_alone_has_no_count_of_events(open_page: OpenPage) -> None:
    opened = open_page("/users?sort=events")
    listed = opened.stack.read("/api/people", store_id=store_id(), sort="events", limit=50)["data"]
    cells = opened.page.locator("td[data-column=events]")
    expect(cells.first).to_be_visible()
    uncounted = [one for one in listed if one["events"] == 0]
    assert uncounted
    wanted = [f"{one['events']:,}" if one["events"] else "\u2013" for one in listed]
    expect(cells).to_have_text(wanted)


@pytest.mark.parametrize(
    ("path", "reads", "figure"),
    [
        ("/carts", "/api/cart-tracking/analytics", "carts"),
        ("/overview", "/api/analytics/overview", "visitors"),
        ("/campaigns", "/api/campaigns/stats", "people"),
    ],
)
def test_no_figure_of_the_store_before_stands_under_another(
    open_page: OpenPage, path: str, reads: str, figure: str
) -> None:
    opened = open_page(path)
    page = opened.page
    value = page.locator(f"[data-figure={figure}] [data-value]")
    expect(value).to_have_text(re.compile(r"^[1-9][0-9,]*$"))
    before = value.inner_text()
    with faults.slow(page, reads):
        page.keyboard.press("s")
        page.get_by_role("option", name="Nothing yet").click()
        page.wait_for_url(f"**store={EMPTY}*")
        expect(page.get_by_text(before, exact=True)).to_have_count(0)
