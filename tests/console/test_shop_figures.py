"""Carts, funnel, products, searches and sources: what stands on the screen is what the rows say."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.console.hostile import as_shown
from tests.console.opened import Opened, OpenPage
from tests.console.stack import HOSTILE, ConsoleStack, store_id

pytestmark = pytest.mark.timeout(240)


def days(stack: ConsoleStack) -> dict[str, Any]:
    """The week that pages show unless another is chosen."""
    today = datetime.now(UTC).date()
    return {
        "store_id": store_id(),
        "from_": str(today - timedelta(days=6)),
        "to": str(today + timedelta(days=1)),
    }


def counted(stack: ConsoleStack, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a statement about the store's last seven days, of people alone."""
    week = days(stack)
    with stack.world.connect() as connection:
        asked = {"store": week["store_id"], "start": week["from_"], "end": week["to"]}
        return connection.execute(statement.encode(), asked).fetchall()


def value_of(page: Page, figure: str) -> Locator:
    return page.locator(f"[data-figure={figure}] [data-value]")


def cells(page: Page, label: str, column: str) -> list[str]:
    """The texts of a table's column, top down."""
    rows = page.get_by_role("table", name=label, exact=True)
    expect(rows).not_to_have_attribute("aria-busy", "true")
    return [text.strip() for text in rows.locator(f"td[data-column={column}]").all_inner_texts()]


def sort_by(page: Page, name: str, direction: str) -> None:
    """Chooses a column until it is sorted this way."""
    head = page.get_by_role("columnheader", name=name, exact=True)
    for _ in range(2):
        head.get_by_role("button").click()
        if head.get_attribute("aria-sort") == direction:
            break
    expect(head).to_have_attribute("aria-sort", direction)


