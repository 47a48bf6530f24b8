"""Phases that begin or end: figures follow, whatever slices knew of it, and whoever is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.integration.agents.slices import Bench, open_bench
from tests.integration.experiments.unit_slices import (
    TABLES,
    begin_phase,
    differences,
    moment,
    unsummed,
)
from tests.support.ingest_records import STORE, event_id, record
from tests.support.waiting import wait_until

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.domain.experiments.exposures import exposure_id, unit_of
from storepulse.exactness.model.events import Event
from storepulse.exactness.model.experiments import ModelPhase, PhaseMetric, Ratio
from storepulse.experiments import settling
from storepulse.experiments.settling import (
    QUIET_SECONDS,
    recompute_test,
    settle_due,
    unsettled_seconds,
)

NOW = int(time.time()) * 1000 - 86_400_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TEST = "7e570000-0000-4000-8000-000000000001"
PHASE = ModelPhase(
    TEST, 1, None, 3 * DAY, 14 * DAY, ("control", "treat"),
    (
        PhaseMetric("bought", "binary", "purchase"),
        PhaseMetric("revenue", "sum", "purchase", "EUR", Decimal(50)),
        PhaseMetric("orders", "count", "purchase", "EUR"),
        PhaseMetric("carts", "count", "cart_add"),
        PhaseMetric("adds", "count", "add_to_cart"),
        PhaseMetric("hints", "count", "custom:hint"),
        PhaseMetric("signups", "count", "metric:signup"),
        PhaseMetric("goals", "binary", "conversion"),
    ),
    (Ratio("aov", "revenue", "orders"),),
)  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture
def bench(opened: Bench) -> Bench:
    opened.begin()
    return opened


@pytest.fixture
def owner(bench: Bench) -> Iterator[psycopg.Connection[Any]]:
    with bench.world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        yield connection


def settle(bench: Bench, later: float = 60) -> int:
    now = datetime.now(UTC) + timedelta(seconds=later)
    # A session that has just ended may hold its lock for a moment.
    held = (
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    wait_until(lambda: not bench.rows(held), "nobody else settles")
    with connect(bench.world.settings_of("agents").dsn, _SESSION) as connection:
        return settle_due(connection, now)


def exposure(n: int, visitor: str | None, variant: str, at: int, **more: Any) -> Event:
    told = {"event_type": "Exposure", "test_id": TEST, "phase": 1, "variant_id": variant}
    made = event("experiment", n, at, visitor_id=visitor, **told, **more)
    unit = unit_of(visitor, made["session_id"])
    return made | {"event_id": exposure_id(STORE, TEST, 1, unit, variant)}


def event(stream: str, n: int, at: int, **fields: Any) -> Event:
    told = {"event_id": event_id(n), "store_id": STORE, "is_bot": False, "stream": stream}
    source = "server" if stream in ("order", "campaign") else "tracker"
    when = {"occurred_at": at, "received_at": at + 500}
    return {**told, **when, "session_id": "s-1", "source": source, **fields}


def history() -> list[Event]:
    """Of all streams, before and after the first exposures."""
    order = {"order_id": "#1001", "value": "30.50", "currency": "EUR"}
    landing = {"landing_page_id": "lp", "session_id": "s-b", "visitor_id": "b"}
    campaign = {"campaign_id": "c", "tracking_id": "t"}
    return [
        event("activity", 1, NOW - DAY, visitor_id="a", activity_type="purchase",
              value="12.00", currency="EUR"),
        event("activity", 2, NOW - 20 * DAY, visitor_id="a", activity_type="purchase",
              value="11.00", currency="EUR"),
        exposure(3, "a", "control", NOW, session_id="s-a"),
        exposure(4, "b", "treat", NOW + MINUTE, session_id="s-b"),
        exposure(5, None, "treat", NOW + MINUTE, session_id="s-c"),
        event("activity", 6, NOW + HOUR, visitor_id="a", activity_type="purchase", **order),
        event("order", 7, NOW + HOUR - 1, visitor_id="a", event_type="created",
              **(order | {"order_id": "1001"})),
        event("order", 8, NOW + 2 * HOUR, event_type="paid", session_id=None, visitor_id=None,
              **(order | {"order_id": "1002"})),
        event("activity", 9, NOW + HOUR, session_id="s-b", activity_type="add_to_cart"),
        event("activity", 10, NOW + HOUR, session_id="s-c", activity_type="custom", name="hint"),
        event("activity", 11, NOW + HOUR, session_id="s-c", activity_type="custom", name="other"),
        event("landing", 12, NOW + HOUR, event_type="Purchase", event_name="Purchase",
              value="70.00", currency="EUR", order_id="1003", **landing),
        event("landing", 13, NOW + HOUR, event_type="Custom", event_name="hint", **landing),
        event("landing", 14, NOW + HOUR, event_type="AddToCart", event_name="AddToCart",
              is_bot=True, **landing),
        event("cart", 15, NOW + 2 * HOUR, session_id="s-a"),
        event("campaign", 16, NOW + HOUR, visitor_id="b", event_type="ORDER_PAID",
              event_name="ORDER_PAID", value="9.99", currency="USD", order_id="1004", **campaign),
        event("experiment", 17, NOW + HOUR, visitor_id="b", event_type="Metric", metric="signup",
              test_id=TEST, variant_id="control"),
        event("experiment", 18, NOW + HOUR, session_id="s-c", event_type="Conversion",
              test_id=TEST, variant_id="treat"),
        event("experiment", 19, NOW + HOUR, session_id="s-c", event_type="Conversion",
              test_id="7e570000-0000-4000-8000-00000000000f"),
        exposure(20, "d", "purple", NOW + MINUTE, session_id="s-d"),
    ]  # fmt: skip


_SESSION = SessionOptions(name="storepulse-test")
_TOLD_AGAIN = ("occurred_at", "received_at", "session_id", "is_bot")
_OFFSETS: dict[str, int] = {}


def write(bench: Bench, events: list[Event]) -> None:
    """Writes slices of one event each, by the agents' writers."""
    for told in events:
        fields = {name: value for name, value in told.items() if name != "stream"}
        number = _OFFSETS[bench.topic] = _OFFSETS.get(bench.topic, -1) + 1
        stream = told["stream"]
        assert bench.write(stream, [record(stream, **fields)], number).applied == 1


