"""The heatmap on the live page, in Chromium, with the figures of the real services."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.overlay.conftest import CELLS, HOSTILE, OPENED, PATH, STYLE, Shop
from tests.support.browser import BUILT
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.access.overlays import make_link
from storepulse.adapters.secret_box import SecretBox

CANVAS = "[data-sp-ignore] canvas"
STATUS = "[role=status]"
#: Whether the canvas shows a colour at a point of the viewport, in CSS pixels.
SHOWS = """([x, y]) => {
  const canvas = document.querySelector("[data-sp-ignore]").shadowRoot.querySelector("canvas");
  const at = (value) => Math.round(value * devicePixelRatio);
  return canvas.getContext("2d").getImageData(at(x), at(y), 1, 1).data[3] > 0;
}"""
LAYOUTS = "LayoutCount"
STRICT = (
    "default-src 'none'; style-src 'nonce-n'; script-src 'nonce-n' 'strict-dynamic'; "
    "connect-src {gateway}; require-trusted-types-for 'script'; trusted-types 'none'"
)


def shows(tab: Page, cell: tuple[str, int, int, int], scrolled: float = 0) -> bool:
    """Whether the middle of a cell is coloured; the frame that draws it is waited for."""
    tab.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    width = tab.evaluate("innerWidth")
    return bool(tab.evaluate(SHOWS, [(cell[1] + 0.5) * width / 128, cell[2] * 16 + 8 - scrolled]))


def read(tab: Page) -> None:
    """Waits until figures are drawn."""
    expect(tab.locator(STATUS)).to_contain_text("UTC")


def asked(shop: Shop, **filters: str) -> Any:
    return httpx.get(
        f"{shop.gateway}/api/heatmap/{shop.store}", params={"page": PATH, **filters},
        headers=shop.world.headers,
    ).json()["data"]  # fmt: skip


def test_what_is_drawn_is_what_is_stored(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        clicks = [cell for cell in CELLS if cell[0] == "click"]
        canvas = tab.locator(CANVAS)
        expect(canvas).to_have_attribute("data-cells", str(len(clicks)))
        expect(canvas).to_have_attribute("data-events", str(sum(cell[3] for cell in clicks)))
        api = asked(shop, device="desktop", kind="click")
        assert sum(cell["events"] for cell in api["cells"]) == 45
        expect(tab.locator(STATUS)).to_contain_text("45 clicks, 3 rage, 5 dead")
        said = tab.locator("li").all_inner_texts()
        assert [text.split("\n")[1] for text in said] == [
            "40 clicks, 3 rage", "4 clicks, 4 dead", "1 click, 1 dead",
        ]  # fmt: skip
        assert len(said) == len(api["elements"])
        assert shows(tab, clicks[0])
        assert shows(tab, clicks[2])
        assert not shows(tab, ("click", 40, 6, 0))
        tab.get_by_text("Hovers").click()
        expect(canvas).to_have_attribute("data-events", "7")
        assert shows(tab, CELLS[3])
        assert not shows(tab, clicks[0])
        tab.get_by_label("Device").select_option("mobile")
        tab.get_by_text("Clicks", exact=True).click()
        expect(canvas).to_have_attribute("data-events", "2")
        tab.get_by_text("Scroll").click()
        tab.get_by_label("Device").select_option("desktop")
        expect(tab.locator(STATUS)).to_contain_text("4 views scrolled")
        reach = tab.locator("li").all_inner_texts()
        assert (reach[10], reach[11], reach[20]) == (
            "50 %: 4 views (100 %)", "55 %: 1 view (25 %)", "100 %: 1 view (25 %)",
        )  # fmt: skip
        assert len(reach) == len(api["scroll_reach"])


def test_the_picture_stays_on_a_tall_page_that_is_scrolled_and_resized(shop: Shop) -> None:
    with shop.open(shop.link(), device_scale_factor=2) as tab:
        read(tab)
        low = CELLS[1]
        tab.evaluate("scrollTo(0, 9200)")
        assert shows(tab, low, scrolled=9200)
        assert not shows(tab, CELLS[0], scrolled=9200 - 6 * 16)
        tab.set_viewport_size({"width": 700, "height": 500})
        tab.wait_for_function("document.querySelector('[data-sp-ignore]')")
        assert shows(tab, low, scrolled=tab.evaluate("scrollY"))
        assert tab.evaluate("document.documentElement.scrollWidth") == 700


def test_scrolling_lays_the_page_out_no_more_often(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        metrics = tab.context.new_cdp_session(tab)
        metrics.send("Performance.enable")

        def layouts() -> int:
            found = metrics.send("Performance.getMetrics")["metrics"]
            return int(next(one["value"] for one in found if one["name"] == LAYOUTS))

        def scroll() -> int:
            before = layouts()
            for step in range(20):
                tab.evaluate("(y) => scrollTo(0, y)", step * 100)
                tab.evaluate("() => new Promise(requestAnimationFrame)")
            return layouts() - before

        scroll()
        with_overlay = scroll()
        tab.get_by_label("Close").click()
        assert with_overlay <= scroll() + 20  # once a frame at most: never twice in one


def test_elements_are_found_again_by_keyboard(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        far = tab.get_by_role("button", name="#far")
        far.focus()
        tab.keyboard.press("Enter")
        tab.wait_for_function("scrollY > 5000")
        box = tab.locator("#far").bounding_box()
        assert box is not None
        tab.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert tab.evaluate(SHOWS, [box["x"] + 300, box["y"]])


def test_hostile_selectors_are_text(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        tab.on("dialog", lambda dialog: pytest.fail(dialog.message))
        row = tab.locator("li").nth(1)
        assert row.locator("bdi").inner_text() == HOSTILE.replace("\u202e", "U+202E")
        row.locator("button").click()
        expect(tab.locator(STATUS)).to_have_text("Not on the page now.")
        assert tab.locator("[data-sp-ignore] img").count() == 0


def test_the_token_leaves_the_address_and_stays_for_the_tab(shop: Shop) -> None:
    link = shop.link(PATH + "?colour=red")
    with shop.open(link) as tab:
        read(tab)
        assert tab.url == f"{shop.site.url}{PATH}?colour=red"
        assert tab.evaluate("modes") == ["closed"]
        tab.reload()
        read(tab)
        tab.get_by_label("Close").click()
        assert tab.locator("[data-sp-ignore]").count() == 0
        tab.reload()
        tab.evaluate("window.starting")
        assert tab.locator("[data-sp-ignore]").count() == 0
    token = link.partition("storepulse_overlay=")[2]
    assert not [one for one in shop.site.requests if token in one.path]
    with shop.open(shop.site.url + PATH) as tab:
        assert tab.locator("[data-sp-ignore]").count() == 0


def test_a_route_in_front_of_the_hash_stays(shop: Shop) -> None:
    with shop.open(shop.link(PATH + "#/colours")) as tab:
        read(tab)
        assert tab.url == f"{shop.site.url}{PATH}#/colours"


def test_another_page_of_the_same_tab_says_so(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        tab.evaluate("history.pushState({}, '', '/cart')")
        expect(tab.locator(STATUS)).to_have_text(f"This link is for the page {PATH}")
        expect(tab.locator(CANVAS)).to_have_attribute("data-cells", "0")
        assert tab.locator("li").count() == 0
        tab.go_back()
        read(tab)
        expect(tab.locator(CANVAS)).to_have_attribute("data-cells", "3")


def test_a_link_that_has_ended_says_so_and_is_forgotten(shop: Shop) -> None:
    with shop.world.connect() as connection:
        row = connection.execute(
            "SELECT key_id FROM api_keys WHERE key_hash = %s", [keys.hash_of(shop.world.key)]
        ).fetchone()
    assert row is not None
    box, past = SecretBox.of(shop.world.settings), datetime.now(UTC) - timedelta(seconds=61)
    url = make_link(box, UUID(shop.store), shop.site.url + PATH, row[0], 60, past).url
    with shop.open(url) as tab:
        expect(tab.locator(STATUS)).to_have_text("The link has ended; make a new one")
        assert not tab.evaluate("sessionStorage['sp.overlay']")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "null"), (200, '{"data": {}}'), (502, "<html>"),
        (200, '{"data": {"page": "/", "cells": [], "totals": {}, "elements": 7}}'),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_heatmap_is_said_and_thrown_nowhere(
    shop: Shop, status: int, body: str
) -> None:
    with shop.open("about:blank") as tab:
        thrown: list[str] = []
        tab.on("pageerror", lambda error: thrown.append(str(error)))
        tab.route(
            "**/api/heatmap-overlay",
            lambda route: route.fulfill(
                status=status, body=body, headers={"access-control-allow-origin": "*"}
            ),
        )
        tab.goto(shop.link())
        # The first module that this tab reads takes a busy machine its time.
        tab.wait_for_selector(STATUS)
        said = "no heatmap" if status == 200 else f"answered {status}"
        expect(tab.locator(STATUS)).to_contain_text(said)
        for kind in ("Hovers", "Scroll", "Clicks"):
            tab.get_by_text(kind, exact=True).click()
        assert tab.locator("li").count() == 0
        tab.get_by_label("Close").click()
        assert thrown == []


def test_a_link_of_another_site_says_nothing_of_the_figures(shop: Shop) -> None:
    answer = shop.ask(f"/api/heatmap/{shop.store}/overlay", url="https://other.example" + PATH)
    with shop.open(f"{shop.site.url}{PATH}#storepulse_overlay={answer['token']}") as tab:
        expect(tab.locator(STATUS)).to_contain_text("cannot be read from this site")
        assert tab.locator("li").count() == 0


TAGGED = """<!doctype html><html lang="en"><title>Mug</title><style>{style}</style>
<script defer src="{gateway}/tracker.js" data-store="{store}" data-key="spk_x" data-heatmap>
</script>
<main><h1>Mug</h1><button class="buy">Buy</button></main>"""


def test_the_script_tag_opens_it_and_counts_nothing_of_it(shop: Shop) -> None:
    """With the core and the heatmap's module as shops have them, and a gateway that takes all."""
    link = shop.link(PATH + "?colour=red")
    token = link.partition("storepulse_overlay=")[2]
    sent: list[tuple[str, str]] = []
    shop.html = TAGGED.format(style=STYLE, gateway=shop.gateway, store=shop.store)

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        sent.append((path, route.request.post_data or ""))
        if path == "/api/heatmap-overlay":
            route.continue_()
        else:
            allow = {"access-control-allow-origin": "*"}
            route.fulfill(status=202, json={}, headers=allow)

    with shop.browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.add_init_script(OPENED)
        context.route("**/api/**", answer)
        tab = context.new_page()
        tab.goto(link)
        read(tab)
        assert tab.url == f"{shop.site.url}{PATH}?colour=red"
        tab.reload()
        read(tab)
        assert tab.url == f"{shop.site.url}{PATH}?colour=red"
        for kind in ("Hovers", "Scroll", "Clicks"):
            tab.get_by_text(kind, exact=True).click()
        tab.get_by_role("button", name="button.buy").click()
        tab.locator(".buy").click()
        wait_until(
            lambda: bool(tab.wait_for_timeout(20)) or any("track-batch" in one for one, _ in sent),
            "the clicks",
            seconds=20,
        )
    beacons = [body for path, body in sent if path != "/api/heatmap-overlay"]
    assert token not in "".join(beacons)
    assert "storepulse_overlay" not in "".join(beacons)
    events = [event for body in beacons for event in json.loads(body)["events"]]
    assert {event["page_url"] for event in events} == {f"{shop.site.url}{PATH}?colour=red"}
    clicks = [event for event in events if event.get("type") == "click"]
    assert [event["selector"].rpartition(" ")[2] for event in clicks] == ["button.buy"]


