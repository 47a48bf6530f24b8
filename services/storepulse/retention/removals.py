"""Every table that retention removes rows of, in the order of a run.

The dry run, the command and the labels of the metric read this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: The fields of RetentionLimits.
LimitName = Literal[
    "deliveries", "dead_letters", "views", "units", "sessions", "minutes", "breakers"
]


@dataclass(frozen=True, slots=True)
class Removal:
    """The old rows of one table. `what` and `how` are words for displays, as in "deliveries,
    finished before …"."""

    table: str
    limit: LimitName
    what: str
    how: str


REMOVALS = (
    Removal("deliveries", "deliveries", "deliveries", "finished"),
    Removal("delivery_batches", "deliveries", "requests", "whose deliveries were finished"),
    Removal("purchase_claims", "deliveries", "claims of purchases", "made"),
    Removal("delivery_attempts", "deliveries", "attempts", "made"),
    Removal("dead_letters", "dead_letters", "dead letters", "closed"),
    Removal("heatmap_views", "views", "views of heatmaps", "begun"),
    # In the order of dependence: events keep sessions.
    Removal("ab_unit_events", "units", "events of experiments' units", "measured"),
    Removal("ab_unit_sessions", "units", "sessions of experiments' units", "exposed"),
    Removal("ab_test_assignments", "units", "assignments to phases that never came", "made"),
    Removal("ab_units", "units", "units of experiments", "seen"),
    Removal("console_sessions", "sessions", "sessions of the console", "ended"),
    Removal("sign_in_links", "sessions", "links to sign in", "ended"),
    Removal("delivery_minutes", "minutes", "minutes of destinations' answers", "begun"),
    Removal("breaker_changes", "breakers", "changes of circuit breakers", "made"),
)
