"""Whatever a slice changes of a closed day it enters in `late_changes`, by its own transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.integration.agents.histories import History, history_of
from tests.integration.agents.slices import Bench
from tests.integration.agents.test_histories import declare_stores
from tests.support.ingest_records import Record, record

SLICE = 30
STORES = 40
#: Of a history that has something late of everything.
SEED = 1
#: Half of the days of histories are before it.
BOUNDARY = date(2026, 10, 27)
#: Figures -> their rows, as (store, day, what stands there).
_OF_STORES = (
    "activity_products_daily", "activity_searches_daily", "product_sales_daily", "order_lines",
    "cart_products_daily", "visitors_daily", "visitors_hourly", "bot_users_daily",
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
    history = history_of(SEED, STORES)
    declare_stores(closed.world, history)
    stored, entered, offsets = _days(closed), _entered(closed), Counter[str]()
    for stream, records in _slices_of(history):
        closed.topic = f"ingest.{stream}"
        closed.write(stream, records, offsets[stream])
        offsets[stream] += len(records)
        stored_now, entered_now = _days(closed), _entered(closed)
        for table, store, day in {key for key, _ in stored.items() ^ stored_now.items()}:
            names = HEATMAP if table.startswith("heatmap") else (table,)
            is_entered = any(
                entered_now.get((name, store, day), 0) > entered.get((name, store, day), 0)
                for name in names
            )
            assert is_entered is (day < BOUNDARY), (table, store, day, stream)
        stored, entered = stored_now, entered_now
    assert all(day < BOUNDARY for _, _, day in entered)
    figures = {table for table in ROWS if not table.startswith("heatmap")} | {*HEATMAP}
    assert {name for name, _, _ in entered} == figures


def test_an_image_that_moves_changes_both_days(closed: Bench) -> None:
    for offset, day in enumerate((26, 25)):  # the earliest telling counts
        told = record(
            "activity", offset, activity_type="custom", name="image_generated",
            metadata='{"image_url": "https://cdn.example/1.png"}',
            occurred_at=int(datetime(2026, 10, day, 12, tzinfo=UTC).timestamp() * 1000),
        )  # fmt: skip
        closed.write("activity", [told], offset)
    assert closed.rows("SELECT day FROM images") == [(date(2026, 10, 25),)]
    images = "SELECT day, changes FROM late_changes WHERE figures = 'images' ORDER BY day"
    assert closed.rows(images) == [(date(2026, 10, 25), 1), (date(2026, 10, 26), 2)]


def _slices_of(history: History) -> Iterator[tuple[str, list[Record]]]:
    """Each stream's records, some at a time, as they came."""
    waiting: defaultdict[str, list[Record]] = defaultdict(list)
    for number, telling in enumerate(history.tellings):
        waiting[telling.stream].append(record(telling.stream, number, **telling.fields))
        if len(waiting[telling.stream]) == SLICE:
            yield telling.stream, waiting.pop(telling.stream)
    yield from waiting.items()


def _days(bench: Bench) -> dict[tuple[Any, ...], str]:
    """What each table says of each store and day, in short."""
    return {row[:3]: row[3] for row in bench.rows(DAYS)}


def _entered(bench: Bench) -> dict[tuple[Any, ...], int]:
    found = bench.rows("SELECT figures, store_id::text, day, changes FROM late_changes")
    return {row[:3]: row[3] for row in found}
