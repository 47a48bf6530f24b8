"""Usage: meters with their limits and forecasts, days, stores, closed months with adjustments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, expect
from tests.console.opened import Opened, OpenPage
from tests.console.stack import HOSTILE, ConsoleStack, store_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(600)
MINUS = "\u2212"


def used(stack: ConsoleStack, meter: str = "event", store: str = "") -> int:
    answer = stack.read(f"/api/usage/{store or store_id()}")
    return next((int(Decimal(one["sum"])) for one in answer["meters"] if one["meter"] == meter), 0)


def figure(opened: Opened, meter: str) -> Locator:
    return opened.page.locator(f"[data-figure={meter}]")


def put(stack: ConsoleStack, path: str, body: dict[str, Any]) -> None:
    answer = httpx.put(stack.query + path, json=body, headers=stack.world.headers, timeout=20)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def planned(stack: ConsoleStack) -> Iterator[ConsoleStack]:
    """The hostile store has a plan: of its events all but one are left under the hard limit."""
    store = store_id(HOSTILE)
    wait_until(lambda: used(stack, store=store) > 0, "the store's usage", seconds=60)
    hard = used(stack, store=store)
    put(stack, "/api/plans/console-tests", {"limits": {
        "event": {"soft": "1", "hard": str(hard)}, "order": {"hard": "1000000"},
    }})  # fmt: skip
    put(stack, f"/api/stores/{store}/plan", {"plan": "console-tests"})
    yield stack
    put(stack, f"/api/stores/{store}/plan", {"plan": None})


def test_meters_days_and_stores_are_those_of_the_api(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    opened = open_page("/usage")
    page = opened.page
    expect(figure(opened, "event").locator("[data-value]")).to_have_text(f"{used(stack):,}")
    meters = page.get_by_role("table", name="All meters")
    for meter, name in (("event", "Events"), ("order", "Orders")):
        one = meters.locator(f"[data-row={meter}]")
        expect(one).to_contain_text(name)
        expect(one.locator("[data-column=used] > div")).to_have_text(f"{used(stack, meter):,}")
    # Chosen by keyboard, a meter is in the chart; its days are the API's, as a table.
    choose = page.get_by_role("button", name="Show Events in the chart")
    choose.focus()
    page.keyboard.press("Enter")
    expect(choose).to_have_attribute("aria-pressed", "true")
    assert "m=event" in page.url
    today = datetime.now(UTC).date()
    month = today.replace(day=1)
    days = stack.read(
        f"/api/usage/{store_id()}/days", meter="event", from_=str(month),
        to=str(today + timedelta(days=1)),
    )["data"]  # fmt: skip
    assert days
    page.get_by_role("button", name="Show \u201cEvents by day\u201d as a table").click()
    table = page.get_by_role("region", name="Events by day, as a table")
    for day in days:
        expect(table).to_contain_text(f"{int(Decimal(day['sum'])):,}")
    expect(table.get_by_role("row")).to_have_count(today.day + 1)
    for domain in (HOSTILE,):
        other = page.locator(f"[data-store='{store_id(domain)}']")
        expect(other).to_contain_text(f"{used(stack, store=store_id(domain)):,}")
    plan = stack.read(f"/api/usage/{store_id()}/limits")["data"]
    for limit in plan["limits"]:
        expect(figure(opened, limit["meter"])).to_contain_text("of")
    expect(page.get_by_role("main")).to_contain_text(f"Plan \u201c{plan['plan']}\u201d")


def test_a_limit_that_is_reached_is_said_in_words(
    open_page: OpenPage, planned: ConsoleStack
) -> None:
    opened = open_page("/usage", store=HOSTILE)
    hard = used(planned, store=store_id(HOSTILE))
    expect(figure(opened, "event")).to_contain_text(f"100% of {hard:,}")
    expect(figure(opened, "event")).to_contain_text("limit reached")
    banner = opened.page.get_by_text(f"Events have reached the plan\u2019s {hard:,}.")
    expect(banner).to_be_visible()
    expect(opened.page.get_by_role("main")).to_contain_text("are refused with 402 until")
    expect(opened.page.get_by_role("main")).to_contain_text("Plan \u201cconsole-tests\u201d")
    expect(figure(opened, "order")).to_contain_text("of 1.00m")


def test_a_closed_month_and_what_came_late(open_page: OpenPage, stack: ConsoleStack) -> None:
    """The month before is closed by hand, and one event of it comes late."""
    store = store_id(HOSTILE)
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month, last = f"{first - timedelta(days=1):%Y-%m}", first - timedelta(days=2)
    with stack.world.connect() as connection:
        connection.execute(
            "INSERT INTO usage_statements (store_id, period, closed_at, zone, starts_at, ends_at,"
            " events, digest, hash) VALUES (%s, %s, now(), 'UTC', %s, %s, 1, 'd', 'h1')"
            " ON CONFLICT DO NOTHING",
            [store, f"{month}-01", f"{month}-01", first],
        )
        connection.execute(
            "INSERT INTO usage_lines (store_id, period, for_period, meter, count, sum, max, last,"
            " last_at, last_id, max_change, last_change)"
            " VALUES (%s, %s, %s, 'sms', 1, 40, 40, 40, %s, gen_random_uuid(), 0, 0)"
            " ON CONFLICT DO NOTHING",
            [store, f"{month}-01", f"{month}-01", last],
        )
        connection.execute(
            "INSERT INTO usage_events (event_id, store_id, correlation_id, occurred_at,"
            " received_at, meter, quantity, source, consent_analytics, consent_marketing, is_bot,"
            " period, billed_period) VALUES (gen_random_uuid(), %s, 'c', %s, %s, 'sms', 2,"
            " 'server', 'unknown', 'unknown', false, %s, %s)",
            [store, last, last, f"{month}-01", first],
        )
    opened = open_page("/usage", store=HOSTILE)
    page = opened.page
    late = page.locator(f"[data-adjustment='{month} sms']")
    expect(late).to_contain_text("+2")
    expect(late).to_contain_text("1 event")
    earlier = page.get_by_role("table", name="Earlier months")
    expect(earlier.get_by_role("row")).to_have_count(2)
    page.get_by_role("combobox", name="Month").select_option(month)
    assert f"month={month}" in page.url
    expect(page.get_by_role("main")).to_contain_text("is closed: these figures are its statement")
    row = page.get_by_role("table", name="All meters").get_by_role("row").filter(has_text="sms")
    expect(row).to_contain_text("40")
    page.go_back()
    expect(late).to_be_visible()
