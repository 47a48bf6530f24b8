"""Delivery: totals with their age, destinations with their breakers, single deliveries."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.console import hostile
from tests.console.opened import Opened, OpenPage
from tests.console.stack import ConsoleStack
from tests.support.waiting import wait_until

from storepulse.access import keys

pytestmark = pytest.mark.timeout(600)
DESTINATIONS = "/api/delivery/destinations"
#: What the pages write: for what is not known, and between the ends of a range.
DASH = "\u2013"


@pytest.fixture(scope="module")
def delivered(stack: ConsoleStack) -> ConsoleStack:
    """The stack, once one destination has everything and the other one's breaker is open."""
    wait_until(
        lambda: health(stack, "shop-crm")["waiting"]["events"] == 0, "all is sent", seconds=120
    )
    wait_until(lambda: health(stack, "shop-mail")["breaker"]["since"], "it is open", seconds=120)
    wait_until(lambda: health(stack, "shop-crm")["requests"]["p95"], "its speed", seconds=60)
    return stack


def health(stack: ConsoleStack, name: str) -> Any:
    return stack.read(f"{DESTINATIONS}/{name}")["data"]


def counts(stack: ConsoleStack) -> dict[tuple[str, str], int]:
    """(destination, status) -> deliveries, by the table itself."""
    with stack.world.connect() as connection:
        rows = connection.execute(
            "SELECT name, d.status, count(*)::int FROM deliveries AS d"
            " JOIN destinations USING (destination_id) GROUP BY 1, 2"
        ).fetchall()
    return {(name, status): count for name, status, count in rows}


def cell(opened: Opened, row: str, column: str) -> Any:
    return opened.page.locator(f"[data-row='{row}'] [data-column={column}] > div")


def figure(opened: Opened, name: str) -> Any:
    return opened.page.locator(f"[data-figure={name}] [data-value]")


def count_now(opened: Opened) -> dict[tuple[str, str], int]:
    """Lets the page count anew while nothing waits for the CRM; the counts that it agrees with.

    The gateway meters itself every few seconds, and its events are delivered, too.
    """
    found: dict[tuple[str, str], int] = {}

    def agrees() -> bool:
        found.clear()
        found.update(counts(opened.stack))
        if ("shop-crm", "pending") in found:
            return False
        with opened.page.expect_response(lambda answer: "refresh=true" in answer.url):
            opened.page.get_by_role("button", name="Count now").click()
        return all(
            figure(opened, status).inner_text()
            == f"{sum(count for (_, one), count in found.items() if one == status):,}"
            for status in ("pending", "sent")
        )

    wait_until(agrees, lambda: f"the counts of the table: {found}", pause=1.0)
    return found


def test_totals_and_destinations_are_those_of_the_table(
    open_page: OpenPage, delivered: ConsoleStack
) -> None:
    opened = open_page("/delivery")
    page = opened.page
    by_table = count_now(opened)
    expect(cell(opened, "shop-crm", "sent")).to_have_text(f"{by_table['shop-crm', 'sent']:,}")
    expect(cell(opened, "shop-crm", "pending")).to_have_text("0")
    expect(cell(opened, "shop-mail", "pending")).to_have_text(
        f"{by_table['shop-mail', 'pending']:,}"
    )
    expect(cell(opened, "shop-crm", "state")).to_have_text("active · closed")
    expect(cell(opened, "shop-crm", "p95")).to_contain_text("s")
    expect(cell(opened, "shop-mail", "p95")).to_have_text(DASH)

    # What is wrong is said in words, with its number and what it means.
    trouble = page.get_by_role("status", name="State of destinations")
    waiting = f"{by_table['shop-mail', 'pending']:,}"
    expect(trouble).to_contain_text(
        re.compile(
            "shop-mail has taken no request since .* UTC, so its breaker is open. "
            f"{waiting} events wait and none is lost; waiting uses up no retries."
        )
    )


def test_old_totals_are_marked_and_counted_anew(
    open_page: OpenPage, delivered: ConsoleStack
) -> None:
    asked: list[str] = []

    def age(opened: Opened) -> None:
        def answer(route: Route) -> None:
            asked.append(route.request.url)
            response = route.fetch()
            body = response.json()
            if "refresh" not in route.request.url:
                old = datetime.now(UTC) - timedelta(minutes=44)
                body["as_of"] = f"{old:%Y-%m-%dT%H:%M:%S}.000Z"
            route.fulfill(response=response, body=json.dumps(body))

        opened.page.route("**/api/delivery/stats*", answer)

    opened = open_page("/delivery", before=age)
    page = opened.page
    expect(page.locator("[data-age=old]")).to_contain_text("44 min old")
    expect(page.locator("[data-age=old] .text-warn").last).to_be_visible()
    page.get_by_role("button", name="Count now").click()
    expect(page.locator("[data-age=new]")).to_contain_text("s old")
    assert any("refresh=true" in url for url in asked)


