"""One visit of a shop with the whole tracker, from Chromium through the services to rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext
from tests.e2e import visited_shop as shop
from tests.e2e.visited_stack import VisitedStack, open_stack
from tests.support.browser import AGENT, Site, chromium
from tests.support.gateway_link import GatewayLink
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stack(module_world: World) -> Iterator[VisitedStack]:
    with open_stack(module_world) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Does not say that a program drives it: robots take part in no experiment."""
    with chromium(*shop.PERSON) as opened:
        yield opened


def test_a_visit_becomes_exactly_its_rows(stack: VisitedStack, browser: Browser) -> None:
    said: list[str] = []
    began = datetime.now(UTC)
    with ExitStack() as opened:
        link = opened.enter_context(GatewayLink(stack.gateway))
        pages = shop.TrackedPages(link.url, stack.store, stack.key)
        site = opened.enter_context(Site(pages.serve))
        context = browser.new_context(user_agent=AGENT)
        opened.callback(context.close)
        variant, who, pixel = make_visit(context, site.url, stack.test, said)
        ended = datetime.now(UTC)
        wait_until(lambda: len(vitals_of(link)) == 4, lambda: str(vitals_of(link)), seconds=20)
        failed = [one for one in link.exchanges if one.status not in (200, 202, 204, 304)]
        assert failed == [], failed
        assert said == [], said
        assert [one.path for one in link.exchanges if one.method == "OPTIONS"] == []
        assert {one.status for one in link.posts} == {202}
        assert [one.answer for one in link.posts if b'"rejected":[]' not in one.answer] == []
        told = [event["event_id"] for one in link.posts for event in one.events
                if event.get("name") != "web_vitals" and "event_id" in event]  # fmt: skip
        expose_again(stack, who)
    rows = stack.wait_for_activity(len(shop.TOLD) + 6)
    check_activity(rows, site.url, began, ended)
    check_heatmap(stack)
    check_order_and_session(stack, who, site.url)
    check_pixels(stack, pixel, rows)
    check_experiment(stack, variant)
    assert len(told) >= len(shop.TOLD)


def make_visit(
    context: BrowserContext, site: str, test: str, said: list[str]
) -> tuple[str, dict[str, Any], list[Any]]:
    """The visit; gives the variant, the ids in the cookies, and what Meta's pixel was told."""
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    found: dict[str, Any] = {}
    pixel: list[Any] = []

    def take(step: str) -> None:
        tab = context.pages[0]
        if step == "landed":
            found["variant"] = tab.evaluate("test => storepulse.variant(test)", test)
        if step in ("bought", "reloaded"):
            tab.wait_for_function("fbq.told?.some((call) => call[1] === 'Purchase')")
            pixel.append(tab.evaluate("fbq.told.find((call) => call[1] === 'Purchase')"))
            pixel.append(tab.evaluate("dataLayer.find((entry) => entry.event === 'purchase')"))

    tab = shop.visit(context, site, take)
    tab.evaluate("test => storepulse.convert(test, '9.90')", test)
    who = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    shop.close(tab)
    return found["variant"], who, pixel


def vitals_of(link: GatewayLink) -> list[dict[str, Any]]:
    events = [event for one in link.posts for event in one.events]
    return [event for event in events if event.get("name") == "web_vitals"]


def expose_again(stack: VisitedStack, who: dict[str, Any]) -> None:
    """A server asks for the same visitor's variant: it is the same exposure."""
    asked = {"visitor_id": who["sp_visitor"], "session_id": who["sp_session"], "key": stack.key}
    answer = httpx.get(f"{stack.gateway}/api/ab-testing/variant/{stack.test}", params=asked)
    assert answer.json()["data"]["exposed"] is True


def check_activity(rows: list[dict[str, Any]], site: str, began: datetime, ended: datetime) -> None:
    customs = [row["name"] for row in rows if row["type"] == "custom"]
    assert sorted(customs) == ["pixels_called"] * 2 + ["web_vitals"] * 4, customs
    told = [row for row in rows if row["type"] != "custom"]

    def address(path: str | None) -> str | None:
        return path if path is None or "://" in path else site + path

    came = [(row["type"], row["page_url"], row["referrer"]) for row in told]
    assert came == [(kind, address(path), address(before)) for kind, path, before in shop.TOLD], (
        came
    )
    assert all(began <= row["at"] <= ended for row in told)
    assert len({row["session_id"] for row in rows}) == len({row["visitor_id"] for row in rows}) == 1
    senders = {(row["source"], row["is_bot"]) for row in rows}
    assert senders == {("tracker", False)}, senders
    agreed = {(row["analytics"], row["marketing"]) for row in rows}
    assert agreed == {("granted", "granted")}, agreed
    by_type = {row["type"]: row for row in told}
    assert by_type["search"]["query"] == " Red Mug "
    cart = by_type["add_to_cart"]
    assert (cart["product_id"], cart["quantity"], cart["value"], cart["currency"]) == (
        "mug", 2, "49.9000", "EUR",
    )  # fmt: skip


