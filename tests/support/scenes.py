"""The demo with its scenes, on a stack that lets it send faster than people do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import commands
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.settings import Settings
from storepulse.demo.scenes import plan

#: Settings of a stack that is filled by the demo: its visitors have addresses.
DEMO_SETTINGS = {
    "trust_forwarded": "first",
    "gateway_spool_after_ms": 10_000,
    "limit_sensitive_per_minute": 1_000,
    "limit_reads_per_minute": 100_000,
}


def play_scenes(
    world: World, settings: Settings, clock: Path, *arguments: str, seconds: float = 60
) -> dict[str, Any]:
    """A run of the demo; its manifest. `clock`: of the agents, moved a minute on when all is sent:
    so long carts are left, and figures of a test settle. `seconds`: for sending."""
    demo = commands.start(settings, *arguments)
    wait_until(lambda: is_raised(world), "all is sent and the plan raised", seconds=seconds)
    moved = clock.with_suffix(".new")
    moved.write_text("60")
    moved.replace(clock)
    return commands.demo_result(commands.finish(demo, 2 * seconds))


def is_raised(world: World) -> bool:
    """Whether the scene with the plan is over: it is the last one."""
    with world.connect() as connection:
        rows = connection.execute("SELECT hard FROM plan_limits WHERE meter = %s", [plan.METER])
        return [int(hard) for (hard,) in rows] == [int(plan.RAISED)]