def settled_at(owner: psycopg.Connection[Any]) -> Any:
    rows = owner.execute("SELECT settled_at, backfilled_at FROM ab_test_phases").fetchall()
    return rows[0]


def test_events_from_before_a_phase_was_known_are_found(
    bench: Bench, owner: psycopg.Connection[Any]
) -> None:
    events = history()
    write(bench, events)
    assert owner.execute("SELECT count(*) FROM ab_unit_events").fetchone() == (0,)
    assert owner.execute("SELECT count(*) FROM ab_rollups").fetchone() == (0,)
    begin_phase(owner, STORE, PHASE, NOW)
    assert settle(bench) == 1
    assert differences(owner, events) == []
    assert unsummed(owner) == []
    assert None not in settled_at(owner)
    assert settle(bench) == 0


def test_a_phase_that_slices_know_needs_no_settling(
    bench: Bench, owner: psycopg.Connection[Any]
) -> None:
    events = history()
    begin_phase(owner, STORE, PHASE)
    write(bench, events)
    assert differences(owner, events) == []
    owner.execute("UPDATE ab_test_phases SET settled_at = NULL")
    before = {table: figures(owner, table) for table in TABLES}
    settle(bench)
    assert {table: figures(owner, table) for table in TABLES} == before
    recompute(bench)
    assert {table: figures(owner, table) for table in TABLES} == before


