"""Compares PostgreSQL with the model's numbers exactly, in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.events import Tables

#: The number of key columns of each table: the first columns of its query.
_KEY_COLUMNS = {
    "ledger_counts": 2,
    "customer_activity": 2,
    "activity_hourly": 4,
    "activity_revenue_hourly": 5,
    "activity_products_daily": 4,
    "activity_searches_daily": 4,
    "sessions": 3,
    "funnel_daily": 4,
    "sessions_daily": 7,
    "pages_daily": 4,
    "visitors_daily": 3,
    "visitors_hourly": 4,
    "custom_events_daily": 5,
    "web_vitals_daily": 6,
    "web_vitals_of_stores": 5,
    "pixel_calls": 3,
    "session_carts": 2,
    "heatmap_cells": 8,
    "heatmap_scroll": 6,
    "heatmap_pages_daily": 4,
    "heatmap_elements": 6,
    "cart_tracking_events": 2,
    "cart_hourly": 5,
    "cart_products_daily": 5,
    "cart_products_weekly": 5,
    "landing_events": 2,
    "landing_hourly": 6,
    "landing_revenue_hourly": 7,
    "landing_sessions": 7,
    "pulse_events": 2,
    "campaign_hourly": 5,
    "campaign_revenue_hourly": 6,
    "campaign_people": 6,
    "orders": 2,
    "order_events": 2,
    "order_hourly": 4,
    "order_lines": 3,
    "product_sales_daily": 5,
    "images": 2,
    "tg_analytics_events": 2,
    "bot_hourly": 5,
    "bot_users": 2,
    "bot_users_daily": 3,
    "bot_choices_daily": 4,
    "usage_events": 2,
    "usage_hourly": 4,
    "usage_current": 3,
    "experiment_events": 2,
    "experiment_hourly": 4,
    "identities": 3,
    "identity_links": 5,
    "customers": 3,
    "customer_counts": 1,
    "customer_orders": 4,
    "people": 3,
    "ab_test_assignments": 4,
    "ab_rollups": 5,
    "ab_metric_rollups": 6,
    "ab_ratio_rollups": 6,
    "ab_phase_counts": 3,
}
_ROWS_AT_ONCE = 5_000
#: The key column with the store, if it is not the first.
_STORE_COLUMN = {"ledger_counts": 1}
#: Table -> number of key columns, and the query for keys and values.
QUERIES = {
    table: (_KEY_COLUMNS[table], query)
    for table, query in named_sql("exactness/model/comparison").items()
}


@dataclass
class Differences:
    """Differences as text; empty (and false) if there are none."""

    lines: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __str__(self) -> str:
        return "\n".join(self.lines) or "every table agrees"


def stored_tables(connection: Any, store: str | None = None) -> Tables:
    """All tables in PostgreSQL (`connection`: psycopg), of one store or of all."""
    tables: Tables = {}
    with connection.transaction():
        for name, (keys, query) in QUERIES.items():
            tables[name] = {}
            at = _STORE_COLUMN.get(name, 0)
            # A server-side cursor, so that rows of other stores are not held in memory.
            with connection.cursor("comparison") as cursor:
                cursor.execute(query)
                while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                    _take_rows(tables[name], keys, [r for r in rows if store in (None, r[at])])
    return tables


def _take_rows(table: dict[Any, Any], keys: int, rows: list[tuple[Any, ...]]) -> None:
    for row in rows:
        if row[:keys] in table:
            raise AssertionError(f"two rows with the key {row[:keys]}")
        table[row[:keys]] = row[keys:]


def differences(
    wanted: Tables, found: Tables, tables: Iterable[str], shown: int = 5
) -> Differences:
    """The differences in these tables; at most `shown` lines per table."""
    result = Differences()
    for name in tables:
        lines = [
            f"{name} {_text_of_values(key)}: {_text_of_values(wanted[name].get(key))} expected,"
            f" {_text_of_values(found[name].get(key))} stored"
            for key in sorted(wanted[name].keys() | found[name].keys(), key=repr)
            if wanted[name].get(key) != found[name].get(key)
        ]
        result.rows[name] = len(found[name])
        result.lines += lines[:shown]
        if len(lines) > shown:
            result.lines.append(f"{name}: {len(lines) - shown} further differences")
    return result


def _text_of_values(values: tuple[Any, ...] | None) -> str:
    if values is None:
        return "no row"
    return "(" + ", ".join(v.isoformat() if isinstance(v, date) else repr(v) for v in values) + ")"
