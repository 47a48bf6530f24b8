"""Usage in the database: figures, months that close, late events, and several at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.agents.slices import Bench, Places
from tests.support.ingest_records import STORE, Record, event_id, record
from tests.support.table_comparison import compare_tables
from tests.support.waiting import wait_until

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import create_store
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.metering.closing import close_due, close_through, make_missing
from storepulse.metering.reading import read_statement, recompute
from storepulse.streams.usage.statement import UsageStatement

OTHER = "7f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
LINES = (
    "SELECT to_char(period, 'MM'), to_char(for_period, 'MM'), meter, count::int, sum::float,"
    " max_change::float, last_change::float FROM usage_lines ORDER BY 1, 2, 3"
)
WAITERS = (
    "SELECT count(*)::int FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE datname = current_database() AND NOT granted"
)
#: After October and before November's end.
LATER = datetime(2026, 11, 21, 6, tzinfo=UTC)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def used(n: int, at: str, quantity: str, *, meter: str = "sms", store: str = STORE) -> Record:
    return record(
        "usage", n, occurred_at=ms(at), quantity=quantity, meter=meter, store_id=store,
        source="server", session_id=None,
    )  # fmt: skip


@contextmanager
def connected(bench: Bench) -> Iterator[psycopg.Connection[Any]]:
    """As the agents' role, in autocommit mode."""
    dsn = bench.world.settings_of("agents").dsn
    with connect(dsn, SessionOptions(name="usage-test", lock_seconds=10)) as connection:
        yield connection


def close(bench: Bench, until: datetime = LATER) -> int:
    with connected(bench) as connection:
        closed = close_due(connection, until, until)
        make_missing(connection)
        return closed


def statement(bench: Bench, period: date, store: str = STORE) -> UsageStatement:
    """The stored one, which its own events must make again."""
    with connected(bench) as connection, connection.transaction():
        told, stored = read_statement(connection, UUID(store), period)
        made = recompute(connection, told.head)
        assert told.text == made.text
        assert stored == made.hash
        return told


def event_of(
    n: int, at: str, quantity: str, *, meter: str = "sms", store: str = STORE
) -> dict[str, Any]:
    return {
        "stream": "usage", "store_id": store, "event_id": event_id(n), "occurred_at": ms(at),
        "meter": meter, "quantity": quantity, "is_bot": False,
    }  # fmt: skip


def test_rows_and_figures_are_those_of_the_plain_model(bench: Bench) -> None:
    rng = random.Random(7)
    told = [
        (
            n, f"2026-{rng.choice(('10-31', '11-01'))}T{rng.randrange(24):02}:00:00Z",
            f"{rng.randrange(100)}.{rng.randrange(10_000):04}",
            rng.choice(("sms", "a.b", "Z")), rng.choice((STORE, OTHER)),
        )
        for n in range(120)
    ]  # fmt: skip
    records = [used(n, at, q, meter=m, store=s) for n, at, q, m, s in told]
    copies = [*records, *rng.sample(records, 30)]
    rng.shuffle(copies)
    for start in range(0, len(copies), 25):
        bench.write("usage", copies[start : start + 25], start)
    events = [event_of(n, at, q, meter=m, store=s) for n, at, q, m, s in told]
    with bench.world.connect() as connection:
        differences = compare_tables(connection, events)
    assert not differences, str(differences)
    assert bench.counts()["duplicate"] == 30


def test_a_redelivered_slice_changes_nothing(bench: Bench) -> None:
    records = [used(1, "2026-11-02T00:00:00Z", "2"), used(2, "2026-11-02T00:00:00Z", "3")]
    bench.write("usage", records)
    bench.write("usage", records)
    assert bench.rows("SELECT count::int, sum::int FROM usage_current") == [(2, 5)]


