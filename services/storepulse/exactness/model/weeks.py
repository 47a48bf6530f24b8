"""Tables by week: sums of the tables by day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storepulse.exactness.model.events import Tables

#: Daily table -> weekly table. The first value, a product's name, exists by day only.
_WEEKLY = {
    "cart_products_daily": "cart_products_weekly",
}


def with_weeks(tables: Tables) -> Tables:
    """The tables, with weekly tables added. A week is named by its Monday."""
    weekly: Tables = {}
    for daily, name in _WEEKLY.items():
        if daily in tables:
            summed: dict[tuple[Any, ...], tuple[Any, ...]] = {}
            for (store, day, *rest), values in tables[daily].items():
                key = (store, day - timedelta(days=day.weekday()), *rest)
                before = summed.get(key, (0,) * len(values[1:]))
                summed[key] = tuple(a + b for a, b in zip(before, values[1:], strict=True))
            weekly[name] = summed
    return tables | weekly
