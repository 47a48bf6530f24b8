"""A Python page with all three injectors, from Chromium through the services to rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Route
from tests.support.browser import AGENT, Answer, Request, Site, chromium, page
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World
from tests.unit.docs.markdown import prose_and_code

DOCUMENT = Path(__file__).parents[2] / "docs" / "landing-pages.md"
NONCE = "bm9uY2U"
LANDING = """<!doctype html><html><head><title>Mugs</title></head><body>
<a class="cta-button" href="#" data-product-id="42" data-value="49.90" data-currency="EUR">
<b>Buy</b></a>
</body></html>"""
#: Stand-ins of the vendors' programs: they keep what they are told.
PIXEL = """
fbq.callMethod = (...values) => (window.__pixel ??= []).push(values);
for (const values of fbq.queue.splice(0)) fbq.callMethod(...values);
"""
ROWS = b"""
SELECT event_type, event_id::text, session_id, visitor_id, landing_page_id, campaign_id,
       value::text, currency, order_id, consent_analytics, source, is_bot
  FROM landing_events ORDER BY occurred_at, event_type
"""


def snippets(monkeypatch: pytest.MonkeyPatch, gateway: str) -> dict[str, Any]:
    """What the page of documentation defines."""
    monkeypatch.setenv("GATEWAY", gateway)
    monkeypatch.delenv("PUBLISHABLE_KEY", raising=False)
    _, blocks = prose_and_code(DOCUMENT.read_text())
    names: dict[str, Any] = {}
    for language, code in blocks:
        if language == "python":
            exec(compile(code, str(DOCUMENT), "exec"), names)  # noqa: S102
    return names


def answer_vendor(route: Route) -> None:
    is_pixel = "fbevents" in route.request.url
    route.fulfill(content_type="text/javascript", body=PIXEL if is_pixel else "window.__gtm = 1")


@pytest.mark.parametrize("dynamic", ["", " 'strict-dynamic'"])
def test_views_clicks_and_an_order_become_rows(
    world: World, services: dict[str, Service], monkeypatch: pytest.MonkeyPatch, dynamic: str
) -> None:
    gateway = services["gateway"].url
    page_of = snippets(monkeypatch, gateway)
    policy = {
        "content-security-policy": f"default-src 'none'; script-src 'nonce-{NONCE}'{dynamic};"
        f" connect-src {gateway}"
    }

    def serve(request: Request) -> Answer:
        if request.path == "/":
            return page(page_of["landing_page"](LANDING, NONCE), policy)
        if request.path == "/thanks":
            return page(page_of["thank_you_page"]("1001", "49.90", NONCE), policy)
        return Answer(204)

    said: list[str] = []
    with Site(serve) as site, chromium() as browser:
        context = browser.new_context(user_agent=AGENT)
        context.route("https://*/**", answer_vendor)
        told = visit(context, site, said)
    assert said == []
    check_rows(world, told)
    figures = httpx.get(
        f"{services['query'].url}/api/landing-pages/lp_123/stats", headers=world.headers
    ).json()["data"]
    assert (figures["purchases"], figures["revenue"]) == (
        1,
        [{"currency": "EUR", "purchases": 1, "revenue": "49.9000"}],
    )


def visit(context: BrowserContext, site: Site, said: list[str]) -> dict[str, list[Any]]:
    """Views, clicks and buys; gives what the vendors were told."""
    tab = context.new_page()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    told: dict[str, list[Any]] = {"pixel": [], "layer": []}

    def take() -> None:
        tab.wait_for_function("window.__pixel && window.__gtm")
        told["pixel"] += tab.evaluate("__pixel.filter(([verb]) => verb === 'track')")
        told["layer"] += tab.evaluate("dataLayer.filter((entry) => entry.event_id)")

    def settle() -> None:
        tab.wait_for_load_state("networkidle")

    tab.goto(site.url)
    tab.evaluate("AAE_TRACKING.consent('granted')")
    tab.click(".cta-button b")
    settle()
    take()
    for _ in range(3):
        tab.goto(f"{site.url}/thanks")
        settle()
        take()
    assert tab.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('sp.q.'))") == []
    return told


def check_rows(world: World, told: dict[str, list[Any]]) -> None:
    with world.connect() as connection:
        wait_until(lambda: len(connection.execute(ROWS).fetchall()) >= 6, "the rows")
        rows = connection.execute(ROWS).fetchall()
    kinds = [row[0] for row in rows]
    assert sorted(kinds) == ["AddToCart", *["PageView"] * 4, "Purchase"]
    assert len({row[2] for row in rows}) == len({row[3] for row in rows}) == 1
    assert {row[4:6] for row in rows} == {("lp_123", "camp_456")}
    assert {row[9] for row in rows[1:]} == {"granted"}
    assert {row[10:] for row in rows} == {("tracker", False)}
    (purchase,) = (row for row in rows if row[0] == "Purchase")
    assert purchase[6:9] == ("49.9000", "EUR", "1001")
    ids = sorted(row[1] if row[0] != "Purchase" else "purchase:1001" for row in rows)
    assert sorted(entry["event_id"] for entry in told["layer"]) == ids
    assert sorted(entry[3]["eventID"] for entry in told["pixel"]) == ids