def test_months_are_those_of_the_stores_zone(bench: Bench) -> None:
    with bench.world.connect() as connection:
        create_store(
            connection, CLI, datetime(2026, 1, 1, tzinfo=UTC), store_id=UUID(STORE),
            settings={"time_zone": "Europe/Berlin"},
        )  # fmt: skip
    # November begins in Berlin at 23:00Z.
    bench.write(
        "usage", [used(1, "2026-10-31T22:59:59Z", "1"), used(2, "2026-10-31T23:00:00Z", "2")]
    )
    assert bench.rows("SELECT to_char(period, 'MM'), sum::int FROM usage_current ORDER BY 1") == [
        ("10", 1), ("11", 2),
    ]  # fmt: skip
    before, after = (datetime(2026, 10, 31, hour, tzinfo=UTC) for hour in (22, 23))
    assert close(bench, before + timedelta(minutes=59)) == 0
    assert close(bench, after) == 1
    told = statement(bench, OCTOBER)
    assert (told.head.zone, told.events) == ("Europe/Berlin", 1)
    assert told.head.starts_at == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert told.head.ends_at == after


def test_late_events_adjust_the_open_month_and_no_statement_changes(bench: Bench) -> None:
    bench.write(
        "usage", [used(1, "2026-10-05T00:00:00Z", "10"), used(2, "2026-10-20T00:00:00Z", "4")]
    )
    assert close(bench) == 1
    october = statement(bench, OCTOBER)
    bench.write(
        "usage",
        [
            used(3, "2026-10-25T00:00:00Z", "1"), used(4, "2026-10-06T00:00:00Z", "12"),
            used(5, "2026-11-02T00:00:00Z", "7"), used(6, "2026-10-30T00:00:00Z", "2", meter="new"),
        ],
        2,
    )  # fmt: skip
    assert statement(bench, OCTOBER).hash == october.hash
    # What limits of November count of October.
    late = "SELECT to_char(period, 'MM'), meter, count::int, sum::float FROM usage_late ORDER BY 2"
    assert bench.rows(late) == [("11", "new", 1, 2.0), ("11", "sms", 2, 13.0)]
    assert close(bench) == 0
    assert close(bench, datetime(2026, 12, 1, tzinfo=UTC)) == 1
    assert bench.rows(LINES) == [
        ("10", "10", "sms", 2, 14.0, 10.0, 4.0),
        ("11", "10", "new", 1, 2.0, 2.0, 2.0),
        # The greatest was 10 and is 12, the last was 4 and is 1.
        ("11", "10", "sms", 2, 13.0, 2.0, -3.0),
        ("11", "11", "sms", 1, 7.0, 7.0, 7.0),
    ]
    statement(bench, NOVEMBER)
    # Once more, against the adjusted figures.
    bench.write("usage", [used(7, "2026-10-31T00:00:00Z", "15")], 6)
    close(bench, datetime(2027, 1, 1, tzinfo=UTC))
    assert bench.rows(LINES)[-1] == ("12", "10", "sms", 1, 15.0, 3.0, 14.0)
    (counts,) = bench.rows("SELECT sum(count)::int, (SELECT count(*) FROM usage_events)::int"
                           " FROM usage_lines")  # fmt: skip
    assert counts == (7, 7)


def test_the_first_events_of_a_store_may_come_in_any_order(bench: Bench) -> None:
    bench.write("usage", [used(1, "2026-11-01T00:00:05Z", "1")])
    bench.write("usage", [used(2, "2026-10-31T23:59:55Z", "2")], 1)
    assert close(bench) == 1
    assert [line[:5] for line in bench.rows(LINES)] == [("10", "10", "sms", 1, 2.0)]


def test_a_month_without_events_is_closed_as_well(bench: Bench) -> None:
    bench.write("usage", [used(1, "2026-10-05T00:00:00Z", "1")])
    assert close(bench, datetime(2027, 1, 1, tzinfo=UTC)) == 3
    assert [statement(bench, date(2026, month, 1)).events for month in (10, 11, 12)] == [1, 0, 0]


