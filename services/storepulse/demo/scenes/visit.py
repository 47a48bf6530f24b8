"""A visit of a scene: it happens now, under ids that are the same in each run with its seed."""

from __future__ import annotations

from random import Random

from storepulse.demo.ids import uuid7
from storepulse.demo.shops import Shop
from storepulse.demo.traffic import Plan
from storepulse.demo.visit import Visit
from storepulse.demo.visitors import DemoPerson

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


class SceneVisit(Visit):
    """Visit `number` of a scene, by a visitor of its own. `now`: epoch milliseconds."""

    def __init__(self, plan: Plan, shop: Shop, scene: str, number: int, now: int) -> None:
        rng = Random(f"{plan.seed} {plan.start} {scene} {number}")  # noqa: S311 - repeatable
        super().__init__(rng, shop, _person(rng, number), now, trusted=plan.trusted)
        self.gives_ids = True
        self._id_at = plan.start

    def new_id(self) -> str:
        """An event id that does not say when the run was."""
        self._id_at += 1
        return uuid7(self._id_at, self.rng)


def _person(rng: Random, number: int) -> DemoPerson:
    bits = rng.getrandbits(80)
    return DemoPerson(
        visitor_id=f"v_{bits:020x}",
        ip=f"2001:db8:{bits & 0xFFFF:x}::{number + 1:x}",
        user_agent=_BROWSER,
        is_bot=False,
        device="desktop",
        width=1440,
        height=900,
        consent=None,
        email=None,
    )
