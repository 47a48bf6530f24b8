"""Web vitals of a page: told when it is hidden, each metric once, as the agents read them."""

from __future__ import annotations

import json

from playwright.sync_api import Browser
from tests.browser.modules.harness import added, hide, html, opened

from storepulse.streams.web_vitals import samples_of


def test_each_metric_once_when_the_page_is_hidden(browser: Browser) -> None:
    body = "<h1>Shirts</h1><button id=buy>buy</button>"
    with opened(browser, html("vitals", body)) as (tab, _):
        tab.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        tab.locator("#buy").click()
        tab.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        tab.wait_for_timeout(200)
        assert added(tab) == []
        hide(tab)
        told = added(tab)[0]
        hide(tab)
        everything = [name for one in added(tab) for name in one["metadata"]]
        assert len(everything) == len(set(everything))
    assert (told["stream"], told["activity_type"], told["name"]) == (
        "activity",
        "custom",
        "web_vitals",
    )
    assert told["view_id"] == "view-1"
    names = {name for name, _, _ in samples_of(json.dumps(told["metadata"]))}
    assert {"FCP", "LCP", "TTFB", "CLS"} <= names
