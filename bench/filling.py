"""A database filled as if shops had worked with it for weeks, by the statements of fills/*.sql."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from time import perf_counter

from bench.world import World
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.adapters.postgres.statement import Statement

FOLDER = Path(__file__).with_name("fills")
SQL = read_statements(Path(__file__).with_name("reads.sql"))
#: The statements of each file, in the order in which they run: figures are made of rows.
FILLS: Mapping[str, tuple[str, ...]] = {
    "shops": ("partitions", "stores", "api_keys", "admin_audit", "store_secrets"),
    "activity": (
        "customer_activity", "sessions", "sessions_daily", "funnel_daily", "activity_hourly",
        "activity_revenue_hourly", "activity_products_daily",
        "activity_searches_daily", "visitors_daily", "visitors_hourly", "pages_daily",
    ),
    "measured": ("custom_events_daily", "web_vitals_daily", "web_vitals_of_stores"),
    "heatmap": (
        "heatmap_names", "heatmap_cells", "heatmap_scroll", "heatmap_pages_daily",
        "heatmap_elements",
    ),
    "carts": (
        "cart_tracking_events", "cart_hourly", "cart_products_daily", "cart_products_weekly",
        "images",
    ),
    "landing": (
        "landing_events", "landing_hourly", "landing_sessions", "landing_revenue_hourly",
    ),
    "orders": (
        "orders", "order_tellings", "pixel_calls", "order_events", "order_hourly", "order_lines",
        "product_sales_daily",
    ),
    "bots": (
        "tg_analytics_events", "bot_hourly", "bot_users", "bot_users_daily", "bot_choices_daily",
    ),
    "campaigns": (
        "pulse_events", "campaign_hourly", "campaign_revenue_hourly", "campaign_people",
    ),
    "customers": (
        "identities", "orders_of_customers", "identity_links", "customers", "customer_counts",
    ),
    "people": (
        "people_of_shops", "people_of_bots", "people_named", "people_read", "people_figures",
    ),
    "usage": (
        "session_carts", "usage_hourly", "usage_current", "usage_stores", "usage_statements",
        "usage_lines", "plans", "plan_limits", "store_plans",
    ),
    "experiments": (
        "ab_tests", "ab_test_phases", "ab_rollups", "ab_metric_rollups", "ab_ratio_rollups",
        "ab_pages",
    ),
    "deliveries": ("destinations", "deliveries", "dead_letters"),
}  # fmt: skip
#: Sessions that fill side by side, and the visits that one statement is for.
FILLERS = 2
PART = 50_000


def statements() -> Iterator[tuple[str, Statement]]:
    """All statements with their names, in the order in which they run."""
    for file, names in FILLS.items():
        found = read_statements(FOLDER / f"{file}.sql")
        if sorted(found) != sorted(names):
            raise RuntimeError(f"{file}.sql has {sorted(found)}, to run are {sorted(names)}")
        for name in names:
            yield name, found[name]


def fill(world: World, visits: int, now: datetime) -> None:
    """Fill a new database with visits of the 75 days before `now`, about ten events each."""
    for name, statement in statements():
        started = perf_counter()
        _run(world, statement, visits, now)
        print(f"  {name}: {perf_counter() - started:.1f} s", flush=True)
    with world.connect() as connection:
        connection.execute(SQL["vacuum"])


def _run(world: World, statement: Statement, visits: int, now: datetime) -> None:
    common = {"visits": visits, "now": now}

    def run(piece: tuple[int, int]) -> None:
        parts = {"lower": piece[0], "upper": piece[1]}
        values = {k: v for k, v in (common | parts).items() if k in statement.parameters}
        with world.connect() as connection:
            connection.execute(SQL["session"])
            connection.execute(statement, values)

    if "lower" not in statement.parameters:
        run((1, visits))
        return
    with ThreadPoolExecutor(FILLERS) as threads:
        list(threads.map(run, pieces_of(visits)))


def pieces_of(visits: int) -> Iterator[tuple[int, int]]:
    """The first and the last visit of each part."""
    for first in range(1, visits + 1, PART):
        yield first, min(first + PART - 1, visits)
