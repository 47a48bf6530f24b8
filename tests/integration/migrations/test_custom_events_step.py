"""The step that counts custom events by name counts what is stored, and leads back."""

from __future__ import annotations

from datetime import date

import psycopg
from tests.integration.migrations.schema_introspection import schema_text

from storepulse.adapters.postgres import migrations

STEP = 19
STORE = "00000000-0000-4000-8000-000000000001"
ROW = "gen_random_uuid(), %(store)s, 's', 'c', '2026-03-01 16:00Z', '2026-03-01Z', 'tracker'"
COLUMNS = "event_id, store_id, session_id, correlation_id, occurred_at, received_at, source"
STORED = f"""
    INSERT INTO stores (store_id) VALUES (%(store)s);
    INSERT INTO store_time_zones (store_id, from_day, zone)
    VALUES (%(store)s, '2026-01-01', 'Asia/Tokyo');
    INSERT INTO customer_activity ({COLUMNS}, consent_analytics, consent_marketing, is_bot,
           activity_type, name)
    SELECT {ROW}, 'granted', 'granted', false, 'custom', name
      FROM unnest(ARRAY[%(composed)s, %(decomposed)s, null]) AS name;
    INSERT INTO customer_activity ({COLUMNS}, consent_analytics, consent_marketing, is_bot,
           activity_type, name)
    VALUES ({ROW}, 'granted', 'granted', false, 'page_view', 'view');
    INSERT INTO landing_events ({COLUMNS}, consent_analytics, consent_marketing, is_bot, event_type,
           event_name, landing_page_id)
    VALUES ({ROW}, 'granted', 'granted', true, 'Custom', ' Quiz  1', 'lp')
"""


def test_stored_events_are_counted_by_name(dsn: str) -> None:
    migrations.up(dsn, STEP - 1)
    before = schema_text(dsn)
    values = {"store": STORE, "composed": "caf\u00e9", "decomposed": " cafe\u0301  "}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in STORED.split(";"):
            connection.execute(statement.encode(), values)
        assert migrations.up(dsn, STEP) == [STEP]
        found = connection.execute(
            "SELECT day, stream, is_bot, name, events, name_hash = text_hash(name)"
            "  FROM custom_events_daily ORDER BY stream, name"
        ).fetchall()
        day = date(2026, 3, 2)
        assert found == [
            (day, "activity", False, "", 1, True),
            (day, "activity", False, "caf\u00e9", 2, True),
            (day, "landing", True, "Quiz 1", 1, True),
        ]
    assert migrations.down(dsn, STEP - 1) == [STEP]
    assert schema_text(dsn) == before