def figures(owner: psycopg.Connection[Any], table: str) -> list[Any]:
    return sorted(owner.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def recompute(bench: Bench) -> None:
    with connect(bench.world.settings_of("operator").dsn, _SESSION) as connection:
        recompute_test(connection, settling.UUID(TEST))


def test_what_comes_after_the_end_leaves_the_figures(
    bench: Bench, owner: psycopg.Connection[Any]
) -> None:
    events = history()
    begin_phase(owner, STORE, PHASE, NOW)
    write(bench, events)
    settle(bench)
    end = moment(NOW + MINUTE)  # b and c are exposed too late
    owner.execute("UPDATE ab_test_phases SET ended_at = %s, settled_at = NULL", [end])
    units = "SELECT sum(units)::int FROM ab_rollups"
    assert owner.execute(units).fetchone() == (3,)
    assert settle(bench) == 1
    assert differences(owner, events) == []
    assert unsummed(owner) == []
    assert owner.execute(units).fetchone() == (1,)
    (until,) = owner.execute("SELECT min(until), max(until) FROM ab_sources").fetchall()
    assert until == (end + timedelta(days=33),) * 2


def test_an_exposure_that_is_told_again_may_be_the_earlier_one(
    bench: Bench, owner: psycopg.Connection[Any]
) -> None:
    begin_phase(owner, STORE, PHASE)
    first = exposure(1, "a", "control", NOW, session_id="s-1")
    again = exposure(1, "a", "control", NOW - 2 * DAY, session_id="s-2")
    bought = {"activity_type": "purchase", "value": "5.00", "currency": "EUR"}
    events = [first, event("activity", 2, NOW - DAY, session_id="s-2", **bought)]
    write(bench, events)
    fields = {name: value for name, value in again.items() if name != "stream"}
    for offset in (2, 3):
        outcome = bench.write("experiment", [record("experiment", **fields)], offset)
        assert (outcome.applied, outcome.duplicate) == (0, 1)
    tellings = [{name: told[name] for name in _TOLD_AGAIN} for told in (first, again)]
    assert differences(owner, [first | {"tellings": tellings}, *events[1:]]) == []
    assert owner.execute("SELECT t0, variants FROM ab_test_assignments").fetchall() == [
        (moment(NOW - 2 * DAY), ["control"])
    ]
    assert owner.execute("SELECT sum(converters) FROM ab_metric_rollups").fetchone() == (3,)


def test_the_audit_finds_figures_that_are_not_the_sum_of_their_units(
    bench: Bench, owner: psycopg.Connection[Any]
) -> None:
    begin_phase(owner, STORE, PHASE)
    write(bench, history())
    statements = named_sql("streams/experiment/audit")
    names = ("experiment_units", "experiment_sums", "experiment_counts")
    assert [owner.execute(statements[name]).fetchall() for name in names] == [[], [], []]
    owner.execute("UPDATE ab_rollups SET units = units + 1 WHERE variant_id = 'control'")
    owner.execute("UPDATE ab_metric_rollups SET c_sum_yy = 1 WHERE metric = 'revenue'")
    owner.execute("UPDATE ab_phase_counts SET bot_units = 7")
    units, sums, counts = (owner.execute(statements[name]).fetchall() for name in names)
    assert [row[2:] for row in units] == [(1, 2)]
    assert {row[1].split(",")[0] for row in sums} == {"c_sum_yy of revenue"}
    assert [(row[1].split(",")[0], *row[2:]) for row in counts] == [("bot_units", 0, 7)]


@pytest.mark.parametrize("began", ["now()", "now() - interval '6 days'"])
def test_nobody_settles_while_slices_may_not_know(
    bench: Bench, owner: psycopg.Connection[Any], began: str
) -> None:
    # Also where it is told late that it began.
    begin_phase(owner, STORE, PHASE, NOW)
    owner.execute(f"UPDATE ab_test_phases SET started_at = {began}".encode())
    now = datetime.now(UTC)
    waited = unsettled_seconds(owner, now + timedelta(seconds=QUIET_SECONDS))
    assert QUIET_SECONDS - 1 < waited < QUIET_SECONDS + 1
    assert settle(bench, QUIET_SECONDS - 10) == 0
    assert settle(bench, QUIET_SECONDS + 10) == 1
    assert unsettled_seconds(owner, now + timedelta(days=1)) == 0


def test_a_phase_that_ends_meanwhile_is_settled_again(
    bench: Bench, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = history()
    begin_phase(owner, STORE, PHASE, NOW)
    write(bench, events)

    def end(place: str) -> None:
        if place == "experiments.after_backfill":
            owner.execute(
                "UPDATE ab_test_phases SET ended_at = %s, settled_at = NULL", [moment(NOW + HOUR)]
            )

    monkeypatch.setattr(settling, "reach", end)
    settle(bench)
    assert settled_at(owner)[0] is None
    settle(bench)
    assert settled_at(owner)[0] is not None
    assert differences(owner, events) == []


def test_whoever_is_killed_begins_again(
    bench: Bench, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = history()
    write(bench, events)
    begin_phase(owner, STORE, replace(PHASE, ended_at=NOW + 2 * HOUR), NOW)
    monkeypatch.setattr(settling, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(settling, "UNITS_AT_ONCE", 1)
    kills = 0
    while True:
        left = [kills]

        def reach(_place: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise psycopg.OperationalError("killed")

        monkeypatch.setattr(settling, "reach", reach)
        try:
            settle(bench)
        except psycopg.OperationalError:
            kills += 1
            continue
        break
    assert kills > 5
    assert differences(owner, events) == []
    assert unsummed(owner) == []
