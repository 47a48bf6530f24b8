"""The module of heatmaps as the tracker's own core loads it."""

from __future__ import annotations

from playwright.sync_api import Browser
from tests.support.tracked_shop import visited
from tests.support.waiting import wait_until


def test_a_burst_arrives_in_one_request(browser: Browser) -> None:
    with visited(browser) as visit:
        visit.shop.head = visit.gateway.tag(heatmap=True)
        visit.shop.body = "<p id=text>words</p>"
        tab = visit.open()
        wait_until(
            lambda: any("/tracker/heatmap" in one.path for one in visit.gateway.requests),
            "the module",
        )
        tab.wait_for_timeout(300)
        for _ in range(3):
            tab.locator("#text").click()
        posts = wait_until(
            lambda: [one for one in visit.gateway.posts if "heatmap/track-batch" in one.path],
            "the clicks",
            seconds=30,
        )
        events = posts[0].json["events"]
        assert [one["selector"] for one in events if one["type"] == "click"] == ["p#text"] * 3
        assert all(one["view_id"] and one["page_url"] and one["event_id"] for one in events)
