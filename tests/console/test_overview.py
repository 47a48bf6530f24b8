"""The overview: its figures are those of the API and of the rows, by keyboard as by mouse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.console.opened import OpenPage
from tests.console.pages import last_7_days
from tests.console.stack import STORE, ConsoleStack, store_id
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(240)
READS = "/api/analytics/overview"
#: Counted from the rows of events, without a rollup.
ROWS = {
    "visitors": """
        SELECT count(DISTINCT coalesce(visitor_id, 's:' || session_id))
          FROM (SELECT store_id, occurred_at, visitor_id, session_id FROM customer_activity
                 WHERE NOT is_bot AND NOT (coalesce(name, '') = 'cart_abandoned'
                                           AND source = 'server')
                UNION ALL
                SELECT store_id, occurred_at, visitor_id, session_id FROM landing_events
                 WHERE NOT is_bot) AS seen""",
    "carts": "SELECT count(*) FROM cart_tracking_events",
}


def counted(stack: ConsoleStack, what: str) -> int:
    """Over the last seven days of a store on UTC."""
    where = " WHERE store_id = %s AND occurred_at >= %s AND occurred_at < %s"
    bots = " AND NOT is_bot" if what == "carts" else ""
    with stack.world.connect() as connection:
        row = connection.execute(
            (ROWS[what] + where + bots).encode(),
            [store_id(), *last_7_days().values()],
        ).fetchone()
    assert row is not None
    return int(row[0])


def value(page: Page, figure: str) -> str:
    return page.locator(f"[data-figure={figure}] [data-value]").inner_text()


def test_figures_are_those_of_the_api_and_of_the_rows(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    page = open_page("/overview").page
    answer = stack.read(READS, store_id=store_id(), **last_7_days())
    totals = answer["totals"]
    assert totals["visitors"] == counted(stack, "visitors") > 0
    assert totals["carts"] == counted(stack, "carts") > 0
    expect(page.locator("[data-figure=visitors] [data-value]")).to_have_text(
        f"{totals['visitors']:,}"
    )
    assert value(page, "carts") == f"{totals['carts']:,}"
    assert value(page, "orders") == f"{totals['orders']:,}"
    main = totals["revenue"][0]
    assert value(page, "revenue").endswith(f"{Decimal(main['revenue']):,.2f}")
    conversion = page.locator("[data-figure=conversion]")
    expect(conversion).to_contain_text(
        f"{totals['bought_sessions']:,} of {totals['viewed_sessions']:,} sessions"
    )
    funnel = stack.read("/api/analytics/funnel", store_id=store_id(), **last_7_days())["data"]
    steps = page.get_by_role("list", name="Sessions by step").get_by_role("listitem")
    for number, step in enumerate(funnel):
        expect(steps.nth(number)).to_contain_text(f"{step['sessions']:,}")
    sources = stack.read("/api/analytics/sources", store_id=store_id(), limit=6, **last_7_days())
    listed = page.get_by_role("list", name="Sessions by where they came from")
    for one in sources["data"]:
        expect(listed).to_contain_text(one["source"] or "Direct")


def test_a_figure_is_put_into_the_chart_and_read_as_a_table_by_keyboard(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    opened = open_page("/overview")
    page = opened.page
    page.get_by_role("button", name="Show Carts in the chart").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("figure", name="Carts by day")).to_be_visible()
    page.get_by_role("radio", name="Day", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Hour", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    figure = page.get_by_role("figure", name="Carts by hour")
    expect(figure).to_be_visible()
    assert "m=carts" in page.url
    assert "b=hour" in page.url
    drawing = figure.get_by_role("img")
    drawing.focus()
    page.keyboard.press("Home")
    expect(figure.get_by_role("status")).to_contain_text("00:00\u201301:00")
    page.keyboard.press("Enter")
    rows = figure.get_by_role("row")
    answer = stack.read(READS, store_id=store_id(), bucket="hour", **last_7_days())
    expect(rows).not_to_have_count(1)
    shown = [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]
    begun = shown[: len(answer["series"])]
    assert [int(row[1].replace(",", "")) for row in begun] == [
        one["carts"] for one in answer["series"]
    ]
    assert sum(one["carts"] for one in answer["series"]) == answer["totals"]["carts"]
    page.go_back()
    expect(page.get_by_role("figure", name="Carts by day")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("figure", name="Visitors by day")).to_be_visible()


def test_each_figure_says_how_it_is_counted(open_page: OpenPage) -> None:
    page = open_page("/overview").page
    name = page.locator("[data-figure=conversion]").get_by_role("button").first
    name.focus()
    page.keyboard.press("Enter")
    definition = page.get_by_role("dialog", name="How “Conversion” is counted")
    expect(definition).to_contain_text("÷")
    expect(definition).to_contain_text("/api/analytics/overview?store_id=")
    expect(definition).to_contain_text("docs/numbers.md, “Funnel”")
    page.keyboard.press("Escape")
    expect(definition).to_have_count(0)
    expect(name).to_be_focused()


def test_the_ledger_adds_up_on_the_screen(open_page: OpenPage, stack: ConsoleStack) -> None:
    page = open_page("/overview").page
    ledger = page.get_by_role("region", name="Ledger")
    expect(ledger).to_contain_text("Accepted, 7 days")
    terms = [number_of(text) for text in ledger.locator("dd").all_inner_texts()]
    assert terms[4] == sum(terms[:4]) > 0
    with stack.world.connect() as connection:
        row = connection.execute(
            "SELECT sum(dead)::bigint FROM ledger_counts WHERE hour > now() - interval '7 days'"
        ).fetchone()
    assert row is not None
    assert terms[2] == row[0]
    open_letters = stack.read("/api/health/pipeline")["dead_letters"]["open"]
    expect(page.get_by_role("region", name="Checks")).to_contain_text(f"{open_letters} open")


def number_of(text: str) -> int:
    return 0 if text == "\u2013" else int(text.replace(",", ""))


def add_audit(stack: ConsoleStack, *findings: str) -> None:
    with stack.world.connect() as connection:
        connection.execute(
            "INSERT INTO audits (part, accepted, applied, duplicates, dead, in_flight, findings)"
            " VALUES ('tables', 9, 8, 0, 0, 0, %s)",
            [list(findings)],
        )


def test_a_sum_that_is_off_is_red_and_named_at_the_foot(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    add_audit(stack, "cart: the ledger holds 9 offsets and counts 8 as accepted <b>")
    page = open_page("/overview").page
    foot = page.get_by_role("link", name="The sum is off: 1 difference")
    expect(foot).to_be_visible()
    expect(page.get_by_role("region", name="Ledger")).to_contain_text("counts 8 as accepted <b>")
    add_audit(stack)
    page.reload()
    expect(page.get_by_role("link", name="All events accounted for")).to_be_visible()
    expect(page.get_by_role("region", name="Ledger")).to_contain_text("Adds up")


def test_a_store_without_events_waits_for_the_first_one(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    domain, headers = f"first-{uuid4().hex[:8]}.example", stack.world.headers
    path, body = f"{stack.query}/api/stores", {"domain": domain}
    made = httpx.post(path, json=body, headers=headers, timeout=20)
    assert made.status_code == 201, made.text
    store = made.json()["data"]["store_id"]
    page = open_page("/overview", store=domain).page
    waiting = page.get_by_role("status").filter(has_text="Waiting for the first event")
    expect(waiting).to_be_visible()
    tag = page.get_by_label("The tag")
    expect(tag).to_contain_text(store)
    page.get_by_role("button", name="Make the store\u2019s key").click()
    expect(tag).not_to_contain_text("…")
    said = dict(re.findall(r'(src|data-key)="([^"]*)"', tag.inner_text()))
    gateway = said["src"].removesuffix("/tracker.js")
    assert gateway == stack.gateway
    beacon = {
        "store_id": store, "session_id": "s-1", "visitor_id": "v-1", "activity_type": "page_view",
        "page_url": f"https://{domain}/",
    }  # fmt: skip
    sent = {"x-api-key": said["data-key"], "origin": f"https://{domain}"}
    wait_until(
        lambda: (
            httpx.post(
                f"{gateway}/api/customer-activity", json=beacon, timeout=20, headers=sent
            ).is_success
        ),
        "the gateway knows the key",
        seconds=20,
    )
    expect(waiting).to_have_count(0, timeout=60_000)
    expect(page.locator("[data-figure=visitors] [data-value]")).to_have_text("1", timeout=60_000)


def test_a_running_hour_is_said_and_the_period_before_stands_beside_it(
    open_page: OpenPage, stack: ConsoleStack
) -> None:
    page = open_page("/overview?b=hour").page
    figure = page.get_by_role("figure", name="Visitors by hour")
    expect(figure).to_contain_text("is not over:")
    expect(figure).to_contain_text(
        "of 60 min counted. Days and hours are UTC. Robots are left out."
    )
    answer: Any = stack.read(
        READS, store_id=store_id(), bucket="hour", compare="previous_period", **last_7_days()
    )
    earlier = answer["comparison"]
    assert datetime.fromisoformat(earlier["to"]) < datetime.fromisoformat(earlier["ends"])
    before = earlier["totals"]
    counts = (before[name] for name in ("visitors", "sessions", "carts", "orders", "purchases"))
    told = f"from {before['visitors']:,}" if any(counts) else "no earlier data"
    expect(page.locator("[data-figure=visitors]")).to_contain_text(told)
    assert datetime.now(UTC) - datetime.fromisoformat(answer["as_of"]) < timedelta(minutes=5)
    assert STORE in page.url
