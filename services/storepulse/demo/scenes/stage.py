"""All scenes of a run: which are played, what they send, and their expected figures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storepulse.demo.beacons import Visitor
from storepulse.demo.part import Read, Told
from storepulse.demo.scenes import broken_button, carts, experiment, phone_orders, plan
from storepulse.demo.scenes.phone_orders import Put
from storepulse.demo.shop_secrets import Call
from storepulse.demo.shops import Shop, experiment_shop, left_shop, story_shop
from storepulse.demo.tally import BeaconTally
from storepulse.demo.traffic import Plan

#: Smaller runs have no scenes.
LEAST_EVENTS = 200
#: Smaller runs do not play the broken button, which alone has most of these events.
LEAST_STORY_EVENTS = 5_000
#: How long the scenes' last figures may take: carts wait a minute, limits are reported every
#: minute, and a test's figures are settled half a minute after its start.
TOLD_SECONDS = 90.0
_READERS = {
    plan.FIGURE: plan.read_told,
    carts.FIGURE: carts.read_told,
    phone_orders.FIGURE: phone_orders.read_told,
}


@dataclass
class Stage:
    """The scenes of one run. `now` is when they begin, epoch milliseconds. `has_story`: the run is
    large enough for the broken button. `put` writes to Kafka, None without access."""

    run: Plan
    now: int
    has_story: bool = False
    put: Put | None = None
    has_plan: bool = False
    has_carts: bool = False
    #: The experiment's test; None if it is not played.
    test_id: str | None = None
    #: The broken button's test; None if it is not played.
    story_test_id: str | None = None
    has_letters: bool = False
    refused_reports: int = 0

    def prepare(self, call: Call) -> None:
        """Creates plan, shops and tests. Scenes that the run's key may not create are skipped."""
        self.has_plan = plan.prepare(call, self._planned_shop)
        self.has_carts = carts.prepare(call)
        self.test_id = experiment.prepare(call, self.run)
        if self.has_story:
            self.story_test_id = broken_button.prepare(call, self.run)

    @property
    def is_played(self) -> bool:
        """Whether any scene is played."""
        tests = (self.test_id, self.story_test_id)
        return self.has_plan or self.has_carts or any(test is not None for test in tests)

    @property
    def shops(self) -> list[Shop]:
        """The shops of the scenes, which have no other visitors."""
        return (
            [left_shop()] * self.has_carts
            + [experiment_shop()] * (self.test_id is not None)
            + [story_shop()] * (self.story_test_id is not None)
        )

    def visitors(self) -> list[Visitor]:
        """The visitors of all scenes, who come before the run's other visitors."""
        found = [plan.first_reports(self.run, self._planned_shop, self.now)] * self.has_plan
        if self.has_carts:
            found += carts.visitors(self.run, self.now)
        if self.test_id is not None:
            found += experiment.visitors(self.run, self.test_id)
        if self.story_test_id is not None:
            found += broken_button.visitors(self.run, self.story_test_id)
        return found

    @property
    def fresh(self) -> int:
        """The number of fresh events of all scenes."""
        later = plan.LATER_REPORTS if self.has_plan else 0
        return sum(visitor.fresh for visitor in self.visitors()) + later

    def end(self, call: Call, tally: BeaconTally) -> list[dict[str, Any]]:
        """Plays the last parts of the scenes. Returns the accepted events."""
        if self.story_test_id is not None and self.put is not None:
            self.has_letters = phone_orders.play(call, self.put, self.run)
        if not self.has_plan:
            return []
        scene = plan.PlanScene(call, self.run, self._planned_shop, tally)
        taken = scene.play(int(time.time() * 1000))
        self.refused_reports = scene.refused
        return taken

    def enter(self, stores: dict[str, dict[str, Any]]) -> None:
        """Adds the expected figures to the manifest's stores."""
        if self.has_plan and self._planned_shop.store_id in stores:
            figures = stores[self._planned_shop.store_id].setdefault("figures", {})
            figures.update(plan.expected_figures())
            stores[self._planned_shop.store_id]["refused_reports"] = self.refused_reports
        if self.has_carts and left_shop().store_id in stores:
            stores[left_shop().store_id].setdefault("figures", {}).update(carts.expected_figures())
        if self.test_id is not None and experiment_shop().store_id in stores:
            figures = stores[experiment_shop().store_id].setdefault("figures", {})
            figures.update(experiment.expected_figures(self.run, self.test_id))
        if self.story_test_id is not None and story_shop().store_id in stores:
            figures = stores[story_shop().store_id].setdefault("figures", {})
            figures.update(broken_button.expected_figures(self.run, self.story_test_id))
            if self.has_letters:
                figures.update(phone_orders.expected_figures())

    @property
    def _planned_shop(self) -> Shop:
        return self.run.stores()[0]


def told_of_scenes(
    read: Read, store: str, counted: Mapping[str, Any]
) -> Iterator[tuple[str, Told]]:
    """The figures of a store's scenes from the API."""
    for name, read_told in _READERS.items():
        if name in counted:
            yield from read_told(read, store)
    if experiment.FIGURE in counted:
        test_id = counted[experiment.FIGURE]["test_id"]
        yield from experiment.read_told(read, store, test_id)
    if broken_button.FIGURE in counted:
        yield from broken_button.read_told(read, store, counted[broken_button.FIGURE])
