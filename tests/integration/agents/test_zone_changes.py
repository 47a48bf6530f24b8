"""A store's zone changes while its events are counted: the day of a stored event stays."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.agents.slices import Bench
from tests.integration.agents.test_sessions import Events, to_record
from tests.support.ingest_records import NOW_MS, STORE, record
from tests.support.table_comparison import compare_tables
from tests.support.waiting import wait_until

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import STATEMENTS, change_store, create_store
from storepulse.adapters.postgres.statement import Statement
from storepulse.exactness.model.days import stored_zones, with_days
from storepulse.exactness.model.events import day_of, moment
from storepulse.streams.registry import STREAMS

HOUR = 3_600_000
NOW = moment(NOW_MS)  # 2026-11-21T06:00Z
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
PERIODS = "SELECT from_day::text, zone FROM store_time_zones ORDER BY from_day"
DAYS = "SELECT DISTINCT day::text FROM pages_daily WHERE views > 0 ORDER BY day"


def declare(bench: Bench, **settings: Any) -> None:
    with bench.world.connect() as connection:
        create_store(connection, CLI, NOW, store_id=UUID(STORE), settings=settings)


def move(bench: Bench, zone: str, now: datetime = NOW) -> None:
    with bench.world.connect() as connection:
        change_store(connection, CLI, UUID(STORE), {"settings": {"time_zone": zone}}, now)


def assert_agrees(bench: Bench, events: Events) -> None:
    with bench.world.connect() as connection:
        differences = compare_tables(connection, events.listed)
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


@pytest.mark.long
def test_a_change_gives_up_where_a_slice_takes_long(bench: Bench) -> None:
    declare(bench)
    with bench.world.connect() as slice_, slice_.transaction():
        slice_.execute("SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.time_zones'))")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            move(bench, "Europe/Berlin")
        event = Events().add("s-1", 0)
        assert bench.write("activity", [to_record(event)]).applied == 1
    assert bench.rows(PERIODS) == []


@pytest.mark.long
def test_a_change_that_is_frozen_holds_slices_up_for_seconds(bench: Bench) -> None:
    declare(bench)
    event = Events().add("s-1", 20 * HOUR)
    with closing(bench.world.connect()) as frozen:
        frozen.execute("BEGIN")
        changes = {"settings": {"time_zone": "America/New_York"}}
        change_store(frozen, CLI, UUID(STORE), changes, NOW)
        assert bench.write("activity", [to_record(event)]).applied == 1
        with pytest.raises(psycopg.Error):
            frozen.execute("SELECT 1")
    assert bench.rows(PERIODS) == []
    assert bench.rows(DAYS) == [("2026-11-22",)]


def test_other_changes_wait_for_no_slice(bench: Bench) -> None:
    declare(bench)
    with bench.world.connect() as slice_, slice_.transaction():
        slice_.execute("SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.time_zones'))")
        with bench.world.connect() as connection:
            changes = {"settings": {"time_zone": "UTC", "currency": "EUR"}}
            change_store(connection, CLI, UUID(STORE), changes, NOW)


#: Tables with a row for each event.
ROWS = [stream.rows for stream in STREAMS.values() if stream.rows is not None]


@pytest.mark.parametrize(
    "statement",
    [STATEMENTS["has_events"], *(STATEMENTS["latest_event"].with_names(rows=n) for n in ROWS)],
    ids=["any", *ROWS],
)
def test_the_furthest_event_is_found_by_indexes(bench: Bench, statement: Statement) -> None:
    with bench.world.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL enable_seqscan TO off")
        asked = {"store_id": STORE, "now": NOW}
        plan = connection.execute(b"EXPLAIN " + statement, asked).fetchall()
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
    # What waits in the outbox is of now, or before.
    assert {name for (name,) in tables} == {*ROWS, "usage_outbox"}


@pytest.mark.parametrize("start", ["2026-03-28", "2026-04-04", "2026-10-24", "2026-10-31"])
def test_no_day_moves_however_often_the_zone_changes(bench: Bench, start: str) -> None:
    """Slices of a store, about a day on which some of its zones change their clocks, while somebody
    changes its zone again and again."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    declare(bench)
    events = Events()
    begin = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp() * 1000)
    slices = []
    for number in range(24):
        now = begin + number * 5 * HOUR
        times = [now + chance.randrange(-3 * HOUR, 24 * HOUR) for _ in range(chance.randint(1, 6))]
        told = [
            events.add(
                f"s-{chance.randrange(9)}", at - NOW_MS, product_id="mug",
                activity_type=chance.choice(("page_view", "product_view", "search", "purchase")),
                search_query="mugs", order_id=chance.choice((None, f"#{chance.randrange(20)}")),
            )
            for at in times
        ]  # fmt: skip
        slices.append((now, [to_record(event | {"received_at": now}) for event in told]))
    clock, is_over, others = [begin], threading.Event(), random.Random(seed)

    def change() -> int:
        count = 0
        while not is_over.is_set():
            move(bench, others.choice(ZONES), moment(clock[0]))
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        try:
            offset = 0
            for now, records in slices:
                clock[0] = now
                bench.write("activity", records, offset)
                offset += len(records)
        finally:
            is_over.set()
        assert changing.result(timeout=20) > 5
    assert_agrees(bench, events)
    said = bench.rows(
        "SELECT event_id::text, store_day(store_id, occurred_at) FROM customer_activity"
    )
    with bench.world.connect() as connection:
        zones = stored_zones(connection)
    assert dict(said) == {e["event_id"]: day_of(e) for e in with_days(events.listed, zones)}
