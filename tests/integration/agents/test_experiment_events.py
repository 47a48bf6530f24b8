"""Events of experiments in the database: rows, counts, copies, and ids that nobody may choose."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS, STORE, Record, event_id, record
from tests.support.table_comparison import compare_tables

from storepulse.domain.experiments.exposures import exposure_id, unit_of

TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
OTHER = "7f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
HOUR = 3_600_000
BLANK = dict.fromkeys(("phase", "metric", "value", "currency", "order_id", "visitor_id"))


def told(n: int, kind: str, **own: Any) -> dict[str, Any]:
    """An event of a visitor; an exposure has the id that follows from it."""
    event: dict[str, Any] = {
        "stream": "experiment", "store_id": STORE, "event_id": event_id(n), "session_id": "s-1",
        "event_type": kind, "test_id": TEST, "variant_id": "blue", "occurred_at": NOW_MS,
        "is_bot": False, **BLANK, "visitor_id": "v-1", **own,
    }  # fmt: skip
    if kind == "Exposure":
        unit = unit_of(event["visitor_id"], event["session_id"])
        said = (event["test_id"], event["phase"], unit, event["variant_id"])
        event["event_id"] = exposure_id(event["store_id"], *said)
    return event


def record_of(event: dict[str, Any]) -> Record:
    return record("experiment", **{k: v for k, v in event.items() if k != "stream"})


def some(rng: random.Random, n: int) -> dict[str, Any]:
    who = rng.choice(({"visitor_id": f"v-{n % 7}"}, {"visitor_id": None}, {"session_id": None}))
    own = who | {
        "store_id": rng.choice((STORE, OTHER)), "is_bot": rng.random() < 0.2,
        "occurred_at": NOW_MS - rng.randrange(3) * HOUR,
    }  # fmt: skip
    match rng.choice(("Exposure", "Conversion", "Metric")):
        case "Exposure":
            return told(n, "Exposure", phase=n + 1, **own)
        case "Conversion":
            return told(n, "Conversion", value=f"{n}.5000", currency="EUR", order_id=f"o{n}", **own)
    return told(n, "Metric", metric="margin", value=f"-{n}.2500", variant_id=None, **own)


def test_rows_and_counts_are_those_of_the_plain_model(bench: Bench) -> None:
    rng = random.Random(7)
    events = [some(rng, n) for n in range(120)]
    copies = [record_of(event) for event in (*events, *rng.sample(events, 30))]
    rng.shuffle(copies)
    for start in range(0, len(copies), 25):
        bench.write("experiment", copies[start : start + 25], start)
    with bench.world.connect() as connection:
        differences = compare_tables(connection, events)
    assert not differences, str(differences)
    counts = bench.counts()
    assert (counts["applied"], counts["duplicate"], counts["conflict"]) == (120, 30, 0)


def test_an_exposure_that_many_tell_is_one_event(bench: Bench) -> None:
    shown = told(1, "Exposure", phase=1)
    tellings = [
        shown,
        shown | {"session_id": "s-2", "occurred_at": NOW_MS + HOUR},
        shown | {"source": "server", "received_at": NOW_MS + 2 * HOUR},
    ]
    for at, telling in enumerate(tellings):
        bench.write("experiment", [record_of(telling)], at)
    assert bench.rows("SELECT count(*)::int, min(session_id) FROM experiment_events") == [
        (1, "s-1")
    ]
    counts = bench.counts()
    assert (counts["applied"], counts["duplicate"], counts["conflict"]) == (1, 2, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": event_id(5)},
        {"visitor_id": "v-2"},
        {"phase": 2},
        {"variant_id": "red"},
        {"test_id": OTHER},
        {"visitor_id": None},
    ],
)
def test_an_exposure_with_another_id_is_a_dead_letter(
    bench: Bench, changes: dict[str, Any]
) -> None:
    good = told(1, "Exposure", phase=1)
    bench.write("experiment", [record_of(good | changes), record_of(good)])
    (letter,) = bench.dead_letters("experiment", 1)
    assert dict(letter.headers())["x-storepulse-field"] == b"event_id"
    assert bench.counts()["dead"] == 1
    assert bench.rows("SELECT count(*)::int FROM experiment_events") == [(1,)]
