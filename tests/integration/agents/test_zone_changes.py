"""A store's zone changes while its events are counted: the day of a stored event stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from tests.integration.agents.slices import Bench
from tests.integration.agents.test_sessions import Events, to_record
from tests.support.ingest_records import NOW_MS, STORE, record
from tests.support.waiting import wait_until

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import STATEMENTS, change_store, create_store
from storepulse.exactness.model import comparison
from storepulse.exactness.model.events import moment

HOUR = 3_600_000
NOW = moment(NOW_MS)  # 2026-11-21T06:00Z
PERIODS = "SELECT from_day::text, zone FROM store_time_zones ORDER BY from_day"
DAYS = "SELECT day::text FROM pages_daily ORDER BY day"


def declare(bench: Bench, **settings: Any) -> None:
    with bench.world.connect() as connection:
        create_store(connection, CLI, NOW, store_id=UUID(STORE), settings=settings)


def move(bench: Bench, zone: str, now: datetime = NOW) -> None:
    with bench.world.connect() as connection:
        change_store(connection, CLI, UUID(STORE), {"settings": {"time_zone": zone}}, now)


def assert_agrees(bench: Bench, events: Events) -> None:
    with bench.world.connect() as connection:
        differences = comparison.compare(connection, events.listed)
    assert not differences, str(differences)


@contextmanager
def held_table(bench: Bench, table: str) -> Iterator[None]:
    """Nobody writes to the table."""
    with bench.world.connect() as connection, connection.transaction():
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
        yield


def waiters(bench: Bench, kind: str) -> int:
    (row,) = bench.rows(
        "SELECT count(*)::int FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE datname = current_database() AND locktype = %s AND NOT granted", kind,
    )  # fmt: skip
    count: int = row[0]
    return count


def test_a_change_holds_after_the_furthest_stored_event(bench: Bench) -> None:
    declare(bench)
    events = Events()
    ahead = [events.add("s-1", at) for at in (0, 20 * HOUR)]  # the last at 02:00Z of the 22nd
    bench.write("activity", [to_record(event) for event in ahead])
    move(bench, "America/New_York")
    assert bench.rows(PERIODS) == [("2026-11-23", "America/New_York")]
    later = [events.add("s-2", at) for at in (21 * HOUR, 22 * HOUR)]
    bench.write("activity", [to_record(event) for event in later], 2)
    assert_agrees(bench, events)
    # Again, while the first one has not begun: it is replaced, and no day moves.
    move(bench, "Asia/Kolkata")
    assert bench.rows(PERIODS) == [("2026-11-23", "Asia/Kolkata")]
    assert_agrees(bench, events)


def test_a_change_that_events_lie_under_is_followed_not_replaced(bench: Bench) -> None:
    declare(bench)
    events = Events()
    move(bench, "Asia/Tokyo")
    event = events.add("s-1", 23 * HOUR)  # 05:00Z of the 22nd, 14:00 in Tokyo
    bench.write("activity", [to_record(event)])
    move(bench, "Europe/Berlin")
    assert bench.rows(PERIODS) == [("2026-11-22", "Asia/Tokyo"), ("2026-11-23", "Europe/Berlin")]
    move(bench, "Asia/Tokyo")
    assert bench.rows(PERIODS) == [("2026-11-22", "Asia/Tokyo")]
    assert_agrees(bench, events)


@pytest.mark.parametrize("stream", ["activity", "cart", "landing"])
def test_the_furthest_event_may_be_of_any_stream(bench: Bench, stream: str) -> None:
    declare(bench)
    bench.write(stream, [record(stream, occurred_at=NOW_MS + 20 * HOUR)])
    move(bench, "Europe/Berlin")
    assert bench.rows(PERIODS) == [("2026-11-23", "Europe/Berlin")]


def test_a_new_store_is_in_its_zone_on_all_days(bench: Bench) -> None:
    declare(bench, time_zone="Europe/Berlin")
    assert bench.rows(PERIODS) == [("1970-01-01", "Europe/Berlin")]
    events = Events()
    late = [events.add("s-1", at) for at in (-7 * HOUR - 1, -7 * HOUR)]  # about Berlin's midnight
    bench.write("activity", [to_record(event) for event in late])
    assert bench.rows(DAYS) == [("2026-11-20",), ("2026-11-21",)]
    assert_agrees(bench, events)


def test_a_store_with_events_is_declared_without_moving_them(bench: Bench) -> None:
    events = Events()
    bench.write("activity", [to_record(events.add("s-1", -7 * HOUR))])
    declare(bench, time_zone="Europe/Berlin")
    assert bench.rows(PERIODS) == [("2026-11-22", "Europe/Berlin")]
    bench.write("activity", [to_record(events.add("s-2", 17 * HOUR))], 1)
    assert bench.rows(DAYS) == [("2026-11-20",), ("2026-11-21",)]
    assert_agrees(bench, events)


def test_a_change_waits_for_slices_that_are_under_way(bench: Bench) -> None:
    declare(bench)
    events = Events()
    event = events.add("s-1", 20 * HOUR)
    with ThreadPoolExecutor(2) as pool:
        with held_table(bench, "pages_daily"):
            # It has its days, and is not stored.
            slice_: Future[Any] = pool.submit(bench.write, "activity", [to_record(event)])
            wait_until(lambda: waiters(bench, "relation") == 1, "the slice at the table")
            change: Future[Any] = pool.submit(move, bench, "America/New_York")
            wait_until(lambda: waiters(bench, "advisory") == 1, "the change behind the slice")
        slice_.result(timeout=20)
        change.result(timeout=20)
    assert bench.rows(PERIODS) == [("2026-11-23", "America/New_York")]
    assert_agrees(bench, events)


def test_slices_wait_for_a_change_that_is_under_way(bench: Bench) -> None:
    declare(bench)
    events = Events()
    event = events.add("s-1", 20 * HOUR)
    with ThreadPoolExecutor(1) as pool, bench.world.connect() as connection:
        with connection.transaction():
            change_store(
                connection, CLI, UUID(STORE), {"settings": {"time_zone": "America/New_York"}}, NOW
            )
            slice_: Future[Any] = pool.submit(bench.write, "activity", [to_record(event)])
            wait_until(lambda: waiters(bench, "advisory") == 1, "the slice behind the change")
        slice_.result(timeout=20)
    assert bench.rows(PERIODS) == [("2026-11-22", "America/New_York")]
    assert bench.rows(DAYS) == [("2026-11-21",)]  # 21:00 in New York, where the 22nd has not begun
    assert_agrees(bench, events)


def test_other_changes_wait_for_no_slice(bench: Bench) -> None:
    declare(bench)
    with bench.world.connect() as slice_, slice_.transaction():
        slice_.execute("SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.time_zones'))")
        with bench.world.connect() as connection:
            changes = {"settings": {"time_zone": "UTC", "currency": "EUR"}}
            change_store(connection, CLI, UUID(STORE), changes, NOW)


def test_the_furthest_event_is_found_by_indexes(bench: Bench) -> None:
    with bench.world.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL enable_seqscan TO off")
        asked = {"store_id": STORE, "now": NOW}
        plan = connection.execute(b"EXPLAIN " + STATEMENTS["stored_events"], asked).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "Seq Scan" not in text, text
    assert "Sort " not in text, text
    bounds = [line.strip() for line in text.splitlines() if "Index Cond" in line]
    assert bounds, text
    assert all("store_id = " in b or "stream" in b for b in bounds), text


def test_every_table_of_events_is_asked_for_the_furthest(bench: Bench) -> None:
    tables = bench.rows(
        "SELECT c.relname FROM pg_class c"
        "  JOIN pg_attribute s ON s.attrelid = c.oid AND s.attname = 'store_id'"
        "  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'occurred_at'"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
        "   AND c.relnamespace = 'public'::regnamespace AND c.relname !~ '^deliver'"
    )
    statement = STATEMENTS["stored_events"].decode()
    assert len(tables) >= 3
    assert [name for (name,) in tables if f"FROM {name}\n" not in statement] == []
