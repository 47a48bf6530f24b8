"""Clicks, hovers and scrolling in a real page: what is recorded of them, and what is not."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser, Page
from tests.browser.modules.harness import added, hide, html, opened

from storepulse.streams.heatmap.selectors import is_clicked_in_series, is_dead

ELEMENTS = """
<button id=":r1:" class="css-x9f2a btn Button_root__xGhQz" data-testid="buy"
  ><svg width="40" height="40" class="icon"
  ><circle id="icon" cx="20" cy="20" r="20"/></svg></button>
<div id="«r2»" class="cta-button sc-bdVaJa" style="width:100px;height:20px"
  ><b id="x93kd81">Buy</b></div>
<shop-card></shop-card>
<p id="text">words</p>
<label id="agree">yes <input type="checkbox"></label>
<input id="pieces" type="number" name="pieces">
<button id="arrow" aria-label="Next slide">&gt;</button>
<div data-sp-ignore><button id="ignored">x</button></div>
<script>
  customElements.define("shop-card", class extends HTMLElement {
    connectedCallback() {
      this.attachShadow({mode: "open"}).innerHTML = '<a href="#" id="inside">go</a>';
    }
  });
</script>
"""


def clicks_of(tab: Page, count: int = 1) -> list[dict[str, Any]]:
    tab.wait_for_function(f"added.filter((one) => one.type === 'click').length >= {count}")
    return [one for one in added(tab) if one["type"] == "click"]


def judged(selector: str) -> tuple[bool, bool]:
    frame = pl.DataFrame({"selector": [selector]}).select(is_dead(), is_clicked_in_series())
    return frame.row(0)


@pytest.mark.parametrize(
    ("clicked", "selector", "dead", "series"),
    [
        ("#icon", 'button[data-testid="buy"].btn', False, False),
        ("[id=x93kd81]", "body > div:nth-of-type(1).cta-button", False, False),
        ("#inside", "a#inside", False, False),
        ("#text", "p#text", True, False),
        ("#pieces", 'input#pieces[type="number"][name="pieces"]', False, True),
        ("#arrow", 'button#arrow[aria-label*="Next"]', False, True),
    ],
)
def test_names(browser: Browser, clicked: str, selector: str, dead: bool, series: bool) -> None:
    with opened(browser, html("heatmap", ELEMENTS)) as (tab, _):
        tab.locator(clicked).click()
        [click] = clicks_of(tab)
    assert click["selector"].endswith(selector), click["selector"]
    assert len(click["selector"]) <= 512
    assert judged(click["selector"]) == (dead, series)
    assert click["view_id"] == "view-1"


def test_what_is_not_recorded(browser: Browser) -> None:
    with opened(browser, html("heatmap", ELEMENTS)) as (tab, _):
        tab.locator("#ignored").click()
        tab.evaluate("document.getElementById('text').click()")  # a script's
        tab.locator("#arrow").focus()
        tab.keyboard.press("Enter")
        tab.locator("#agree").click(position={"x": 3, "y": 5})
        found = clicks_of(tab)
        assert [one["selector"] for one in found] == ["label#agree"]  # and not its field's
        tab.evaluate("allowed = {analytics: 'denied'}")
        tab.locator("#text").click()
        hide(tab)
        assert len(added(tab)) == 1


def test_a_point_in_its_element(browser: Browser) -> None:
    style = "position:absolute;left:2500px;top:9000px;width:80px;height:30px;border:0"
    page = "<div style='width:4000px;height:15000px'></div>"
    body = f"<button id=far style='{style}'>x</button>{page}"
    with opened(browser, html("heatmap", body)) as (tab, _):
        tab.locator("#far").click(position={"x": 11, "y": 7})
        [click] = clicks_of(tab)
    assert (click["element_x"], click["element_y"]) == (11, 7)
    assert click["y"] == 9007
    assert 0 <= click["x"] <= click["viewport_width"] == 1280
    assert click["document_height"] == 10_000


@pytest.mark.parametrize(("limit", "kept"), [("", 0), ("20000", 1)])
def test_below_the_limit(browser: Browser, limit: str, kept: int) -> None:
    low = "<button id=low style='position:absolute;top:12000px'>x</button>"
    body = f"{low}<button id=high>y</button><div style='height:15000px'></div>"
    with opened(browser, html("heatmap", body, settings={"maxY": limit})) as (tab, _):
        tab.locator("#low").click()
        tab.locator("#high").click()
        clicks_of(tab, kept + 1)
        names = [one["selector"] for one in added(tab) if one["type"] == "click"]
    assert names == ["button#low", "button#high"][1 - kept :]


def test_a_burst_stays_together(browser: Browser) -> None:
    with opened(browser, html("heatmap", ELEMENTS)) as (tab, _):
        for _ in range(3):
            tab.locator("#text").click()
            tab.wait_for_timeout(300)
        assert [one for one in added(tab) if one["type"] == "click"] == []
        found = clicks_of(tab, 3)
    assert found[2]["at"] - found[0]["at"] < 50
    assert found[2]["at"] - found[2]["timestamp"] >= 1_150
    assert found[2]["timestamp"] - found[0]["timestamp"] >= 500


def test_a_hidden_page_lets_its_clicks_go(browser: Browser) -> None:
    with opened(browser, html("heatmap", ELEMENTS)) as (tab, _):
        tab.locator("#text").click()
        hide(tab)
        assert [one["type"] for one in added(tab)] == ["click"]
        assert added(tab)[0]["x"] > 0


def test_the_furthest_scroll_of_a_view(browser: Browser) -> None:
    with opened(browser, html("heatmap", "<div style='height:7200px'></div>")) as (tab, _):
        tab.evaluate("scrollTo(0, 2880 + 8)")
        tab.wait_for_timeout(200)
        tab.evaluate("scrollTo(0, 0)")
        tab.wait_for_timeout(200)
        tab.evaluate("view = 2; tell('page_view')")
        [first] = added(tab)
        assert (first["type"], first["scroll_depth"], first["view_id"]) == ("scroll", 50, "view-1")
        tab.evaluate("tell('page_view')")  # a view without scrolling has nothing to tell
        assert len(added(tab)) == 1
        tab.evaluate("scrollTo(0, 99999)")
        tab.wait_for_timeout(200)
        hide(tab)
        hide(tab)
        assert [one["scroll_depth"] for one in added(tab)] == [50, 100]
        assert added(tab)[1]["view_id"] == "view-2"


def test_where_the_mouse_rests(browser: Browser) -> None:
    with opened(browser, html("heatmap", ELEMENTS)) as (tab, _):
        tab.locator("#text").hover()
        tab.wait_for_timeout(700)
        tab.locator("#arrow").hover()
        tab.wait_for_function("added.length")
        [hover] = added(tab)
    assert (hover["type"], hover["selector"]) == ("hover", "p#text")
    assert 650 <= hover["dwell_ms"] < 5_000


def test_no_layout_of_ours(browser: Browser) -> None:
    """The page changes with each click: reading geometry at once would cost a layout each time."""

    def layouts(module: str) -> int:
        # Changed before our listener and after it: who reads geometry between pays for a layout.
        more = "const more = () => document.body.append('more ');"
        both = "addEventListener('click', more, true); addEventListener('click', more);"
        body = f"{ELEMENTS}<script>{more}{both}</script>"
        with opened(browser, html(module, body)) as (tab, _):
            client = tab.context.new_cdp_session(tab)
            client.send("Performance.enable")

            def count() -> int:
                metrics = client.send("Performance.getMetrics")["metrics"]
                return int(next(one["value"] for one in metrics if one["name"] == "LayoutCount"))

            tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
            before = count()
            for place in range(10):
                tab.mouse.click(20 + place, 100)
                tab.evaluate(
                    "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
                )
            return count() - before

    assert layouts("heatmap") == layouts("debug")