def test_pages_with_a_strict_policy(shop: Shop) -> None:
    shop.headers["content-security-policy"] = STRICT.format(gateway=shop.gateway)
    with shop.open("about:blank") as tab:
        problems: list[str] = []
        tab.on("console", lambda message: problems.append(message.text))
        tab.goto(shop.link())
        read(tab)
        assert shows(tab, CELLS[0])
        width = tab.locator("[data-sp-ignore] section").evaluate("(bar) => bar.offsetWidth")
        assert width == 320  # its styles are there
        assert [text for text in problems if "favicon" not in text] == []


def test_the_pages_own_styles_and_listeners_are_left_alone(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        assert tab.locator("[data-sp-ignore] section").is_visible()
        assert tab.evaluate("document.adoptedStyleSheets.length") == 0
        tab.get_by_text("Hovers").click()
        tab.keyboard.press("Tab")
        assert tab.evaluate("seen") == []
        tab.locator(".buy").click()  # the canvas lets clicks through
        assert tab.evaluate("seen") == ["click"]


def test_screen_readers_are_told_the_same(shop: Shop) -> None:
    with shop.open(shop.link()) as tab:
        read(tab)
        tree = tab.context.new_cdp_session(tab).send("Accessibility.getFullAXTree")
        named = {
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in tree["nodes"]
            if not node["ignored"]
        }
        assert ("region", "Storepulse heatmap") in named
        assert ("radio", "Clicks") in named
        assert ("button", "Close") in named
        assert any(role == "button" and "button.buy" in name for role, name in named), named
        assert not any("canvas" in role.lower() for role, _ in named)


def test_the_file_keeps_its_budget() -> None:
    manifest = json.loads((BUILT / "manifest.json").read_text())
    assert manifest["overlay"]["gzip"] <= 4_096
