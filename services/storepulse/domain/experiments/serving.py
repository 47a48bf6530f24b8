"""The variant that a visitor gets, and why.

The first rule that applies counts: a completed test gives its winner to everybody, else control; a
paused one gives control; robots get control; visitors who are not targeted, who belong to another
test of the exclusive group, or who are not in the share of the traffic get control. All others are
assigned a variant, and only they are exposed to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from storepulse.domain.experiments import assignment
from storepulse.domain.experiments.definition import Definition, Variant
from storepulse.domain.experiments.targeting import KnownVisit, is_for

ServedStatus = Literal["draft", "running", "paused", "completed"]
Reason = Literal[
    "paused", "not_targeted", "not_in_traffic", "bot", "other_group", "completed", "preview"
]


class Served(NamedTuple):
    """The index of a variant, and why it was not assigned; None if it was."""

    variant: int
    reason: Reason | None

    @property
    def is_assigned(self) -> bool:
        """Whether the visitor takes part in the test."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class ServedTest:
    """A test that visitors may ask for. Ids are canonical.

    `definition` is the phase's own; for a draft, which only previews show, it is the author's.

    `control` and `winner` are indexes of variants.
    """

    test_id: str
    store_id: str
    name: str
    status: ServedStatus
    priority: int
    phase: int
    definition: Definition
    winner: int | None
    control: int = field(init=False)
    bounds: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        variants = self.definition.variants
        control = next(index for index, variant in enumerate(variants) if variant.is_control)
        object.__setattr__(self, "control", control)
        bounds = assignment.bounds_of([variant.weight for variant in variants])
        object.__setattr__(self, "bounds", bounds)

    @property
    def variants(self) -> tuple[Variant, ...]:
        return self.definition.variants

    def index_of(self, variant_id: str) -> int | None:
        """The index of a variant; None if there is none with this id."""
        ids = (variant.variant_id for variant in self.variants)
        return next((index for index, known in enumerate(ids) if known == variant_id), None)

    def serve(self, unit: str, visit: KnownVisit, *, is_bot: bool) -> Served:
        """The variant of a unit, and why."""
        settings, control = self.definition, self.control
        if self.status == "completed":
            return Served(control if self.winner is None else self.winner, "completed")
        if self.status == "paused":
            return Served(control, "paused")
        if is_bot:
            return Served(control, "bot")
        if not is_for(settings.targeting, visit):
            return Served(control, "not_targeted")
        if settings.group is not None and not assignment.is_in_group(settings.group, unit):
            return Served(control, "other_group")
        if not assignment.is_included(self.test_id, settings.traffic, unit):
            return Served(control, "not_in_traffic")
        return Served(assignment.variant_index(self.test_id, self.phase, self.bounds, unit), None)