def test_closing_waits_for_a_slice_that_bills_in_the_month(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slice is in the statement, though it commits after the closing began."""
    bench.write("usage", [used(1, "2026-10-05T00:00:00Z", "1")])
    reached, go_on = threading.Event(), threading.Event()

    def stop_here() -> None:
        reached.set()
        assert go_on.wait(20)

    Places(monkeypatch, "agents.after_rows", stop_here)
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(bench.write, "usage", [used(2, "2026-10-06T00:00:00Z", "2")], 1)
        assert reached.wait(20)
        closing = pool.submit(close, bench)
        wait_until(lambda: bench.rows(WAITERS) == [(1,)])
        assert not closing.done()
        go_on.set()
        writing.result(20)
        assert closing.result(20) == 1
    assert statement(bench, OCTOBER).events == 2


def test_a_slice_that_waits_for_the_closing_adjusts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write("usage", [used(1, "2026-10-05T00:00:00Z", "1")])
    with bench.world.connect() as connection, ThreadPoolExecutor(1) as pool:
        with connection.transaction():
            connection.execute(
                "UPDATE usage_stores SET open_period = '2026-11-01', closed_at = now()"
            )
            connection.execute(
                "INSERT INTO usage_statements (store_id, period, closed_at)"
                " VALUES (%s, '2026-10-01', now())", [STORE],
            )  # fmt: skip
            writing = pool.submit(bench.write, "usage", [used(2, "2026-10-06T00:00:00Z", "2")], 1)
            wait_until(lambda: bench.rows(WAITERS) == [(1,)])
        writing.result(20)
    close(bench, datetime(2026, 12, 1, tzinfo=UTC))
    assert [line[:5] for line in bench.rows(LINES)] == [
        ("10", "10", "sms", 1, 1.0), ("11", "10", "sms", 1, 2.0),
    ]  # fmt: skip


def test_whoever_closes_beside_slices_loses_and_doubles_nothing(bench: Bench) -> None:
    """Two workers write October's events of two stores while three close it again and again."""
    rng = random.Random(3)
    stop = threading.Event()

    def write(partition: int) -> None:
        writer = bench.another_writer("usage")
        try:
            for n in range(12):
                first = 1_000 * (partition + 1) + 10 * n
                piece = bench.slice(
                    [
                        used(first + k, f"2026-10-{rng.randrange(1, 29):02}T00:00:00Z", "1",
                             store=rng.choice((STORE, OTHER)))
                        for k in range(10)
                    ],
                    10 * n, partition,
                )  # fmt: skip
                prepared = prepare(piece, schema_of("usage"))
                writer.write(prepared, bench.source(partition), bench.broker)
        finally:
            writer.close()

    def close_often() -> None:
        while not stop.is_set():
            close(bench)

    with ThreadPoolExecutor(5) as pool:
        closers = [pool.submit(close_often) for _ in range(3)]
        for writing in [pool.submit(write, partition) for partition in (0, 1)]:
            writing.result(60)
        stop.set()
        for closing in closers:
            closing.result(60)
    close(bench, datetime(2026, 12, 1, tzinfo=UTC))
    assert bench.rows("SELECT sum(count)::int, sum(sum)::int FROM usage_lines") == [(240, 240)]
    for store in (STORE, OTHER):
        for period in (OCTOBER, NOVEMBER):
            statement(bench, period, store)


def test_a_statement_that_was_not_made_is_made_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storepulse.metering import closing

    bench.write("usage", [used(1, "2026-10-05T00:00:00Z", "1")])

    def die(place: str) -> None:
        if place == "usage.before_statement":
            raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(closing, "reach", die)
        with pytest.raises(RuntimeError):
            close(bench)
    assert bench.rows("SELECT hash FROM usage_statements") == [(None,)]
    assert bench.rows(LINES) == []
    bench.write("usage", [used(2, "2026-10-06T00:00:00Z", "5")], 1)
    close(bench)
    assert statement(bench, OCTOBER).events == 1


def test_a_month_is_closed_by_hand_once_it_is_over(bench: Bench) -> None:
    from storepulse.domain.errors import Rejected

    bench.write("usage", [used(1, "2026-09-30T00:00:00Z", "1")])
    with connected(bench) as connection:
        store = UUID(STORE)
        with pytest.raises(Rejected, match="is not over"):
            close_through(connection, store, NOVEMBER, LATER)
        assert close_through(connection, store, OCTOBER, LATER) == 2
        with pytest.raises(Rejected, match="is closed"):
            close_through(connection, store, OCTOBER, LATER)
        with pytest.raises(Rejected, match="no usage"):
            close_through(connection, UUID(OTHER), OCTOBER, LATER)


def test_quantities_are_kept_to_the_last_place(bench: Bench) -> None:
    great = "999999999999.9999"
    bench.write("usage", [used(n, "2026-11-02T00:00:00Z", great) for n in range(300)])
    (row,) = bench.rows("SELECT sum, max FROM usage_current")
    assert row == (300 * Decimal(great), Decimal(great))
