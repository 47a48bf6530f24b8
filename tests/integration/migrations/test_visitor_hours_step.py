"""The step that keeps visitors by hour makes them of the stored events, and leads back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
from tests.integration.migrations.schema_introspection import schema_text

from storepulse.adapters.postgres import migrations

STEP = 27
STORE = "00000000-0000-4000-8000-000000000001"
COLUMNS = """event_id, store_id, session_id, visitor_id, correlation_id, occurred_at, received_at,
    source, consent_analytics, consent_marketing, is_bot"""
ROW = """gen_random_uuid(), %(store)s, 's', {visitor}, 'c', '2026-03-01 {clock}Z', '2026-03-01Z',
    '{source}', 'granted', 'granted', {is_bot}"""


def row(visitor: str, clock: str, *, source: str = "tracker", is_bot: str = "false") -> str:
    return ROW.format(visitor=visitor, clock=clock, source=source, is_bot=is_bot)


ACTIVITY = f"INSERT INTO customer_activity ({COLUMNS}, activity_type, name) SELECT "
STORED = (
    "INSERT INTO stores (store_id) VALUES (%(store)s)",
    (
        "INSERT INTO store_time_zones (store_id, from_day, zone)"
        " VALUES (%(store)s, '2026-01-01', 'Asia/Kolkata')"
    ),
    f"{ACTIVITY} {row(repr('v-1'), '18:10')}, 'page_view', NULL",
    # Half past six in the evening is midnight there: the hour lies on two days.
    f"{ACTIVITY} {row(repr('v-1'), '18:40')}, 'page_view', NULL",
    f"{ACTIVITY} {row(repr('v-1'), '18:50')}, 'product_view', NULL",
    f"{ACTIVITY} {row('NULL', '18:59')}, 'page_view', NULL",
    f"{ACTIVITY} {row(repr('v-bot'), '18:10', is_bot='true')}, 'page_view', NULL",
    f"{ACTIVITY} {row(repr('v-told'), '18:10', source='server')}, 'custom', 'cart_abandoned'",
    (
        f"INSERT INTO landing_events ({COLUMNS}, event_type, event_name, landing_page_id)"
        f" SELECT {row(repr('v-2'), '19:00')}, 'PageView', 'PageView', 'lp'"
    ),
)


def test_stored_visitors_are_there_by_hour(dsn: str) -> None:
    migrations.up(dsn, STEP - 1)
    before = schema_text(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in STORED:
            connection.execute(statement.encode(), {"store": STORE})
        assert migrations.up(dsn, STEP) == [STEP]
        found = connection.execute(
            "SELECT day, hour, visitor FROM visitors_hourly ORDER BY day, hour, visitor"
        ).fetchall()
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    evening, later = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (18, 19))
    assert [(day, hour.astimezone(UTC), visitor) for day, hour, visitor in found] == [
        (first, evening, "v-1"),
        (second, evening, "s:s"),
        (second, evening, "v-1"),
        (second, later, "v-2"),
    ]
    assert migrations.down(dsn, STEP - 1) == [STEP]
    assert schema_text(dsn) == before
