"""A visit through the whole demo shop, chat included: every stream moves, and each figure that its
panel shows is what the API tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.support.browser import AGENT, chromium
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import home_key
from storepulse.query.demo_shop.figures import FIGURES

STREAMS = {"activity", "bot", "campaign", "cart", "experiment", "landing", "order", "usage"}
#: Robots see no variants and are not counted; this is for what outlives its page, too.
AS_A_PERSON = ("--disable-blink-features=AutomationControlled", f"--user-agent={AGENT}")
#: What a panel that is up to date shows of the visit.
EXPECTED = {
    "Visitors": "1",
    "Words searched for": "1",
    "Additions to a cart": "1",
    "Try-on pictures in a cart": "1 of 1",
    "Try-on pictures metered": "1",
    "Sessions that bought": "1 of 1",
    "Orders": "1",
    "Revenue": "129.0000 EUR",
    "Messages to and from the bot": "3",
    "Visits of the landing page": "1",
    "People that the campaign brought": "1",
}
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1440, "height": 1000}


@pytest.fixture
def shop(world: World) -> Iterator[Service]:
    """The query service with the shop, beside gateway and agents."""
    settings = world.settings.model_copy(update={"demo_shop_enabled": True})
    with ExitStack() as stack:
        for name in ("gateway", "agents"):
            stack.enter_context(running(name, settings))
        yield stack.enter_context(running("query", settings))


def journey(page: Page) -> dict[str, Any]:
    """What the shop's server tells its panel."""
    ask = "fetch('/demo/api/journey').then((found) => (found.ok ? found.json() : null))"
    told: dict[str, Any] | None = page.evaluate(ask)
    # A busy machine's answers may be late; the panel asks again, too.
    return told or {"events": [], "figures": []}


def test_a_visit_moves_every_stream(shop: Service) -> None:
    visit_and_refuse(shop)
    faults: list[str] = []
    with chromium(*AS_A_PERSON) as browser:
        page = browser.new_context(viewport=DESK).new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: None if "503" in line.text else faults.append(line.text))
        page.set_default_timeout(30_000)
        order = visit(page, shop.url)
        wait_until(
            lambda: {event["stream"] for event in journey(page)["events"]} >= STREAMS, "a stream"
        )
        # Events of the page that was left come with the next batch: until then figures move.
        wait_until(
            lambda: EXPECTED.items() <= figures_of(page, shop).items(),
            lambda: f"all figures; the right ones are {figures_of(page, shop)}",
            seconds=60,
        )
        events = journey(page)["events"]
        shown = figures_of(page, shop)
        page.get_by_role("tab", name="Figures").click()
        read = (
            "(found) => found.map((one) => [one.children[0].innerText, one.children[1].innerText])"
        )
        # The panel asks again by itself.
        wait_until(
            lambda: dict(page.eval_on_selector_all(".figures > div", read)) == shown,
            lambda: f"the panel's figures; they should be {shown}",
        )
    assert faults == []
    assert set(shown) == {figure.name for figure in FIGURES}
    assert int(shown["Clicks and hovers"]) > 0
    purchases = [event for event in events if event["type"] == "purchase"]
    assert [event["row"]["order_id"] for event in purchases] == [order]
    exposures = [event for event in events if event["stream"] == "experiment"]
    assert len(exposures) == 1


def visit(page: Page, url: str) -> str:
    """Through the shop, from the campaign's letter to the thank-you page; the order's number."""
    page.goto(f"{url}/demo/landing")
    page.get_by_text("Yes, measure").click()
    page.get_by_text("Ask for your coat").click()
    expect(page.locator(".bubble.bot").first).to_contain_text("Welcome")
    page.get_by_role("button", name="Something warm").click()
    expect(page.locator(".bubble-product")).to_contain_text("Fisher jumper")
    page.get_by_label("Close the chat").click()
    search = page.get_by_label("Search the shop")
    search.fill("wool")
    search.press("Enter")
    expect(search).not_to_be_focused()
    page.get_by_label("Clear the search").click()
    page.locator("[data-product=knit-rust]").click()
    page.get_by_role("button", name="Ada", exact=True).click()
    expect(page.get_by_text("Show the garment")).to_be_visible()
    page.get_by_role("button", name="Add to cart", exact=True).click()
    page.get_by_text("See the cart").click()
    page.get_by_text("To the checkout").click()
    page.get_by_label("E-mail").fill("robin@example.com")
    page.get_by_label("Name").fill("Robin Doe")
    page.get_by_label("Address").fill("1 Example Street")
    page.get_by_role("button", name="Pay €129.00").click()
    thanks = page.locator(".thanks .kicker")
    order = thanks.inner_text().split()[-1]
    page.reload()
    expect(thanks).to_contain_text(order)
    return order


def figures_of(page: Page, shop: Service) -> dict[str, str]:
    """The panel's figures that are what the API answers at the path beside them."""
    home = {"x-api-key": home_key(Path(shop.settings.home))}
    told = {figure.name: figure.told for figure in FIGURES}
    shown = journey(page)["figures"]
    with httpx.Client(base_url=shop.url, headers=home, timeout=30) as api:
        answers = {path: api.get(path).json() for path in {figure["api"] for figure in shown}}
    return {
        figure["name"]: figure["value"]
        for figure in shown
        if told[figure["name"]](answers[figure["api"]]) == figure["value"]
    }


def visit_and_refuse(shop: Service) -> None:
    """On a phone, by somebody who does not want to be measured."""
    sent: list[str] = []
    with chromium(*AS_A_PERSON) as browser:
        page = browser.new_context(viewport=PHONE).new_page()
        page.on("request", lambda call: sent.append(call.url))
        page.goto(f"{shop.url}/demo")
        page.get_by_role("button", name="No", exact=True).click()
        ratios = page.eval_on_selector_all(
            ".card img", "(found) => found.map((one) => [one.width, one.height, one.naturalWidth])"
        )
        assert len(ratios) == 12
        wide = {page.evaluate("document.documentElement.scrollWidth")}
        search = page.get_by_label("Search the shop")
        search.focus()
        page.mouse.wheel(0, 600)
        expect(search).not_to_be_focused()
        page.get_by_text("Ask us").click()
        page.get_by_role("button", name="Which size?").click()
        expect(page.locator(".bubble.bot").nth(1)).to_contain_text("Between two sizes")
        wide.add(page.evaluate("document.documentElement.scrollWidth"))
        assert journey(page) == {"events": [], "figures": []}
        assert page.context.cookies() == [
            cookie for cookie in page.context.cookies() if cookie["name"] == "sp_consent"
        ]
    assert wide == {360}
    of_gateway = [url for url in sent if "/api/" in url and "/demo/api/" not in url]
    assert of_gateway == []
