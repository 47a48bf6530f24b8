"""Variants that the browser draws, and what it tells of them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.modules.harness import SESSION, STORE, VISITOR, added, html, opened
from tests.support.browser import Answer, Request, Serve

from storepulse.domain.experiments import assignment

TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
EVERYBODY: dict[str, Any] = {
    "page_types": [], "slugs": [], "devices": [], "countries": [], "visitors": "all", "utm": {},
}  # fmt: skip


def running(**more: Any) -> dict[str, Any]:
    variants: list[dict[str, Any]] = [
        {"variant_id": name, "weight": 5_000, "is_control": name == "blue", "payload": {}}
        for name in ("blue", "green")
    ]
    test = {"test_id": TEST, "phase": 2, "traffic": 10_000, "group": None, "variants": variants}
    return test | {"targeting": EVERYBODY} | more


def gateway(*tests: dict[str, Any], wait: threading.Event | None = None) -> Serve:
    def serve(request: Request) -> Answer | None:
        data: dict[str, Any]
        if "/ab-testing/variant/over" in request.path:
            data = {"variant_id": "red", "phase": 1, "assigned": False}
        elif f"/ab-testing/variant/{TEST}" in request.path:
            data = {"variant_id": "green", "phase": 2, "assigned": True}
        elif "/ab-testing/active/" in request.path:
            winners = [{"test_id": "over", "variant_id": "red", "phase": 1, "assigned": False}]
            data = {"store_id": STORE, "tests": tests, "winners": winners}
        else:
            return None
        body = json.dumps({"status": "success", "data": data}).encode()
        pause = (lambda: wait.wait(5)) if wait else None
        return Answer(200, body, {"content-type": "application/json"}, pause)

    return serve


def test_the_variant_that_the_gateway_draws_too(browser: Browser) -> None:
    bounds = assignment.bounds_of([5_000, 5_000])
    drawn = ("blue", "green")[assignment.variant_index(TEST, 2, bounds, f"v:{VISITOR}")]
    with opened(browser, html("experiments", ""), gateway(running())) as (tab, site):
        got = tab.evaluate(
            f"Promise.all([storepulse.variant('{TEST}'), storepulse.variant('{TEST}')])"
        )
        assert got == [drawn, drawn]
        tab.evaluate(f"storepulse.convert('{TEST}', '49.90'); storepulse.metric('{TEST}', 'm', 3)")
        told = [{k: v for k, v in one.items() if k not in ("at", "stream")} for one in added(tab)]
        assert tab.evaluate("storepulse.variant('over')") == "red"
        assert tab.evaluate("storepulse.variant('nobody knows')") == "control"
        assert len([one for one in site.requests if "/active/" in one.path]) == 1
    assert told == [
        {"event_type": "Exposure", "test_id": TEST, "phase": 2, "variant_id": drawn},
        {"event_type": "Conversion", "test_id": TEST, "value": "49.90"},
        {"event_type": "Metric", "test_id": TEST, "metric": "m", "value": 3},
    ]


@pytest.mark.parametrize(
    "change", [{"countries": ["DE"]}, {"visitors": "new"}, {"utm": {"source": ["x"]}}]
)
def test_a_test_for_some_is_asked_of_the_gateway(browser: Browser, change: Any) -> None:
    page = html("experiments", "", settings={"visit": "page_type=product"})
    with opened(browser, page, gateway(running(targeting=EVERYBODY | change))) as (tab, site):
        assert tab.evaluate(f"storepulse.variant('{TEST}')") == "green"
        [asked] = [one.path for one in site.requests if "/variant/" in one.path]
        assert [one["event_type"] for one in added(tab)] == ["Exposure"]
    for part in (
        "expose=false",
        f"session_id={SESSION}",
        f"visitor_id={VISITOR}",
        "page_type=product",
    ):
        assert part in asked


def test_out_of_the_traffic(browser: Browser) -> None:
    with opened(browser, html("experiments", ""), gateway(running(traffic=0))) as (tab, _):
        assert tab.evaluate(f"storepulse.variant('{TEST}')") == "blue"
        assert added(tab) == []


def test_who_refused_and_robots(browser: Browser) -> None:
    with opened(browser, html("experiments", ""), gateway(running())) as (tab, site):
        tab.evaluate("allowed = {analytics: 'denied'}")
        assert tab.evaluate(f"storepulse.variant('{TEST}')") == "control"
        tab.evaluate(
            "allowed = {}; Object.defineProperty(navigator, 'webdriver', {get: () => true}); 0"
        )
        assert tab.evaluate(f"storepulse.variant('{TEST}')") == "control"
        tab.evaluate(f"storepulse.convert('{TEST}')")
        assert added(tab) == []
        assert not [one for one in site.requests if "ab-testing" in one.path]


def test_a_late_answer_changes_nothing(browser: Browser) -> None:
    held = threading.Event()
    with opened(browser, html("experiments", ""), gateway(running(), wait=held)) as (tab, _):
        waited = tab.evaluate(
            f"(async (at) => [await storepulse.variant('{TEST}'), performance.now() - at])"
            "(performance.now())"
        )
        held.set()
        assert waited[0] == "control"
        assert 290 <= waited[1] < 3_000
        assert tab.evaluate(f"storepulse.variant('{TEST}')") == "control"
        assert added(tab) == []


def test_a_page_that_showed_what_it_hid(browser: Browser) -> None:
    with opened(browser, html("experiments", ""), gateway(running())) as (tab, _):
        tab.evaluate("document.documentElement.dataset.spLate = 1")
        assert tab.evaluate(f"storepulse.variant('{TEST}')") == "control"
        assert added(tab) == []
