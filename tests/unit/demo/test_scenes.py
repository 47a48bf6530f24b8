"""The demo's scenes: the same ids in each run with a seed, and what becomes of refused reports."""

from __future__ import annotations

from typing import Any

import pytest

from storepulse.demo.figures import RunFigures
from storepulse.demo.scenes import carts, plan
from storepulse.demo.scenes.stage import LEAST_EVENTS, Stage
from storepulse.demo.shops import left_shop
from storepulse.demo.tally import BeaconTally
from storepulse.demo.traffic import Plan

START = 1_795_219_200_000
RUN = Plan(7, START, trusted=True, has_secrets=True)
SHOP = RUN.stores()[0]
TEST_ID = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"


def whole(run: Plan = RUN, now: int = START) -> Stage:
    """All scenes."""
    return Stage(run, now, has_plan=True, has_carts=True, test_id=TEST_ID)


def ids(stage: Stage) -> list[str]:
    visitors = stage.visitors()
    entries = (e for v in visitors for r in v.requests for e in r.entries)
    return [e.event["event_id"] for e in entries if e.event is not None and e.outcome == "fresh"]


def test_a_repeated_run_has_the_same_ids_at_another_time() -> None:
    first, later = (ids(whole(now=START + after)) for after in (0, 86_400_000))
    assert first == later
    assert len(set(first)) == len(first) > 100
    other = whole(Plan(8, START, trusted=True))
    assert not set(first) & set(ids(other))


def test_the_events_of_all_scenes_are_counted() -> None:
    assert Stage(RUN, START).fresh == 0
    assert whole().fresh == len(ids(whole())) + plan.LATER_REPORTS
    assert whole().fresh < LEAST_EVENTS


def test_each_case_is_a_session_of_its_own_visitor() -> None:
    visitors = carts.visitors(RUN, START)
    events = [[r.entries[0].event or {} for r in v.requests] for v in visitors]
    assert len({e[0]["session_id"] for e in events}) == len(carts.CASES) == len(visitors)
    assert all(len({one["visitor_id"] for one in e}) == 1 for e in events)
    assert carts.expected_figures() == {carts.FIGURE: [3, 1]}


class Api:
    """Answers as the product does, with a limit that gateways know after some calls."""

    def __init__(self, known_after: int) -> None:
        self.hard: str | None = None
        self.used = 0
        self.known_after = known_after
        self.taken: list[str] = []

    def __call__(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        if path.startswith("/api/ab-testing/"):
            return 403, {}
        if path.startswith("/api/plans/"):
            if body is not None:
                self.hard = body["limits"][plan.METER]["hard"]
            if self.hard is None:
                return 404, {}
            return 200, {"data": {"limits": {plan.METER: {"hard": self.hard}}}}
        if path.endswith("/plan"):
            return 200, {"data": []}
        if path.endswith("/limits"):
            return 200, {"data": {"limits": [{"meter": plan.METER, "reached": "hard"}]}}
        assert body is not None
        self.known_after -= 1
        if self.hard == plan.HARD and self.known_after < 0:
            return 402, {"code": "PLAN_LIMIT", "details": {"meter": plan.METER}}
        self.taken.append(body["event_id"])
        return 202, {}


@pytest.mark.parametrize("known_after", [0, 2])
def test_refused_reports_are_sent_again_and_count_once(known_after: int) -> None:
    api, tally = Api(known_after), BeaconTally()
    assert plan.prepare(api, SHOP)
    scene = plan.PlanScene(api, RUN, SHOP, tally, pause=0.0)
    events = scene.play(START)
    assert scene.refused == plan.LATER_REPORTS - known_after
    assert sorted(e["event_id"] for e in events) == sorted(api.taken)
    assert len(set(api.taken)) == tally.totals["fresh"] == plan.LATER_REPORTS
    assert tally.is_as_expected
    figures = RunFigures()
    figures.count(events)
    assert figures.stores[SHOP.store_id].document()["usage_reports"] == [0, 0, 0, 4]


def test_a_limit_that_refuses_nothing_is_a_complaint() -> None:
    api, tally = Api(known_after=100), BeaconTally()
    assert plan.prepare(api, SHOP)
    plan.PlanScene(api, RUN, SHOP, tally, pause=0.0).play(START)
    assert not tally.is_as_expected


def test_a_plan_that_was_raised_stays_so() -> None:
    api, tally = Api(known_after=0), BeaconTally()
    api.hard = plan.RAISED
    assert plan.prepare(api, SHOP)
    scene = plan.PlanScene(api, RUN, SHOP, tally, pause=0.0)
    assert len(scene.play(START)) == plan.LATER_REPORTS
    assert (api.hard, scene.refused, tally.is_as_expected) == (plan.RAISED, 0, True)


def test_a_shop_with_another_plan_keeps_it() -> None:
    calls: list[str] = []

    def call(method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        calls.append(method)
        return 200, {"data": [{"plan": "starter"}] if path.endswith("/plan") else {}}

    assert not plan.prepare(call, SHOP)
    assert "PUT" not in calls


def test_what_a_key_may_not_make_is_not_played() -> None:
    stage = Stage(RUN, START)
    stage.prepare(lambda *_: (403, {}))
    assert (stage.visitors(), stage.shops, stage.fresh) == ([], [], 0)
    stage.prepare(Api(known_after=0))
    assert (stage.has_plan, stage.has_carts) == (True, False)
    stores: dict[str, dict[str, Any]] = {SHOP.store_id: {}, left_shop().store_id: {}}
    stage.enter(stores)
    assert stores[SHOP.store_id]["figures"] == {"limits_reached": 2}
    assert stores[left_shop().store_id] == {}
