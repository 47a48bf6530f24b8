"""Which tables hold each applied event of a stream once: the audit's one table of streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CountedTables:
    """The tables of one stream.

    `statements` of audit.sql count each of its events once, by store. `shortest_kept` is the table
    among them whose rows retention keeps for the shortest time.
    """

    statements: tuple[str, ...]
    shortest_kept: str


COUNTED: Mapping[str, CountedTables] = {
    "activity": CountedTables(
        ("activity_rows", "activity_hourly", "activity_sessions"), "customer_activity"
    ),
    "heatmap": CountedTables(("heatmap_cells", "heatmap_elements"), "heatmap_cells"),
    "cart": CountedTables(("cart_rows", "cart_hourly"), "cart_tracking_events"),
    "landing": CountedTables(("landing_rows", "landing_hourly"), "landing_events"),
}

#: Statements of audit.sql that compare a count of sessions with the sessions themselves.
SESSION_STATEMENTS = ("funnel_daily", "landing_sessions")
