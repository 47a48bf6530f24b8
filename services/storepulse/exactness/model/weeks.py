"""Tables by week: sums of the tables by day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storepulse.exactness.model.events import Tables

#: The table of days -> that of weeks, and the first of the values that are summed.
_WEEKLY = {
    "activity_products_daily": ("activity_products_weekly", 1),
    "cart_products_daily": ("cart_products_weekly", 1),
    "pages_daily": ("pages_weekly", 0),
    "session_pages_daily": ("session_pages_weekly", 0),
}


def with_weeks(tables: Tables) -> Tables:
    """The tables, with those by week of the ones by day. A week is named by its Monday."""
    weekly: Tables = {}
    for daily, (name, first) in _WEEKLY.items():
        if daily in tables:
            summed: dict[tuple[Any, ...], tuple[Any, ...]] = {}
            for (store, day, *rest), values in tables[daily].items():
                key = (store, day - timedelta(days=day.weekday()), *rest)
                before = summed.get(key, (0,) * len(values[first:]))
                summed[key] = tuple(a + b for a, b in zip(before, values[first:], strict=True))
            weekly[name] = summed
    return tables | weekly
