"""The scene with an experiment: what its visitors send comes to what the manifest says."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from storepulse.demo.beacons import ManifestEntry
from storepulse.demo.scenes import experiment
from storepulse.demo.scenes.stage import Stage, told_of_scenes
from storepulse.demo.shops import experiment_shop
from storepulse.demo.traffic import Plan

START = 1_795_219_200_000
RUN = Plan(7, START, trusted=True, has_secrets=True)
SHOP = experiment_shop()
TEST_ID = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
WINDOW = 72 * 3_600_000
DAY = 86_400_000


def entries() -> list[ManifestEntry]:
    """Every beacon of the scene."""
    return [
        entry
        for visitor in experiment.visitors(RUN, TEST_ID)
        for request in visitor.requests
        for entry in request.entries
    ]


def counted_anew(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The results by the events alone, each given once."""
    looks: dict[str, dict[str, int]] = defaultdict(dict)
    robots = {e["visitor_id"] for e in events if e["is_bot"]}
    for event in events:
        if event["stream"] == "experiment":
            looks[event["visitor_id"]][event["variant_id"]] = event["occurred_at"]
    variants: dict[str, Any] = {
        v: {"units": 0, "orders": [], "buyers": set()} for v in experiment.BUYERS
    }
    seen_at = {}
    for visitor, seen in looks.items():
        if len(seen) == 1 and visitor not in robots:
            ((variant, seen_at[visitor]),) = seen.items()
            variants[variant]["units"] += 1
    for event in events:
        visitor = event["visitor_id"]
        if event["stream"] == "activity" and visitor in seen_at:
            (variant,) = looks[visitor]
            if 0 <= event["occurred_at"] - seen_at[visitor] < WINDOW:
                variants[variant]["orders"].append(event)
                variants[variant]["buyers"].add(visitor)
    return {
        "multi": sum(len(seen) > 1 for seen in looks.values()),
        "bots": len(robots),
        **variants,
    }


def test_what_is_sent_comes_to_what_the_manifest_says() -> None:
    events = [e.event for e in entries() if e.event is not None and e.outcome == "fresh"]
    anew = counted_anew(events)
    figures: Any = experiment.expected_figures(RUN, TEST_ID)[experiment.FIGURE]
    assert (figures["multi_units"], figures["bot_units"]) == (anew["multi"], anew["bots"]) == (1, 1)
    abroad = 0
    for variant, buyers in experiment.BUYERS.items():
        told, found = figures["variants"][variant], anew[variant]
        own = [o for o in found["orders"] if o["currency"] == SHOP.currency]
        abroad += len(found["orders"]) - len(own)
        assert told["units"] == found["units"] == experiment.SEEN
        assert told["bought"] == {
            "converters": len(found["buyers"]),
            "events": len(found["orders"]),
            "total": f"{buyers}.00",
        }
        assert len(found["buyers"]) == buyers
        assert told["revenue"] == {
            "converters": buyers - 1,
            "events": len(own),
            "total": str(sum(Decimal(o["value"]) for o in own)),
        }
    assert figures["other_currency_events"] == abroad == len(experiment.BUYERS)


def test_every_rule_has_a_visitor_who_stands_for_it() -> None:
    repeated = [e.stream for e in entries() if e.outcome == "duplicate"]
    assert sorted(repeated) == ["activity", "activity", "experiment", "experiment"]
    orders = [order for shopper in experiment.shoppers(RUN) for order in shopper.orders]
    assert min(order.after for order in orders) < 0
    assert max(order.after for order in orders) >= WINDOW
    seen = [shopper.seen_at for shopper in experiment.shoppers(RUN)]
    # Behind the window for sure, and never older than what the gateway takes.
    assert START - 12 * DAY < min(seen) <= max(seen) <= START - 4 * DAY


class Api:
    """Answers as the product does to authors; `tests` are those of the shop."""

    def __init__(self, refused: str = "") -> None:
        self.tests: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.refused = refused

    def __call__(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        self.calls.append(f"{method} {path.partition('?')[0]}")
        if self.refused and self.calls[-1].endswith(self.refused):
            return 403, {}
        if path == "/api/stores":
            return 409, {}
        if path.endswith("/start"):
            self.tests[0]["status"] = "running"
            return 200, {}
        if body is None:
            return 200, {"data": self.tests}
        self.tests.insert(0, {"test_id": TEST_ID, "name": body["name"], "status": "draft"})
        return 201, {"data": self.tests[0]}


def test_a_repeated_run_finds_its_test() -> None:
    api = Api()
    assert experiment.prepare(api, RUN) == TEST_ID
    made = len(api.calls)
    assert experiment.prepare(api, RUN) == TEST_ID
    # It changes nothing: an address may make few changes a minute.
    assert api.calls[made:] == [f"GET /api/ab-testing/{SHOP.store_id}"]
    assert [test["status"] for test in api.tests] == ["running"]
    assert experiment.prepare(api, Plan(8, START, trusted=True)) == TEST_ID
    assert len(api.tests) == 2


def test_a_test_that_was_made_and_not_started_is_started() -> None:
    api = Api()
    api.tests = [{"test_id": TEST_ID, "name": experiment.name_of(RUN), "status": "draft"}]
    assert experiment.prepare(api, RUN) == TEST_ID
    assert (len(api.tests), api.tests[0]["status"]) == (1, "running")


@pytest.mark.parametrize("refused", ["/api/stores", SHOP.store_id, "/start"])
def test_nothing_is_played_where_the_key_may_not(refused: str) -> None:
    assert experiment.prepare(Api(refused), RUN) is None


def results(total: str) -> dict[str, Any]:
    """An answer with the expected figures, but for the revenue of one variant."""
    figures: Any = experiment.expected_figures(RUN, TEST_ID)[experiment.FIGURE]
    told = figures["variants"]
    metrics = [
        {
            "metric": name,
            "variants": [{"variant_id": v, "so_far": dict(told[v][name])} for v in told],
        }
        for name in ("bought", "revenue")
    ]
    metrics[1]["variants"][0]["so_far"]["total"] = total  # type: ignore[index]
    counts = ("multi_units", "bot_units", "other_currency_events")
    return {
        "test_id": TEST_ID,
        "is_settled": True,
        "results": {
            "verdict": {"outcome": "collecting"},
            "counts": {name: figures[name] for name in counts},
            "variants": [{"variant_id": v, "so_far": told[v]["units"]} for v in told],
            "metrics": metrics,
        },
    }


def test_results_are_held_against_the_manifest() -> None:
    stage = Stage(RUN, START, test_id=TEST_ID)
    assert stage.shops == [SHOP]
    stores: dict[str, dict[str, Any]] = {SHOP.store_id: {}}
    stage.enter(stores)
    counted = stores[SHOP.store_id]["figures"]
    right = counted["experiment"]["variants"]["control"]["revenue"]["total"]
    for total, is_told in ((right + "00", True), ("1.0000", False)):
        told = told_of_scenes(lambda *_, t=total: {"data": results(t)}, SHOP.store_id, counted)
        assert (dict(told) == counted) is is_told