def check_heatmap(stack: VisitedStack) -> None:
    """Per page, element: clicks, rage clicks, dead clicks."""
    clicked = {
        ("/", "button#help[type=\"button\"]"): (1, 0, 0),
        ("/", "p#words"): (3, 1, 3),
        ("/", "button#find[type=\"button\"]"): (1, 0, 0),
        ("/", "button#add.cta-button"): (1, 0, 0),
        ("/", "button#shoe[type=\"button\"]"): (1, 0, 0),
        ("/product/red-shoe", "a#checkout"): (1, 0, 0),
        ("/checkout", "a#buy"): (1, 0, 0),
    }  # fmt: skip
    wait_until(
        lambda: (
            {k: v for k, v in stack.elements().items() if v != (0, 0, 0)}
            == {k: v for k, v in clicked.items() if v != (0, 0, 0)}
        ),
        lambda: str(stack.elements()),
        seconds=30,
    )
    assert sum(stack.cells().values()) == 9
    assert stack.rests().get(("/", "p#words"), 0) >= 600
    assert stack.reaches() == [("/", 20), ("/product/red-shoe", 20)]


def check_order_and_session(stack: VisitedStack, who: dict[str, Any], site: str) -> None:
    order = stack.rows(
        "SELECT order_id, amount::text, currency, is_bot, session_id FROM orders"
        " WHERE store_id = %(store)s"
    )
    assert order == [("1001", "99.8000", "EUR", False, who["sp_session"])]
    lines = stack.rows(
        "SELECT product_id, units, revenue FROM order_lines WHERE store_id = %(store)s"
    )
    assert lines == [("mug", 2, Decimal("99.80"))], lines
    sessions = stack.rows(
        "SELECT session_id, visitor_id, pages, steps, utm_source, utm_campaign, source, entry_page"
        "  FROM sessions WHERE session_id <> '' AND store_id = %(store)s"
    )
    assert sessions == [(
        who["sp_session"], who["sp_visitor"], 5, 0b11101, "mail", "spring", "search.example", "/",
    )], sessions  # fmt: skip
    metrics = stack.rows("SELECT DISTINCT metric FROM web_vitals_daily WHERE store_id = %(store)s")
    assert {"CLS", "FCP", "LCP", "TTFB"} <= {name for (name,) in metrics}


def check_experiment(stack: VisitedStack, variant: str) -> None:
    kinds = stack.rows(
        "SELECT event_type, variant_id FROM experiment_events WHERE store_id = %(store)s"
        " ORDER BY event_type, received_at"
    )
    assert [kind for kind, _ in kinds] == ["Conversion", "Exposure"], kinds
    assert kinds[1] == ("Exposure", variant)
    counted = (
        "SELECT variant_id, sum(converters)::int FROM ab_metric_rollups"
        " WHERE test_id = %(test)s GROUP BY 1 HAVING sum(converters) > 0"
    )
    wait_until(
        lambda: stack.rows(counted) == [(variant, 1)],
        lambda: f"the conversion's row; there are {stack.rows(counted)}",
        seconds=30,
    )


def check_pixels(stack: VisitedStack, told: list[Any], rows: list[dict[str, Any]]) -> None:
    meta, google, *again = told
    assert (meta[3], google["event_id"]) == ({"eventID": "purchase:1001"}, "purchase:1001")
    assert again == [meta, google]
    called = [row["metadata"] for row in rows if row["name"] == "pixels_called"]
    assert called == [
        {
            "event": "purchase", "event_id": "purchase:1001", "order_id": "1001",
            "pixels": ["google", "meta"],
        }
    ] * 2  # fmt: skip
    answer = httpx.get(
        f"{stack.query_url}/api/analytics/pixels",
        params={"store_id": stack.store},
        headers=stack.headers,
    )
    found = answer.json()
    assert [found[name] for name in ("purchases", "meta", "google", "none")] == [1, 1, 1, 0], found


@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'nonce-{nonce}'; connect-src {gateway}",
        "script-src 'nonce-{nonce}' 'strict-dynamic'; connect-src {gateway}",
        "script-src 'nonce-{nonce}'; require-trusted-types-for 'script'; trusted-types 'none'",
    ],
)
def test_strict_policies_and_steady_pages(
    stack: VisitedStack, browser: Browser, policy: str
) -> None:
    """All modules of the real gateway: no message, no preflight, nothing on the page that moves."""
    said: list[str] = []
    asked: list[str] = []
    shown = policy.format(nonce=shop.NONCE, gateway=stack.gateway)
    pages = shop.TrackedPages(stack.gateway, str(uuid4()), stack.key)
    pages.headers = {"content-security-policy": shown}
    with Site(pages.serve) as site:
        context = browser.new_context(user_agent=AGENT)
        context.on("console", lambda message: said.append(message.text))
        context.on("weberror", lambda error: said.append(str(error.error)))
        context.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        tab = shop.arrive(context, site.url)
        tab.evaluate(
            "moved = []; new PerformanceObserver((list) => moved.push(...list.getEntries()))"
            ".observe({type: 'layout-shift', buffered: true})"
        )
        with tab.expect_response(lambda one: "customer-activity" in one.url) as answer:
            tab.click("#add")
        assert answer.value.status == 202
        with tab.expect_response(lambda one: "heatmap" in one.url) as answer:
            tab.click("#icon")
        assert answer.value.status == 202
        assert tab.evaluate("moved.length") == 0
        context.close()
    assert said == [], said
    assert [one for one in asked if one.startswith("OPTIONS")] == []
    loaded = {name for name in shop.MODULE_NAMES if any(f"/tracker/{name}." in a for a in asked)}
    assert loaded == set(shop.MODULE_NAMES)
