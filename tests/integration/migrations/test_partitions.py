"""`ensure_partitions`: partitions ahead of time, and rows out of the default partition."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.integration.migrations.schema_introspection import schema_text

from storepulse.adapters.postgres import migrations
from storepulse.retention.partitions import list_leaves

JUNE = "2026-06-17 13:45+00"
DAY_OF_IDS = "2026-06-17 12:00+00"


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A migrated database."""
    migrations.up(dsn)
    with psycopg.connect(dsn, autocommit=True) as opened:
        yield opened


def ensure(connection: psycopg.Connection[Any], at: str = JUNE) -> int:
    row = connection.execute("SELECT ensure_partitions(%s::timestamptz)", [at]).fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def partitions(connection: psycopg.Connection[Any], parent: str) -> list[str]:
    rows = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = %s::regclass ORDER BY 1",
        [parent],
    )
    return [row[0].removeprefix(parent) for row in rows]


def leaves_of(connection: psycopg.Connection[Any], parent: str) -> list[str]:
    rows = connection.execute(f"SELECT tableoid::regclass::text FROM {parent} ORDER BY 1".encode())
    return [row[0].removeprefix(parent) for row in rows]


def insert_activity(connection: psycopg.Connection[Any], at: str) -> None:
    connection.execute(
        "INSERT INTO customer_activity (event_id, store_id, session_id, correlation_id,"
        " occurred_at, received_at, activity_type, source, consent_analytics, consent_marketing,"
        " is_bot) VALUES (gen_random_uuid(), gen_random_uuid(), 's', 'c', %s, %s, 'page_view',"
        " 'tracker', 'unknown', 'unknown', false)",
        [at, at],
    )


def insert_id(connection: psycopg.Connection[Any], at: str) -> None:
    connection.execute(
        "INSERT INTO event_ids (event_id, store_id, content_crc, stream_number) VALUES ("
        " overlay(gen_random_uuid()::text PLACING"
        "  substr(partition_bound('uuid7_day', %s::timestamptz), 1, 14)"
        "  || '7' FROM 1 FOR 15)::uuid,"
        " gen_random_uuid(), 0, 1)",
        [at],
    )


def test_partitions_are_made_ahead(connection: psycopg.Connection[Any]) -> None:
    entries = connection.execute("SELECT count(*) FROM partitioned_tables").fetchone()
    assert entries is not None
    assert ensure(connection) == 5 * entries[0]
    months = ["_202605", "_202606", "_202607", "_202608", "_202609", "_default"]
    for parent in (
        "customer_activity",
        "heatmap_cells",
        "cart_tracking_events",
        "landing_events",
        "tg_analytics_events",
        "bot_users_daily",
    ):
        assert partitions(connection, parent) == months
    days = ["_20260616", "_20260617", "_20260618", "_20260619", "_20260620", "_default"]
    assert partitions(connection, "event_ids") == days


def test_a_second_run_makes_nothing(connection: psycopg.Connection[Any], dsn: str) -> None:
    ensure(connection)
    before = schema_text(dsn)
    assert ensure(connection) == 0
    assert schema_text(dsn) == before
    # A day later: the next day of ids, and nothing else.
    assert ensure(connection, "2026-06-18 00:00+00") == 1


def test_rows_go_where_they_belong(connection: psycopg.Connection[Any]) -> None:
    ensure(connection)
    for at in ("2026-05-31 23:59:59.999+00", "2026-06-01 00:00+00", "2026-04-30 00:00+00"):
        insert_activity(connection, at)
    assert leaves_of(connection, "customer_activity") == ["_202605", "_202606", "_default"]
    for at in ("2026-06-16 23:59:59.999+00", "2026-06-17 00:00+00", "2020-01-01 00:00+00"):
        insert_id(connection, at)
    assert leaves_of(connection, "event_ids") == ["_20260616", "_20260617", "_default"]