def test_a_failing_destination_shows_retries_and_answers_by_keyboard(
    open_page: OpenPage, delivered: ConsoleStack
) -> None:
    opened = open_page("/delivery")
    page = opened.page
    expect(cell(opened, "shop-mail", "state")).to_contain_text(
        re.compile("open, probe (in [0-9:]+|due)|half open")
    )
    opener = page.locator("[data-opener=shop-mail]")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    assert "row=shop-mail" in page.url
    told = health(delivered, "shop-mail")
    request = told["oldest_request"]
    expect(page.get_by_role("img", name=f"{request['attempts']} attempts failed")).to_be_visible()
    attempts = page.get_by_role("list", name="Attempts of the oldest request")
    expect(attempts.get_by_role("listitem")).to_have_count(len(request["attempt_log"]))
    expect(attempts.get_by_role("listitem").first).to_contain_text("500")
    expect(attempts.get_by_role("listitem").first).to_contain_text(hostile.MARKUP)
    expect(page.get_by_role("img", name=re.compile("The breaker was open"))).to_be_visible()
    expect(page.get_by_text("every stream · no bots")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator("[data-opener=shop-crm]")).to_be_focused()
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_a_test_event_and_a_pause_that_is_taken_back(
    open_page: OpenPage, delivered: ConsoleStack
) -> None:
    opened = open_page("/delivery?row=shop-crm")
    page = opened.page
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_text(re.compile("A test event .* was taken with 200 in"))).to_be_visible()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(cell(opened, "shop-crm", "state")).to_have_text("paused")
    assert health(delivered, "shop-crm")["status"] == "paused"
    page.get_by_role("button", name="Undo").click()
    expect(cell(opened, "shop-crm", "state")).to_have_text("active · closed")
    page.locator("[data-opener=shop-mail]").click()
    page.get_by_role("button", name="Send a test event").click()
    refused = page.get_by_text(re.compile("A test event .* was not taken with 500"))
    expect(refused).to_contain_text(hostile.MARKUP)


def test_deliveries_are_filtered_sorted_and_opened(
    open_page: OpenPage, delivered: ConsoleStack
) -> None:
    opened = open_page("/delivery")
    page = opened.page
    pages = page.get_by_role("navigation", name="Pages of deliveries")
    expect(pages).to_contain_text(re.compile(f"1{DASH}50 of .* deliveries"))
    page.get_by_role("radio", name="Sent", exact=True).click()
    sent = counts(delivered)["shop-crm", "sent"]
    expect(pages).to_contain_text(f"1{DASH}50 of {sent:,} deliveries")
    page.get_by_role("columnheader", name="Received").get_by_role("button").click()
    answer = delivered.read("/api/delivery/events", status="sent", sort="received_at", limit=50)
    first = answer["data"][0]
    row = f"{first['event_id']}.{first['destination_id'][:8]}"
    expect(page.locator("[data-row]:has([data-column=received])").first).to_have_attribute(
        "data-row", row
    )
    pages.get_by_role("button", name="Next").click()
    expect(pages).to_contain_text(f"51{DASH}100 of {sent:,} deliveries")
    page.get_by_role("textbox", name="Event id").fill("no id")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_have_text("An event id is a UUID.")
    page.get_by_role("textbox", name="Event id").fill(first["event_id"])
    page.keyboard.press("Enter")
    expect(pages).to_contain_text(f"1{DASH}1 of 1 deliveries")
    page.locator(f"[data-opener='{row}']").click()
    attempts = page.get_by_role("list", name="Attempts of this delivery")
    expect(attempts.get_by_role("listitem")).to_have_count(1)
    expect(attempts).to_contain_text("200")
    page.get_by_role("radio", name="Failed").click()
    expect(page.get_by_text("No delivery matches these filters")).to_be_visible()
    page.get_by_role("button", name="Clear all filters").click()
    expect(pages).to_contain_text(re.compile(f"1{DASH}50 of .* deliveries"))


def test_on_a_phone_a_destination_has_its_own_page(
    open_page: OpenPage, delivered: ConsoleStack
) -> None:
    opened = open_page("/delivery", width=360)
    opened.page.locator("[data-opener=shop-mail]").click()
    expect(opened.heading).to_contain_text("shop-mail")
    expect(opened.page).to_have_url(re.compile("/delivery/shop-mail"))
    expect(opened.page.get_by_text("so its breaker is open")).to_be_visible()
    expect(opened.page.get_by_role("button", name="Close breaker, try now")).to_be_visible()
    expect(figure(opened, "p95")).to_have_text(DASH)
    unknown = open_page("/delivery/nobody")
    expect(unknown.page.get_by_role("alert")).to_contain_text("There is no destination")
    unknown.watch.expected.add(404)
    unknown.watch.faults[:] = [one for one in unknown.watch.faults if "404" not in one]


def test_who_may_only_read_is_told_why(delivered: ConsoleStack, browser: Browser) -> None:
    key = keys.new_key("secret")
    with delivered.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, delivered, key)
        page.goto(f"{delivered.console}/delivery?row=shop-crm")
        for name in ("Send a test event", "Pause"):
            button = page.get_by_role("button", name=name, exact=True)
            expect(button).to_have_attribute("aria-disabled", "true")
            expect(button).to_have_accessible_description(re.compile("scope “admin”"))
        page.get_by_role("button", name="Pause shop-crm").click(force=True)
        assert health(delivered, "shop-crm")["status"] == "active"
    finally:
        context.close()


def sign_in(page: Page, stack: ConsoleStack, key: str) -> None:
    page.goto(f"{stack.console}/sign-in")
    page.get_by_label("Secret key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/analytics/overview*")