def search_of(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_figures_of_carts(stack: ConsoleStack, open_page: OpenPage) -> None:
    ((carts, generated, sessions),) = counted(
        stack,
        "SELECT count(*), count(generated_image_url), count(DISTINCT session_id)"
        "  FROM cart_tracking_events WHERE store_id = %(store)s AND NOT is_bot"
        "   AND occurred_at >= %(start)s::timestamptz AND occurred_at < %(end)s::timestamptz",
    )
    page = open_page("/carts").page
    expect(value_of(page, "carts")).to_have_text(f"{carts:,}")
    expect(value_of(page, "generated")).to_have_text(f"{generated:,}")
    expect(page.locator("[data-figure=carts]")).to_contain_text(f"by {sessions:,} sessions")
    answer = stack.read("/api/cart-tracking/analytics", **days(stack))["data"]
    first = answer["byProduct"][0]
    top = page.get_by_role("region", name="Products in carts").get_by_role("button").first
    expect(top).to_contain_text(first["productTitle"])
    expect(top).to_contain_text(f"{first['carts']:,}")

    page.get_by_role("button", name="From a generated image: how it is counted").click()
    definition = page.get_by_role("dialog", name="How “From a generated image” is counted")
    expect(definition).to_contain_text(f"{generated:,} ÷ {carts:,} = {generated / carts:.1%}")
    expect(definition).to_contain_text("GET /api/cart-tracking/analytics?storeId=")
    page.keyboard.press("Escape")
    expect(definition).to_have_count(0)


def test_the_list_of_carts_is_filtered_sorted_and_opened(
    stack: ConsoleStack, open_page: OpenPage
) -> None:
    page = open_page("/carts").page
    table = "Additions to carts"
    expect(page.get_by_role("table", name=table)).to_be_visible()
    sort_by(page, "Product", "descending")
    assert search_of(page)["sort"] == "-product"
    week = days(stack)
    listed = stack.read("/api/cart-tracking/events", **week, sort="product", order="desc", limit=50)
    titles = [row["productTitle"] or row["productId"] or "not named" for row in listed["data"]]
    assert cells(page, table, "product") == titles

    page.get_by_role("group", name="Filters").get_by_role("button", name="Image").click()
    page.get_by_role("option", name="From a generated image").click()
    filtered = stack.read("/api/cart-tracking/events", **week, image="generated", limit=1)
    expect(page.get_by_role("navigation", name="Pages of additions")).to_contain_text(
        f"of {filtered['total']:,} additions"
    )
    assert set(cells(page, table, "image")) == {"generated"}

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    journey = page.get_by_role("complementary", name="Journey")
    expect(journey.get_by_role("list", name="Steps")).to_contain_text("Put in the cart")
    opened = search_of(page)["row"]
    page.keyboard.press("Escape")
    expect(journey).to_have_count(0)
    expect(page.locator(f'[data-opener="{opened}"]')).to_be_focused()
    page.go_back()
    expect(journey).to_be_visible()


def test_carts_of_a_person_stay_out_of_the_address(
    stack: ConsoleStack, open_page: OpenPage
) -> None:
    rows = stack.read("/api/cart-tracking/events", **days(stack), limit=500)["data"]
    email = next(row["customerEmail"] for row in rows if row["customerEmail"])
    page = open_page("/carts").page
    page.get_by_role("button", name="Customer or session").click()
    page.get_by_label("E-mail address or session id").fill(email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Clear customer or session")).to_be_visible()
    own = sum(row["customerEmail"] == email for row in rows)
    expect(page.get_by_role("navigation", name="Pages of additions")).to_contain_text(
        f"of {own:,} additions"
    )
    assert "%40" not in page.url
    assert "@" not in page.url


def test_the_export_has_what_the_list_shows(stack: ConsoleStack, open_page: OpenPage) -> None:
    opened = open_page("/carts?f.image=none")
    page = opened.page
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    told = list(csv.DictReader(io.StringIO(text, newline="")))
    listed = stack.read("/api/cart-tracking/events", **days(stack), image="none", limit=500)
    assert [row["eventId"] for row in told][: len(listed["data"])] == [
        row["eventId"] for row in listed["data"]
    ]
    assert len(told) == listed["total"]


def test_the_funnel_counts_the_sessions_of_the_rows(
    stack: ConsoleStack, open_page: OpenPage
) -> None:
    reached = [
        row[0]
        for row in counted(
            stack,
            "SELECT count(*) FILTER (WHERE steps & (2 << step) - 1 = (2 << step) - 1)"
            "  FROM sessions CROSS JOIN generate_series(0, 4) AS step"
            " WHERE store_id = %(store)s AND NOT is_bot AND day >= %(start)s::date"
            "   AND day < %(end)s::date GROUP BY step ORDER BY step",
        )
    ]
    page = open_page("/funnel").page
    steps = page.get_by_role("list", name="Steps of the funnel").get_by_role("listitem")
    expect(steps).to_have_count(5)
    shown = [text.replace(",", "") for text in steps.locator("[data-value]").all_inner_texts()]
    assert [int(text) for text in shown] == reached
    bought = f"{reached[4]:,} of {reached[0]:,} sessions bought: {reached[4] / reached[0]:.2%}"
    expect(page.locator("[data-headline]")).to_contain_text(bought)
    for place in range(1, 5):
        left = reached[place - 1] - reached[place]
        expect(steps.nth(place)).to_contain_text(f"\u2212{left:,} left")

    chart = page.get_by_role("img", name="Share of each day")
    chart.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("status").filter(has_text="not over yet")).to_be_visible()
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name="Conversion by day, as a table")
    series = stack.read("/api/analytics/funnel", **days(stack))["series"]
    for day in series:
        expect(table).to_contain_text(f"{day['conversion']:.2%}")
    page.get_by_role("main").get_by_role("link", name=re.compile("^all ")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Products")


def test_products_sort_search_and_lead_to_their_carts(
    stack: ConsoleStack, open_page: OpenPage
) -> None:
    page = open_page("/products").page
    week = days(stack)
    rows = counted(
        stack,
        "SELECT product_id, sum(views)::int, sum(adds)::int FROM activity_products_daily"
        " WHERE store_id = %(store)s AND NOT is_bot AND day >= %(start)s::date"
        "   AND day < %(end)s::date GROUP BY product_id"
        ' ORDER BY 2 DESC, product_id COLLATE "C" LIMIT 50',
    )
    assert cells(page, "Products", "views") == [f"{views:,}" for _, views, _ in rows]
    sort_by(page, "Views → cart", "ascending")
    listed = stack.read("/api/analytics/products", **week, sort="cart_rate", order="asc", limit=50)[
        "data"
    ]
    names = cells(page, "Products", "name")
    assert [name.split("\n")[0] for name in names] == [
        row["product_name"] or row["product_id"] for row in listed
    ]

    wanted = listed[-1]
    page.keyboard.press("/")
    page.keyboard.type(wanted["product_id"].upper())
    expect(page.get_by_role("row").filter(has_text=wanted["product_id"])).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages of products")).to_contain_text(
        "of 1 products"
    )
    assert search_of(page)["f.q"] == wanted["product_id"].upper()
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value(wanted["product_id"].upper())
    page.get_by_role("searchbox").fill("no such product")
    expect(page.get_by_text("No product matches")).to_be_visible()
    page.get_by_role("button", name="Clear all filters").click()
    page.get_by_role("link", name=wanted["product_name"] or wanted["product_id"]).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Carts")
    assert search_of(page)["f.product"] == wanted["product_id"]