def test_what_the_default_holds_moves(connection: psycopg.Connection[Any]) -> None:
    insert_activity(connection, "2026-06-15 00:00+00")
    insert_activity(connection, "2027-01-15 00:00+00")
    insert_id(connection, DAY_OF_IDS)
    before = connection.execute("SELECT * FROM customer_activity ORDER BY 1").fetchall()
    assert leaves_of(connection, "customer_activity") == ["_default", "_default"]
    ensure(connection)
    assert leaves_of(connection, "customer_activity") == ["_202606", "_default"]
    assert leaves_of(connection, "event_ids") == ["_20260617"]
    assert connection.execute("SELECT * FROM customer_activity ORDER BY 1").fetchall() == before


def test_the_sessions_time_zone_changes_nothing(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET timezone = 'Asia/Tokyo'")
    ensure(connection, "2026-06-30 22:00+00")
    assert partitions(connection, "customer_activity")[1] == "_202606"
    insert_activity(connection, "2026-06-30 23:30+00")
    insert_id(connection, "2026-06-30 23:30+00")
    assert leaves_of(connection, "customer_activity") == ["_202606"]
    assert leaves_of(connection, "event_ids") == ["_20260630"]


def test_an_id_stays_unique_across_the_move(connection: psycopg.Connection[Any]) -> None:
    insert_id(connection, DAY_OF_IDS)
    ensure(connection)
    cursor = connection.execute(
        "INSERT INTO event_ids SELECT * FROM event_ids ON CONFLICT DO NOTHING RETURNING event_id"
    )
    assert cursor.fetchall() == []


def test_a_new_stream_needs_its_own_migration_alone(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "migrations"
    shutil.copytree(migrations.FILES, files)
    monkeypatch.setattr(migrations, "FILES", files)
    number = len(migrations.read_migrations()) + 1
    (files / f"{number:04}_toy.up.sql").write_text("""
        CREATE TABLE toys (event_id uuid NOT NULL, at timestamptz NOT NULL) PARTITION BY RANGE (at);
        CREATE TABLE toys_default PARTITION OF toys DEFAULT WITH (fillfactor = 50);
        INSERT INTO partitioned_tables (parent, unit, keep, fill)
        VALUES ('toys', 'month', interval '2 months', 50);
    """)
    (files / f"{number:04}_toy.down.sql").write_text(
        "DELETE FROM partitioned_tables WHERE parent = 'toys'; DROP TABLE toys;"
    )
    migrations.up(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        ensure(connection)
        connection.execute("INSERT INTO toys VALUES (gen_random_uuid(), %s)", [JUNE])
        assert leaves_of(connection, "toys") == ["_202606"]
        assert partitions(connection, "toys")[0] == "_202605"
        fill = connection.execute("SELECT reloptions FROM pg_class WHERE relname = 'toys_202606'")
        assert fill.fetchone() == (["fillfactor=50"],)
        migrations.down(dsn, number - 1)
        assert ensure(connection) == 0


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_days_are_in_their_month_whatever_the_session_s_zone(
    connection: psycopg.Connection[Any], zone: str
) -> None:
    connection.execute(f"SET timezone TO '{zone}'".encode())
    days = ["2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01"]
    insert = "INSERT INTO visitors_daily VALUES (gen_random_uuid(), %s, 'v')"
    for day in days[::2]:
        connection.execute(insert, [day])  # into the default partition
    ensure(connection)
    for day in days[1::2]:
        connection.execute(insert, [day])
    rows = connection.execute(
        "SELECT day::text, tableoid::regclass::text FROM visitors_daily ORDER BY day"
    ).fetchall()
    months = ("202605", "202606", "202606", "202607")
    assert rows == [(d, f"visitors_daily_{m}") for d, m in zip(days, months, strict=True)]
    june = {leaf.name: leaf for leaf in list_leaves(connection, "visitors_daily")}[
        "visitors_daily_202606"
    ]
    assert june.lower == datetime(2026, 6, 1, tzinfo=UTC)
    assert june.upper == datetime(2026, 7, 1, tzinfo=UTC)
