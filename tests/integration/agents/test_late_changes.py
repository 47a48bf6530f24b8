"""Whatever a slice changes of a closed day it enters in `late_changes`, by its own transaction."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from tests.integration.agents.histories import history_of
from tests.integration.agents.slices import Bench
from tests.integration.agents.test_histories import declare_stores
from tests.support.ingest_records import record

SLICE = 12
#: Half of the days of histories are before it.
BOUNDARY = date(2026, 10, 27)
#: Figures -> their rows, as (store, day, what stands there).
_OF_STORES = (
    "activity_products_daily", "activity_searches_daily", "product_sales_daily", "order_lines",
    "cart_products_daily", "visitors_daily", "bot_users_daily",
)  # fmt: skip
ROWS = {
    **{table: f"SELECT store_id, day, t::text AS said FROM {table} AS t" for table in _OF_STORES},
    "images": "SELECT store_id, day, concat(image_hash, generated_at, product_id, is_bot,"
    " is_carted, is_carted_by_bot) FROM images WHERE day IS NOT NULL",
}
#: Those of heatmaps are entered under the first name, but for views that move.
HEATMAP = ("heatmap", "heatmap_views")
ROWS |= {
    table: f"SELECT store_id, (hour AT TIME ZONE 'UTC')::date, t::text FROM {table} AS t"
    " JOIN pages USING (page_id)"
    for table in ("heatmap_cells", "heatmap_scroll", "heatmap_elements")
}
DAYS = " UNION ALL ".join(
    f"SELECT '{table}', store_id::text, day, md5(string_agg(said, ',' ORDER BY said))"
    f"  FROM ({query}) AS told (store_id, day, said) GROUP BY 2, 3"
    for table, query in ROWS.items()
)


@pytest.fixture
def closed(bench: Bench) -> Bench:
    """The bench on a day of its own, and not on that of the machine."""
    bench.run(
        "CREATE OR REPLACE FUNCTION closed_before(at timestamptz) RETURNS date"
        f" LANGUAGE sql STABLE PARALLEL SAFE RETURN date '{BOUNDARY}'"
    )
    return bench


def test_every_change_of_a_closed_day_is_entered(closed: Bench) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    history = history_of(seed, 24)
    declare_stores(closed.world, history)
    waiting: dict[str, list[Any]] = {}
    offsets: dict[str, int] = {}
    stored, entered = _days(closed), _entered(closed)
    for number, telling in enumerate(history.tellings):
        pieces = waiting.setdefault(telling.stream, [])
        pieces.append(record(telling.stream, number, **telling.fields))
        if len(pieces) < SLICE:
            continue
        at = offsets.get(telling.stream, 0)
        closed.topic = f"ingest.{telling.stream}"
        closed.write(telling.stream, pieces, at)
        offsets[telling.stream] = at + len(pieces)
        pieces.clear()
        stored_now, entered_now = _days(closed), _entered(closed)
        for (table, store, day), said in stored.items() ^ stored_now.items():
            del said
            names = HEATMAP if table.startswith("heatmap") else (table,)
            is_entered = any(
                entered_now.get((name, store, day), 0) > entered.get((name, store, day), 0)
                for name in names
            )
            assert is_entered is (day < BOUNDARY), (table, store, day, telling.stream)
        stored, entered = stored_now, entered_now
    figures = {table for table in ROWS if not table.startswith("heatmap")} | {*HEATMAP}
    assert {name for name, _, _ in entered} == figures
    assert all(day < BOUNDARY for _, _, day in entered)


def _days(bench: Bench) -> dict[tuple[Any, ...], str]:
    """What each table says of each store and day, in short."""
    return {row[:3]: row[3] for row in bench.rows(DAYS)}


def _entered(bench: Bench) -> dict[tuple[Any, ...], int]:
    found = bench.rows("SELECT figures, store_id::text, day, changes FROM late_changes")
    return {row[:3]: row[3] for row in found}
