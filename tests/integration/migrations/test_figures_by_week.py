"""The step that adds figures by week and by page makes them of what is stored, and leads back."""

from __future__ import annotations

from datetime import date

import psycopg
from tests.integration.migrations.schema_introspection import schema_text

from storepulse.adapters.postgres import migrations

STEP = 16
STORE = "00000000-0000-4000-8000-000000000001"
#: A Sunday and the Monday after it.
DAYS = (date(2026, 3, 1), date(2026, 3, 2))
STORED = """
    INSERT INTO sessions (store_id, session_id, started_at, ended_at, day, steps, pages, events,
           is_bot, entry_page, exit_page)
    SELECT %(store)s, 's-' || n, '2026-03-01Z', '2026-03-01Z', %(sunday)s, 1, 1, 1, false,
           CASE WHEN n < 4 THEN '/' END, CASE WHEN n < 3 THEN '/mug' END
      FROM generate_series(1, 5) AS n;
    INSERT INTO pages_daily
    SELECT %(store)s, %(sunday)s, text_hash('/'), false, '/', 7;
    INSERT INTO cart_products_daily
    SELECT %(store)s, day, 'p', 'planned', false, null, 1, 2
      FROM unnest(ARRAY[%(sunday)s, %(monday)s]::date[]) AS day;
    INSERT INTO pages (store_id, page) VALUES (%(store)s, '/');
    INSERT INTO heatmap_cells
    SELECT page_id, hour, 'mobile', 'click', 1, 1, false, 2, 0
      FROM pages, unnest('{2026-03-01 23:00Z,2026-03-02 00:00Z}'::timestamptz[]) AS hour;
    INSERT INTO heatmap_scroll
    SELECT page_id, '2026-03-01 10:00Z', 'mobile', 3, false, 5, 1 FROM pages;
    INSERT INTO customer_activity (event_id, store_id, session_id, correlation_id, occurred_at,
           received_at, activity_type, source, consent_analytics, consent_marketing, is_bot)
    VALUES (gen_random_uuid(), %(store)s, 's', 'c', '2026-03-01Z', '2026-03-01Z', 'custom',
            'tracker', 'granted', 'granted', false)
"""


def test_stored_figures_are_there_by_week_and_page(dsn: str) -> None:
    migrations.up(dsn, STEP - 1)
    before = schema_text(dsn)
    values = {"store": STORE, "sunday": DAYS[0], "monday": DAYS[1]}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in STORED.split(";"):
            connection.execute(statement.encode(), values)
        assert migrations.up(dsn, STEP) == [STEP]

        def rows(query: str) -> list[tuple[object, ...]]:
            return connection.execute(query.encode()).fetchall()

        pages = "SELECT page, views, entries, exits FROM pages_daily ORDER BY page"
        assert rows(pages) == [
            ("/", 7, 3, 0), ("/mug", 0, 0, 2),
        ]  # fmt: skip
        products = "SELECT week, carts, generated_images FROM cart_products_weekly ORDER BY 1"
        assert rows(products) == [
            (date(2026, 2, 23), 1, 2), (date(2026, 3, 2), 1, 2),
        ]  # fmt: skip
        heatmap = "SELECT day, pointer_events, scroll_events FROM heatmap_pages_daily ORDER BY 1"
        assert rows(heatmap) == [
            (DAYS[0], 2, 5), (DAYS[1], 2, 0),
        ]  # fmt: skip
        assert rows("SELECT name, order_id, items, view_id FROM customer_activity") == [(None,) * 4]
        assert migrations.down(dsn, STEP - 1) == [STEP]
        assert rows("SELECT page, views FROM pages_daily") == [("/", 7)]
    assert schema_text(dsn) == before
