"""Faults that pass are waited for and leave exact counts; nothing is set aside for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.integration.agents.slices import Bench, Places, with_connections, without_connections
from tests.support.ingest_records import record

from storepulse.agents.preparation import prepare
from storepulse.agents.transaction import SliceTransaction
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.domain.event_keys import RecentIds
from storepulse.slices import writer as writing
from storepulse.slices.publisher import SlicePublisher
from storepulse.streams.reducers import reducer_of

EXACT = {"accepted": 5, "applied": 5, "duplicate": 0, "conflict": 0, "dead": 0}


def clicks(*numbers: int) -> list[Any]:
    return [record("heatmap", n) for n in numbers]


def raised(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = '{state}'; END $$"


STATES = ("40001", "40P01", "55P03", "57014", "53100")
PLACES = ("agents.after_copy", "agents.after_rows", "slices.before_commit")


@pytest.mark.parametrize(
    ("state", "place"),
    [
        # Each state and each place in every run; the rest of their pairs in the long one.
        pytest.param(state, place, marks=() if m == 1 or n == 0 else pytest.mark.long)
        for n, state in enumerate(STATES)
        for m, place in enumerate(PLACES)
    ],
)
def test_an_error_that_passes_is_retried(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, state: str, place: str
) -> None:
    writer = bench.writer("heatmap")
    writer._ensure_open()

    def fail() -> None:
        assert writer._connection is not None
        writer._connection.execute(raised(state))

    places = Places(monkeypatch, place, fail, times=2)
    assert bench.write("heatmap", clicks(1, 2, 3, 4, 5)).applied == 5
    assert places.seen == 3
    assert bench.counts() == EXACT
    assert bench.rows("SELECT sum(events)::int FROM heatmap_cells") == [(5,)]


@pytest.mark.parametrize(
    ("place", "redelivered"),
    [("agents.after_copy", 0), ("slices.before_commit", 0), ("slices.after_commit", 5)],
)
def test_a_terminated_backend_is_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, place: str, redelivered: int
) -> None:
    bench.writer("heatmap")._ensure_open()

    def end() -> None:
        bench.terminate("heatmap")
        if place == "slices.after_commit":
            # The reply to COMMIT never came.
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    Places(monkeypatch, place, end)
    outcome = bench.write("heatmap", clicks(1, 2, 3, 4, 5))
    assert outcome.redelivered == redelivered
    assert bench.counts() == EXACT
    assert bench.applied() == [(0, 5)]


def test_another_process_that_holds_the_row_is_waited_for(bench: Bench) -> None:
    bench.write("heatmap", clicks(1))
    with bench.world.connect() as other:
        other.execute("BEGIN")
        other.execute("SELECT FROM ledger_partitions FOR UPDATE")
        threading.Timer(1, lambda: other.execute("COMMIT")).start()
        assert bench.write("heatmap", clicks(2, 3, 4, 5), offsets=1).applied == 4
    assert bench.counts() == EXACT


def test_a_worker_frozen_amid_an_answer_frees_the_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_SESSION", replace(writing._SESSION, statement_seconds=7))
    bench.write("heatmap", clicks(1))
    with writing.connect(
        bench.world.settings_of("agents"), "storepulse-agents-heatmap-9"
    ) as frozen:
        frozen.execute("BEGIN")
        frozen.execute("SELECT FROM ledger_partitions FOR UPDATE")
        # More than any buffer between the two holds, and nobody reads it.
        frozen.pgconn.send_query(b"SELECT repeat('x', 1000000) FROM generate_series(1, 100)")
        assert bench.write("heatmap", clicks(2, 3, 4, 5), offsets=1).applied == 4
        frozen.pgconn.finish()
    assert bench.counts() == EXACT


@contextmanager
def half_copied(connection: psycopg.Connection[Any], first: str = "SELECT") -> Iterator[None]:
    """A transaction that is amid a COPY for the length of the block, and goes on after it."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(first)
        cursor.execute("CREATE TEMP TABLE half (n int) ON COMMIT DROP")
        with cursor.copy("COPY half FROM STDIN") as copy:
            copy.write_row([1])
            yield
            copy.write_row([2])


def test_a_frozen_worker_frees_the_row_within_8_seconds(bench: Bench) -> None:
    bench.write("heatmap", clicks(1))
    frozen = writing.connect(bench.world.settings_of("agents"), "frozen")
    frozen.execute("BEGIN")
    frozen.execute("SELECT FROM ledger_partitions FOR UPDATE")
    began = time.monotonic()
    assert bench.write("heatmap", clicks(2, 3, 4, 5), offsets=1).applied == 4
    assert 3 < time.monotonic() - began < 8
    with pytest.raises(psycopg.Error) as error:
        frozen.execute("COMMIT")
    assert error.value.sqlstate in (None, "25P03")
    frozen.close()
    assert bench.counts() == EXACT


def test_a_worker_frozen_amid_a_copy_frees_the_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of PostgreSQL's own limits counts while it waits for the rest of a COPY."""
    monkeypatch.setattr(writing, "_SESSION", replace(writing._SESSION, statement_seconds=7))
    bench.write("heatmap", clicks(1))
    began = time.monotonic()
    with (
        writing.connect(bench.world.settings_of("agents"), "storepulse-agents-heatmap-9") as frozen,
        bench.world.connect() as other,
        half_copied(other),
        pytest.raises(psycopg.OperationalError),
        half_copied(frozen, "SELECT FROM ledger_partitions FOR UPDATE"),
    ):
        assert bench.write("heatmap", clicks(2, 3, 4, 5), offsets=1).applied == 4
    assert time.monotonic() - began > 7
    assert bench.counts() == EXACT


