"""The demo's scenes, to the unit: a plan's limits are reached, carts are left, a test is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support import commands
from tests.support.scenes import play_scenes
from tests.support.services import running
from tests.support.world import World

from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.demo.scenes import experiment, plan
from storepulse.demo.shops import experiment_shop, left_shop, shops

pytestmark = pytest.mark.timeout(300)
SHOP = shops(1)[0]


def test_scenes_are_told_as_the_manifest_says(world: World, tmp_path: Path) -> None:
    settings = world.settings.model_copy(
        update={
            "usage_meter_seconds": 1.0,
            "trust_forwarded": "first",
            # The second run comes within the same minute.
            "limit_sensitive_per_minute": 100,
        }
    )
    clock = tmp_path / "clock"
    clock.write_text("0")

    def play(name: str, *more: str) -> dict[str, Any]:
        arguments = commands.demo_arguments(tmp_path / name, 2613, 400, "--scenes", "--verify")
        return play_scenes(world, settings, clock, *arguments, *more)

    with (
        running("gateway", settings),
        running("agents", settings, {CLOCK: str(clock)}),
        running("query", settings),
    ):
        manifest = play("first.json")
        assert manifest["wrong_figures"] == []
        assert manifest["totals"]["fresh"] == 400
        planned, left = (manifest["stores"][shop.store_id] for shop in (SHOP, left_shop()))
        assert planned["figures"]["limits_reached"] == 2
        assert planned["figures"]["usage_reports"][-1] == plan.REPORTS + plan.LATER_REPORTS
        assert 0 < planned["refused_reports"] <= plan.LATER_REPORTS
        assert left["figures"]["abandoned_carts"] == [3, 1]
        judge_experiment(manifest)
        assert audit_of(world) == (0, [])

        again = play("again.json", "--at", manifest["at"])
        assert again["wrong_figures"] == []
        assert again["totals"] == manifest["totals"]
        assert again["experiment"]["test_id"] == manifest["experiment"]["test_id"]
        assert again["stores"][SHOP.store_id]["refused_reports"] == 0
        assert audit_of(world) == (0, [])


def judge_experiment(manifest: dict[str, Any]) -> None:
    """The lift is the known one, and the verdict is that there are too few visitors yet."""
    figures = manifest["stores"][experiment_shop().store_id]["figures"]["experiment"]
    bought = {v: of["bought"]["converters"] for v, of in figures["variants"].items()}
    assert bought == experiment.BUYERS
    assert {of["units"] for of in figures["variants"].values()} == {experiment.SEEN}
    assert (figures["multi_units"], figures["bot_units"]) == (1, 1)
    told = manifest["experiment"]
    assert told["test_id"] == figures["test_id"]
    assert told["verdict"].startswith("Too early to say: ")
    print(f"{told['name']}: {told['verdict']}")


def audit_of(world: World) -> tuple[int, list[str]]:
    code, out, err = commands.run(world.settings, "audit", "--wait", "60", "--json", "--recount")
    assert out, err
    return code, json.loads(out)["findings"]
