"""Scene: a shop reaches the limits of its plan: a warning, refusals, and success after a raise.

The plan limits a meter that nothing else reports, so that no other event of the shop is refused.
The first reports reach both limits. The later ones are refused, kept, and sent again under the same
ids after the plan is raised. Each report counts once, and a refused one only after it is accepted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storepulse.demo.beacons import PATHS, BeaconRequest, Visitor
from storepulse.demo.part import Read, Told
from storepulse.demo.scenes.visit import SceneVisit
from storepulse.demo.shop_secrets import SETTLING_SECONDS, Call
from storepulse.demo.shops import Shop
from storepulse.demo.tally import BeaconTally
from storepulse.demo.traffic import Plan

#: Name of the figure: events that report a reached limit.
FIGURE = "limits_reached"
PLAN = "demo"
METER = "photo_credits"
SOFT, HARD, RAISED = "50", "100", "1000000000"
REPORTS, LATER_REPORTS, QUANTITY = 4, 4, "25"
LONGEST_SECONDS = 60.0
_REACHED_METER = "plan_limit_reached"
_FROM = "2020-01-01"
_TAKEN, _REFUSED, _MISSING = 202, 402, 404


def prepare(call: Call, shop: Shop) -> bool:
    """Assigns the plan to the shop. A plan that an earlier run has raised stays raised.

    Returns False if the key lacks the permission, or if the shop has another plan.
    """
    status, _ = call("GET", f"/api/plans/{PLAN}", None)
    if status == _MISSING:
        limits = {METER: {"soft": SOFT, "hard": HARD}}
        told = {"description": "Of the demo", "limits": limits}
        status, _ = call("PUT", f"/api/plans/{PLAN}", told)
    held_by = f"/api/stores/{shop.store_id}/plan"
    is_there, held = call("GET", held_by, None)
    if status != 200 or is_there != 200:
        return False
    if any(assigned["plan"] not in (None, PLAN) for assigned in held["data"][:1]):
        return False
    status, _ = call("PUT", held_by, {"plan": PLAN})
    return status == 200


def first_reports(plan: Plan, shop: Shop, now: int) -> Visitor:
    """The reports that reach both limits, sent by the shop's server."""
    visitor = Visitor(-100)
    visitor.requests = [_report(plan, shop, number, now) for number in range(REPORTS)]
    return visitor


@dataclass
class PlanScene:
    """The second part, after everything else is sent. `call` uses the run's key; `refused` counts
    the reports that were refused at first."""

    call: Call
    plan: Plan
    shop: Shop
    tally: BeaconTally
    pause: float = 1.0
    refused: int = 0

    def play(self, now: int) -> list[dict[str, Any]]:
        """Sends the later reports, raises the plan, and sends the refused ones again. Returns the
        accepted events; the tally has anything unexpected."""
        numbers = range(REPORTS, REPORTS + LATER_REPORTS)
        reports = [_report(self.plan, self.shop, number, now) for number in numbers]
        is_low = self._is_low()
        if is_low:
            self._wait_reached()
        taken, kept = self._send(reports)
        self.refused = len(kept)
        if is_low and not kept:
            self.tally.complain(reports[0], "no report was refused at the plan's limit")
        limits = {METER: {"soft": SOFT, "hard": RAISED}}
        told = {"description": "Of the demo, raised", "limits": limits}
        self.call("PUT", f"/api/plans/{PLAN}", told)
        until = time.monotonic() + LONGEST_SECONDS
        while kept and time.monotonic() < until:
            again, kept = self._send(kept)
            taken += again
        for report in kept:
            self.tally.count_failed(report, "unexpected", "refused though the plan was raised")
        return taken

    def _is_low(self) -> bool:
        """Whether the plan still has the low limit."""
        _, known = self.call("GET", f"/api/plans/{PLAN}", None)
        limit = known["data"]["limits"].get(METER, {})
        return bool(limit.get("hard") == HARD)

    def _wait_reached(self) -> None:
        """Waits until the hard limit is reached and gateways know it."""
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until:
            _, told = self.call("GET", f"/api/usage/{self.shop.store_id}/limits", None)
            reached = {limit["meter"]: limit["reached"] for limit in told["data"]["limits"]}
            if reached.get(METER) == "hard":
                time.sleep(SETTLING_SECONDS * self.pause)
                return
            time.sleep(self.pause)

    def _send(
        self, reports: list[BeaconRequest]
    ) -> tuple[list[dict[str, Any]], list[BeaconRequest]]:
        """Sends reports. Returns the accepted events, and the reports to send again."""
        taken: list[dict[str, Any]] = []
        kept = []
        for report in reports:
            entry = report.entries[0]
            status, told = self.call("POST", report.path, entry.json)
            if status == _TAKEN and entry.event is not None:
                self.tally.requests += 1
                self.tally.count_answered(report)
                taken.append(entry.event)
                continue
            kept.append(report)
            meter = (told.get("details") or {}).get("meter")
            if status == _REFUSED and (told.get("code"), meter) != ("PLAN_LIMIT", METER):
                self.tally.complain(report, f"402 that names {told.get('code')} of {meter}")
        if kept:
            time.sleep(self.pause)
        return taken, kept


def expected_figures() -> dict[str, Told]:
    """The expected figure: each of the two limits was reached once."""
    return {FIGURE: 2}


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The same figure from the API."""
    told = read(f"/api/usage/{store}", {"from": _FROM})["meters"]
    yield FIGURE, sum(line["count"] for line in told if line["meter"] == _REACHED_METER)


def _report(plan: Plan, shop: Shop, number: int, now: int) -> BeaconRequest:
    visit = SceneVisit(plan, shop, "plan", number, now)
    event_id = visit.new_id()
    # Without a time, it counts in the month in which it arrives.
    sent = {
        "store_id": shop.store_id, "event_id": event_id, "meter": METER, "quantity": QUANTITY,
    }  # fmt: skip
    event = visit.event("usage", event_id, meter=METER, quantity=QUANTITY) | {
        "session_id": None,
        "visitor_id": None,
        "source": "server",
    }
    visit.add(PATHS["usage"], [visit.entry("usage", "usage", sent, event)])
    return visit.requests[0]