def test_a_worker_that_comes_back_meets_what_its_successor_did(bench: Bench) -> None:
    zombie = bench.another_writer("heatmap")
    late = prepare(bench.slice(clicks(1, 2, 3)), schema_of("heatmap"))
    bench.write("heatmap", clicks(1, 2, 3, 4, 5))
    assert zombie.write(late, bench.source(), bench.broker).redelivered == 3
    zombie.close()
    assert bench.counts() == EXACT


def test_postgresql_away_and_back(bench: Bench) -> None:
    bench.write("heatmap", clicks(1))
    admin = without_connections(bench.world)
    threading.Timer(1.5, lambda: with_connections(bench.world, admin)).start()
    assert bench.write("heatmap", clicks(2, 3, 4, 5), offsets=1).applied == 4
    assert bench.writer("heatmap").waited_at > time.time() - 60
    assert bench.counts() == EXACT
    assert bench.rows("SELECT count(*) FROM dead_letters") == [(0,)]


def test_stopping_ends_the_wait_and_stores_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = bench.another_writer("heatmap")
    writer._stopping = threading.Event()

    def fail() -> None:
        writer._stopping.set()
        raise psycopg.OperationalError("away")

    Places(monkeypatch, "slices.before_commit", fail, times=9)
    prepared = prepare(bench.slice(clicks(1)), schema_of("heatmap"))
    with pytest.raises(writing.Stopping):
        writer.write(prepared, bench.source(), bench.broker)
    assert bench.applied() == []


def test_pauses_grow_and_stay_finite(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0)
            return False

    writer = bench.another_writer("heatmap")
    writer._stopping = Event()
    for attempt in (0, 3, 10, 100_000):
        writer._pause("postgresql", psycopg.OperationalError(""), attempt)
    assert waited[0] < 0.2 < waited[1] < 1
    assert 3.9 < min(waited[2:]) <= max(waited[2:]) < 6.1


def test_a_missing_events_topic_stores_nothing(bench: Bench) -> None:
    settings = bench.world.settings_of("agents")
    connection = writing.connect(settings, "direct")
    dlq = load_catalog(settings.topic_prefix).dlq("heatmap")
    transaction = SliceTransaction(
        SlicePublisher(settings, "direct"),
        "heatmap",
        reducer_of("heatmap"),
        (f"{settings.topic_prefix}no.such.topic", dlq),
        max_replays=5,
        recent=RecentIds(),
    )
    transaction.open(connection)
    prepared = prepare(bench.slice(clicks(1, 2)), schema_of("heatmap"))
    began = time.monotonic()
    with pytest.raises((Transient, psycopg.Error)) as error:
        transaction.apply(prepared, bench.source(), bench.broker)
    assert isinstance(error.value, Transient), error.value
    assert time.monotonic() - began < 4.5
    connection.close()
    assert bench.applied() == []
    assert bench.counts()["accepted"] == 0
    assert bench.rows("SELECT count(*) FROM event_ids") == [(0,)]


@pytest.mark.parametrize("statement", ["SELECT 1 / 0", raised("23514")])
def test_an_error_about_data_that_no_record_causes_ends_the_process_after_some_attempts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    writer = bench.writer("heatmap")
    writer._ensure_open()
    monkeypatch.setattr(writing, "LONGEST_PAUSE_SECONDS", 0.01)

    def fail() -> None:
        assert writer._connection is not None
        writer._connection.execute(statement)

    places = Places(monkeypatch, "slices.before_commit", fail, times=100)
    with pytest.raises(psycopg.Error):
        bench.write("heatmap", clicks(1, 2))
    assert places.seen == writing.BLAMELESS_ATTEMPTS + 1
    assert bench.applied() == []


def test_two_partitions_with_the_same_events_at_once(bench: Bench) -> None:
    """Keys are sorted, and what is in the way is waited for: each event counts once."""
    writers = [bench.another_writer("activity") for _ in range(2)]
    failed: list[BaseException] = []

    def work(number: int, order: Callable[[list[int]], list[int]]) -> None:
        try:
            for turn in range(6):
                numbers = order(list(range(turn * 50, turn * 50 + 100)))
                piece = bench.slice(
                    [record("activity", n, session_id=f"s-{n % 7}") for n in numbers],
                    turn * 100, partition=number,
                )  # fmt: skip
                prepared = prepare(piece, schema_of("activity"))
                writers[number].write(prepared, bench.source(number), bench.broker)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    threads = [
        threading.Thread(target=work, args=(0, list)),
        threading.Thread(target=work, args=(1, lambda n: n[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for writer in writers:
        writer.close()
    assert failed == []
    counts = bench.counts()
    assert (counts["accepted"], counts["applied"], counts["dead"]) == (1_200, 350, 0)
    assert bench.rows("SELECT sum(events)::int FROM activity_hourly") == [(350,)]
    assert bench.rows("SELECT sum(events)::int FROM sessions") == [(350,)]
