"""The demo's scenes: a plan's limits that are reached, and carts that are left, to the unit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support import commands
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.demo.scenes import plan
from storepulse.demo.shops import left_shop, shops

pytestmark = pytest.mark.timeout(300)
SHOP = shops(1)[0]


def test_limits_and_carts_are_told_as_the_manifest_says(world: World, tmp_path: Path) -> None:
    settings = world.settings.model_copy(
        update={"usage_meter_seconds": 1.0, "trust_forwarded": "first"}
    )
    clock = tmp_path / "clock"
    clock.write_text("0")

    def play(name: str, *more: str) -> dict[str, Any]:
        arguments = commands.demo_arguments(tmp_path / name, 2613, 400, "--scenes", "--verify")
        demo = commands.start(settings, *arguments, *more)
        wait_until(lambda: is_raised(world), "all is sent and the plan raised", seconds=60)
        # The minute of the carts is over at once.
        moved = clock.with_suffix(".new")
        moved.write_text("60")
        moved.replace(clock)
        return commands.demo_result(commands.finish(demo))

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
        assert audit_of(world) == (0, [])

        again = play("again.json", "--at", manifest["at"])
        assert again["wrong_figures"] == []
        assert again["totals"] == manifest["totals"]
        assert again["stores"][SHOP.store_id]["refused_reports"] == 0
        assert audit_of(world) == (0, [])


def is_raised(world: World) -> bool:
    with world.connect() as connection:
        rows = connection.execute("SELECT hard FROM plan_limits WHERE meter = %s", [plan.METER])
        return [int(hard) for (hard,) in rows] == [int(plan.RAISED)]


def audit_of(world: World) -> tuple[int, list[str]]:
    code, out, err = commands.run(world.settings, "audit", "--wait", "60", "--json", "--recount")
    assert out, err
    return code, json.loads(out)["findings"]
