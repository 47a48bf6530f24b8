"""PostgreSQL's tables beside what the plain model makes of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storepulse.exactness.model import comparison
from storepulse.exactness.model.days import stored_zones
from storepulse.exactness.model.events import Event
from storepulse.exactness.model.sites import stored_sites
from storepulse.exactness.model.tables import expected


def compare_tables(
    connection: Any,
    events: list[Event],
    arrived_at: Mapping[str, int] | None = None,
    shown: int = 5,
) -> comparison.Differences:
    """Holds PostgreSQL against the events, by the stores' time zones, domains and patterns of pages
    that it has; at most `shown` lines a table."""
    wanted = expected(
        events, arrived_at, zones=stored_zones(connection), sites=stored_sites(connection)
    )
    stored = comparison.stored_tables(connection)
    return comparison.differences(wanted, stored, comparison.QUERIES, shown)
