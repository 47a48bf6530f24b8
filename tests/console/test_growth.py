"""Landing pages and Campaigns: figures as the tables have them, sorted lists, one entry alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.console.opened import Opened, OpenPage
from tests.console.stack import ConsoleStack, store_id

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Growth:
    """One of the two pages. `tables`: who came, and counts by hour. `counted`: figures of the strip
    with their column there."""

    path: str
    id_column: str
    came: tuple[str, str]
    hourly: str
    counted: dict[str, str]
    sold: str

    def __str__(self) -> str:
        return self.path.strip("/")


KINDS = (
    Growth(
        "/landing-pages", "landing_page_id", ("landing_sessions", "session_id"), "landing_hourly",
        {"clicks": "clicks"}, "purchases",
    ),
    Growth(
        "/campaigns", "campaign_id", ("campaign_people", "tracking_id"), "campaign_hourly",
        {"opens": "opens"}, "orders",
    ),
)  # fmt: skip


def value(stack: ConsoleStack, query: str, *parameters: Any) -> Any:
    with stack.world.connect() as connection:
        row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


def expected(stack: ConsoleStack, kind: Growth) -> dict[str, int]:
    """Figures of the store, added up over the rows. All of the stack's events are of this week."""
    table, who = kind.came
    store = store_id()
    found = {
        name: value(
            stack,
            f"SELECT sum({column})::int FROM {kind.hourly} WHERE store_id = %s AND NOT is_bot",
            store,
        )
        for name, column in kind.counted.items()
    }
    found["visits" if kind.sold == "purchases" else "people"] = value(
        stack,
        f"SELECT count(DISTINCT {who}) FROM {table} WHERE store_id = %s AND NOT is_bot",
        store,
    )
    found[kind.sold] = value(
        stack,
        f"SELECT (SELECT count(*) FROM orders WHERE store_id = %s AND {kind.id_column} IS NOT NULL"
        "          AND status IN ('paid', 'refunded') AND NOT is_bot)::int"
        f" + (SELECT sum(purchases) FROM {kind.hourly} WHERE store_id = %s AND NOT is_bot)::int",
        store, store,
    )  # fmt: skip
    return found


def figure(opened: Opened, name: str) -> Locator:
    return opened.page.locator(f"[data-figure={name}] [data-value]")


def ids(opened: Opened) -> list[str]:
    return opened.page.locator("[data-row]").evaluate_all(
        "rows => rows.map((row) => row.dataset.row)"
    )


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_figures_are_those_of_the_tables(
    open_page: OpenPage, stack: ConsoleStack, kind: Growth
) -> None:
    opened = open_page(kind.path)
    page = opened.page
    for name, count in expected(stack, kind).items():
        assert count > 0
        expect(figure(opened, name)).to_have_text(f"{count:,}")

    # The list is sorted by the keyboard, and the address keeps how.
    page.get_by_role("columnheader", name="Revenue").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Revenue")).to_have_attribute(
        "aria-sort", "descending"
    )
    assert "sort=-revenue" in page.url
    answer = stack.read(f"/api{kind.path}", store_id=store_id(), sort="-revenue")
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('[data-row]')]"
        ".map((row) => row.dataset.row)) === JSON.stringify(wanted)",
        arg=[row[kind.id_column] for row in answer["data"]],
    )

    # One entry alone, and back by the browser's own key.
    first = answer["data"][0]
    page.locator("[data-opener]").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"All {kind.path.strip('/').replace('-', ' ')}")).to_be_visible()
    expect(figure(opened, kind.sold)).to_have_text(f"{first[kind.sold]:,}")
    assert f"row={first[kind.id_column]}" in page.url
    page.go_back()
    expect(figure(opened, kind.sold)).to_have_text(f"{expected(stack, kind)[kind.sold]:,}")

    # The chart shows the figure that was chosen, and the same days as a table.
    page.get_by_role("button", name="Show Conversion in the chart").click()
    expect(page.get_by_role("figure")).to_contain_text("Conversion by day")
    page.get_by_role("img", name="Conversion by day").focus()
    page.keyboard.press("Enter")
    days = page.get_by_role("region", name="Conversion by day, as a table").get_by_role("row")
    expect(days).to_have_count(8)
    expect(days.last).to_contain_text("not over")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_earlier_period_is_drawn_day_beside_day(
    open_page: OpenPage, stack: ConsoleStack, kind: Growth
) -> None:
    today = datetime.now(UTC).date()
    first, end = today - timedelta(days=2), today + timedelta(days=1)
    before = stack.read(
        f"/api{kind.path}/stats", store_id=store_id(), from_=first - timedelta(days=3), to=first
    )["data"]
    came = "visits" if kind.sold == "purchases" else "people"
    # Of the few events of these days, one kind or another may be missing.
    measure = next(name for name in (*kind.counted, came) if before[name])
    told = {one["day"]: one[measure] for one in before["by_day"]}
    wanted = [told.get(str(first - timedelta(days=3 - day)), 0) for day in range(3)]
    assert sum(wanted) > 0
    opened = open_page(f"{kind.path}?m={measure}&from={first}&to={end}&c=previous_period")
    name = f"{measure.capitalize()} by day"
    opened.page.get_by_role("button", name=f"Show “{name}” as a table").click()
    rows = opened.page.get_by_role("region", name=f"{name}, as a table").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.locator("td:last-child")).to_have_text([f"{count:,}" for count in wanted])