def test_pages_of_searches_go_forth_and_back(stack: ConsoleStack, open_page: OpenPage) -> None:
    """The demo has few terms: the API gives them by five."""

    def cut(opened: Opened) -> None:
        opened.page.route(
            "**/api/analytics/searches*",
            lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=5")),
        )

    page = open_page("/searches", before=cut).page
    terms = [row["term"] for row in stack.read("/api/analytics/searches", **days(stack))["data"]]
    every = [as_shown(term) for term in terms]
    assert len(every) > 5
    expect(page.get_by_role("table", name="Searches")).to_be_visible()
    assert cells(page, "Searches", "name") == every[:5]
    pager = page.get_by_role("navigation", name="Pages of terms")
    pager.get_by_role("button", name="Next").click()
    expect(page.get_by_role("cell", name=every[5], exact=True)).to_be_visible()
    assert cells(page, "Searches", "name") == every[5:10]
    pager.get_by_role("button", name="Previous").click()
    expect(page.get_by_role("cell", name=every[0], exact=True)).to_be_visible()
    sort_by(page, "Term", "ascending")
    assert cells(page, "Searches", "name") == [as_shown(term) for term in sorted(terms)[:5]]
    total = stack.read("/api/analytics/searches", **days(stack))["totals"]
    expect(page.locator("[data-totals]")).to_contain_text(f"{total['searches']:,} searches")


def test_hostile_searches_and_products_are_text(open_page: OpenPage) -> None:
    for path, label, text in (
        ("/searches", "Searches", "<img src=x onerror"),
        ("/products", "Products", "<img src=x onerror"),
        ("/products", "Products", "[U+202E]"),
        ("/carts", "Additions to carts", "=1+1|cmd"),
    ):
        page = open_page(path, store=HOSTILE).page
        table = page.get_by_role("table", name=label, exact=True)
        expect(table).to_contain_text(text, ignore_case=True)
        expect(table.locator("img, script")).to_have_count(0)


def test_lists_of_sources_and_pages(stack: ConsoleStack, open_page: OpenPage) -> None:
    page = open_page("/sources").page
    week = days(stack)
    ((sessions, purchases),) = counted(
        stack,
        "SELECT count(*), count(*) FILTER (WHERE steps & 16 <> 0) FROM sessions"
        " WHERE store_id = %(store)s AND NOT is_bot AND day >= %(start)s::date"
        "   AND day < %(end)s::date",
    )
    expect(value_of(page, "sessions")).to_have_text(f"{sessions:,}")
    expect(page.locator("[data-figure=conversion]")).to_contain_text(
        f"{purchases:,} of {sessions:,}"
    )
    sort_by(page, "Bounces", "descending")
    listed = stack.read("/api/analytics/sources", **week, sort="bounce_rate", limit=50)["data"]
    assert [text.split(" ")[0] for text in cells(page, "Sources", "bounce_rate")] == [
        f"{100 * row['bounce_rate']:.1f}%" for row in listed
    ]
    page.get_by_role("radio", name="Pages").click()
    seen = stack.read("/api/analytics/pages", **week, limit=50)["data"]
    expect(page.get_by_role("table", name="Pages", exact=True)).to_be_visible()
    assert cells(page, "Pages", "views") == [f"{row['views']:,}" for row in seen]
    assert search_of(page)["list"] == "pages"
    page.get_by_role("radio", name="Pages").press("ArrowLeft")
    expect(page.get_by_role("radio", name="Countries")).to_be_focused()
