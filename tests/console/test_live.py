"""Live: events appear, stand still for who reads, open, are filtered, and go on after a break."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.console.opened import Opened, OpenPage
from tests.console.stack import STORE, ConsoleStack, store_id
from tests.console.watching import check_fits
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(480)
STREAM = "**/api/analytics/live*"
HOSTILE = "<img src=x onerror=__hostile('live')>\u202egnp"


def send(stack: ConsoleStack, status: int = 202, **fields: Any) -> None:
    """An event of the demo's first shop, through the gateway."""
    body = {
        "store_id": store_id(STORE),
        "session_id": f"s-{uuid4().hex[:12]}",
        "activity_type": "search",
    } | fields
    answer = httpx.post(
        f"{stack.gateway}/api/customer-activity",
        json=body,
        headers=stack.world.headers,
        timeout=20,
    )
    assert answer.status_code == status, answer.text


def rows(page: Page, text: str) -> Locator:
    """The rows of the list with a text."""
    return (
        page.get_by_role("table", name=re.compile("Events"))
        .get_by_role("row")
        .filter(has_text=text)
    )


def paused(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Paused")


def test_a_look_at_what_happens(open_page: OpenPage, stack: ConsoleStack) -> None:
    opened = open_page("/live")
    page = opened.page
    expect(page.get_by_text("events/s")).to_be_visible()
    mark = uuid4().hex[:8]
    send(stack, search_query=f"first {mark}")
    row = rows(page, f"first {mark}")
    expect(row).to_have_count(1)
    expect(row.get_by_role("img", name="Received, validated, applied")).to_be_visible()
    send(stack, 400, activity_type="add_to_cart", quantity=-7)
    expect(rows(page, "quantity = -7").first).to_contain_text("add_to_cart")
    # Text of events stays text, and what cannot be seen is written out.
    send(stack, search_query=f"{HOSTILE} {mark}")
    expect(rows(page, "[U+202E]").first).to_contain_text("<img src=x onerror=")
    pause_and_go_on(page, stack, mark)
    open_an_event(opened, mark)
    check_fits(page)


def pause_and_go_on(page: Page, stack: ConsoleStack, mark: str) -> None:
    """The list stands still on Space, and says what came meanwhile."""
    page.locator("body").click(position={"x": 700, "y": 20})
    page.keyboard.press("Space")
    expect(paused(page)).to_be_visible()
    for n in range(3):
        send(stack, search_query=f"while paused {n} {mark}")
    # Usage of our own work comes besides.
    newer = page.get_by_role("button", name=re.compile(r"show \d+ newer"))
    expect(newer).to_be_visible()
    wait_until(lambda: newer_count(newer) >= 3, "three newer ones", seconds=30)
    expect(rows(page, "while paused")).to_have_count(0)
    newer.click()
    expect(rows(page, f"while paused 2 {mark}")).to_have_count(1)
    expect(paused(page)).to_have_count(0)


def newer_count(newer: Locator) -> int:
    return int(re.findall(r"\d+", newer.inner_text())[0])


def open_an_event(opened: Opened, mark: str) -> None:
    """A chosen row pauses the list, stands in the address, and gives the focus back."""
    page = opened.page
    rows(page, f"first {mark}").get_by_role("link").click()
    pane = page.get_by_role("complementary", name="The event")
    expect(pane.get_by_role("heading", name="Applied")).to_be_visible()
    expect(pane).to_contain_text(f"first {mark}")
    expect(paused(page)).to_be_visible()
    assert "row=activity-" in page.url
    page.reload()
    expect(pane.get_by_role("heading", name="Validated")).to_be_visible()
    expect(rows(page, f"first {mark}")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(pane).to_have_count(0)
    expect(rows(page, f"first {mark}").get_by_role("link")).to_be_focused()
    assert "row=" not in page.url


def test_filters_stand_in_the_address(open_page: OpenPage, stack: ConsoleStack) -> None:
    mark = uuid4().hex[:8]
    page = open_page("/live").page
    page.get_by_role("radio", name="Rejected").click()
    expect(page).to_have_url(re.compile(r"f\.kind=rejected"))
    send(stack, search_query=f"good {mark}")
    send(stack, 400, activity_type="add_to_cart", quantity=mark)
    expect(rows(page, mark)).to_have_count(1)
    page.reload()
    expect(rows(page, mark)).to_have_count(1)
    expect(rows(page, f"good {mark}")).to_have_count(0)
    page.get_by_role("radio", name="All").click()
    expect(rows(page, f"good {mark}")).to_have_count(1)
    assert "f.kind" not in page.url


def test_it_goes_on_where_it_was_cut_off(open_page: OpenPage, stack: ConsoleStack) -> None:
    mark = uuid4().hex[:8]
    opened = open_page("/live")
    page = opened.page
    send(stack, search_query=f"before {mark}")
    expect(rows(page, f"before {mark}")).to_have_count(1)
    opened.watch.expected.add(503)

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/json", body="{}")

    page.route(STREAM, refuse)
    hide(page, True)  # the stream of a tab that nobody sees ends
    wait_until(lambda: readers(stack) == 0, "no reader", seconds=30)
    hide(page, False)
    waiting = page.get_by_role("status").filter(has_text="Not connected.")
    expect(waiting).to_contain_text("Trying again in")
    send(stack, search_query=f"meanwhile {mark}")
    expect(rows(page, f"before {mark}")).to_have_count(1)
    page.unroute(STREAM, refuse)
    waiting.get_by_role("button", name="Now").click()
    expect(rows(page, f"meanwhile {mark}")).to_have_count(1)
    expect(waiting).to_have_count(0)
    expect(rows(page, f"before {mark}")).to_have_count(1)
    expect(rows(page, "came while this page was not connected")).to_have_count(0)


def hide(page: Page, is_hidden: bool) -> None:
    """Lets the page believe that another tab is in front of it."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        "hidden" if is_hidden else "visible",
    )


def readers(stack: ConsoleStack) -> int:
    """How many streams the query service has open."""
    text = httpx.get(f"{stack.query}/metrics", headers=stack.world.headers, timeout=20).text
    (line,) = [one for one in text.splitlines() if one.startswith("storepulse_live_readers ")]
    return int(float(line.split()[1]))


def test_on_a_phone_an_event_has_a_page(open_page: OpenPage, stack: ConsoleStack) -> None:
    mark = uuid4().hex[:8]
    page = open_page("/live", width=360, theme="dark").page
    send(stack, search_query=f"phone {mark}")
    row = rows(page, f"phone {mark}")
    expect(row).to_have_count(1)
    check_fits(page)
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/live/activity-\d+-\d+"))
    expect(page.get_by_role("heading", name="Applied")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(f"phone {mark}")
    check_fits(page)
    page.get_by_role("link", name="Live", exact=True).first.click()
    expect(rows(page, f"phone {mark}")).to_have_count(1)


@pytest.mark.parametrize(
    "seconds", [12, pytest.param(600, marks=(pytest.mark.long, pytest.mark.timeout(900)))]
)
def test_it_does_not_grow(open_page: OpenPage, stack: ConsoleStack, seconds: int) -> None:
    """After the list is full, more events cost no more memory."""
    page = open_page("/live").page
    expect(page.get_by_text("events/s")).to_be_visible()
    number = flood(stack, lambda: shown_rows(page) >= 500, 0, seconds=60)
    before = size_of(page)
    deadline = time.monotonic() + seconds
    number = flood(stack, lambda: time.monotonic() > deadline, number, seconds=seconds + 30)
    expect(rows(page, f"flood {number - 1} ").first).to_be_visible(timeout=60_000)
    after = size_of(page)
    print(f"before {before}, after {after}, {number} events")
    assert shown_rows(page) <= 500
    assert after["nodes"] < before["nodes"] * 1.2 + 1_000
    assert after["bytes"] < before["bytes"] * 1.25 + 6_000_000


def flood(stack: ConsoleStack, is_enough: Callable[[], bool], number: int, seconds: float) -> int:
    """Sends small batches until it is enough; the number of the next event."""
    deadline = time.monotonic() + seconds
    while not is_enough():
        assert time.monotonic() < deadline, "too slow"
        events = [
            {
                "store_id": store_id(STORE),
                "session_id": "s-flood",
                "activity_type": "search",
                "search_query": f"flood {number + n} of many",
            }
            for n in range(20)
        ]
        answer = httpx.post(
            f"{stack.gateway}/api/customer-activity/batch",
            json={"events": events},
            headers=stack.world.headers,
            timeout=20,
        )
        assert answer.status_code == 202, answer.text
        number += len(events)
        time.sleep(0.2)
    return number


def shown_rows(page: Page) -> int:
    return page.locator("main [data-opener]").count()


def size_of(page: Page) -> dict[str, float]:
    """What the page holds after its garbage is taken out."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    session.detach()
    return {"bytes": metrics["JSHeapUsedSize"], "nodes": metrics["Nodes"]}
