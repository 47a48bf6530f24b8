"""Poison of every kind among good neighbours: set aside byte for byte, and nothing else."""

from __future__ import annotations

import random
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import Record, event_id, record

from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.slices.writer import Stopping

GOOD = 6


def value_of(stream: str, **fields: Any) -> bytes:
    value = record(stream, 500, **fields).value
    assert value is not None
    return value


Made = tuple[str, Callable[[], Record], str, str]


def undecodable(reason: str, key: bytes | None, value: Callable[[], bytes | None]) -> Made:
    return "activity", lambda: Record(key, value()), "decode", reason


def refused(stream: str, **fields: Any) -> Made:
    return stream, lambda: record(stream, 500, **fields), "store", "refused"


def invalid(stream: str, reason: str, **fields: Any) -> Made:
    return stream, lambda: record(stream, 500, **fields), "validate", reason


def good() -> bytes:
    return value_of("activity")


#: name -> (stream, record, stage, reason)
POISON: dict[str, Made] = {
    "null value": undecodable("the value is null", b"s-1", lambda: None),
    "empty value": undecodable("not Confluent", b"s-1", lambda: b""),
    "unknown schema id": undecodable(
        "unknown schema", b"s-1", lambda: b"\0" + struct.pack(">I", 77_777) + good()[5:]
    ),
    "another stream's schema": undecodable("unknown schema", b"s-1", lambda: value_of("landing")),
    "truncated": undecodable("does not decode", b"s-1", lambda: good()[:-3]),
    "a byte too many": undecodable("does not decode", b"s-1", lambda: good() + b"\0"),
    "key not UTF-8": undecodable("the key is not UTF-8", b"\xff\xfe", good),
    "key of another session": undecodable("the key is not", b"s-2", good),
    "no key": undecodable("the key is not", None, good),
    "malformed event id": (
        "activity",
        lambda: Record(b"s-1", good().replace(event_id(500).encode(), b"x" * 36)),
        "validate",
        "is not a UUID in lower case",
    ),
    "refused by a constraint": refused("activity", product_id="refused"),
    "NUL in text": invalid("activity", "contains NUL", page_url="https://a.example/\0"),
    "NUL in JSON": invalid("activity", "contains NUL", metadata='{"a": "\\u0000"}'),
    "no JSON": invalid("activity", "is not JSON", metadata="{"),
    "NaN in JSON": invalid("activity", "is not JSON", metadata='{"a": NaN}'),
    "bad address": invalid("activity", "is not an address", ip="999.1.1.1"),
    "bad address of a cart": invalid("cart", "is not an address", ip="::g"),
    "a click without a point": invalid("heatmap", "Field is required", x=None),
    "a click off every page": invalid("heatmap", "must be int", y=2**31 - 1),
    "scrolled to 105 %": invalid("heatmap", "must be int", kind="scroll", scroll_depth=105),
    "a number beyond jsonb": refused("activity", metadata='{"a": 1e-200000}'),
    "larger than Kafka takes again": refused(
        "activity", metadata='{"a": "' + "x" * 1_000_100 + '"}'
    ),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_set_aside_and_its_neighbours_are_applied(bench: Bench, name: str) -> None:
    stream, make, stage, reason = POISON[name]
    bench.refuse()
    poison = make()
    poison.headers.extend([("trace", b"\x00\xff"), ("empty", b"")])
    records = [record(stream, n) for n in range(GOOD)]
    records.insert(GOOD // 2, poison)
    outcome = bench.write(stream, records)
    assert (outcome.applied, outcome.dead) == (GOOD, 1)
    assert bench.counts() == {
        "accepted": GOOD + 1, "applied": GOOD, "duplicate": 0, "conflict": 0, "dead": 1,
    }  # fmt: skip
    assert bench.applied() == [(0, GOOD + 1)]
    ((row_stage, row_reason, key, value, offset),) = bench.rows(
        'SELECT stage, reason, key, value, "offset"::int FROM dead_letters'
    )
    assert (row_stage, row_reason[: len(reason)], offset) == (stage, reason, GOOD // 2)
    assert (key, value) == (poison.key, poison.value)
    if poison.value is not None and len(poison.value) > 900_000:
        bench.dead_letters(stream, 0)
        return
    (letter,) = bench.dead_letters(stream, 1)
    assert (letter.key(), letter.value()) == (poison.key, poison.value)
    headers = letter.headers()
    assert headers[:2] == [("trace", b"\x00\xff"), ("empty", b"")]
    assert dict(headers)["x-storepulse-stage"] == stage.encode()
    assert dict(headers)["__dlq.errors.offset"] == str(GOOD // 2).encode()


def test_several_kinds_in_one_slice(bench: Bench) -> None:
    bench.refuse()
    records = [record("activity", n) for n in range(40)]
    bad = [make() for stream, make, *_ in POISON.values() if stream == "activity"][:-1]
    for n, poison in enumerate(bad):
        records.insert(n * 3, poison)
    outcome = bench.write("activity", records)
    assert (outcome.applied, outcome.dead, outcome.duplicate) == (40, len(bad), 0)
    counts = bench.counts()
    assert counts["accepted"] == counts["applied"] + counts["dead"] == 40 + len(bad)
    assert {letter.value() for letter in bench.dead_letters("activity", len(bad))} == {
        poison.value for poison in bad
    }


def test_a_repeat_that_would_be_refused_is_a_duplicate(bench: Bench) -> None:
    """Also where another record of the slice is refused, and the slice is taken apart."""
    bench.refuse()
    outcome = bench.write(
        "activity",
        [
            record("activity", 1),
            record("activity", 1, product_id="refused"),
            record("activity", 2, product_id="refused"),
        ],
    )
    assert (outcome.applied, outcome.duplicate, outcome.conflict, outcome.dead) == (1, 1, 1, 1)
    assert bench.rows("SELECT event_id::text FROM dead_letters") == [(event_id(2),)]


def test_a_copy_is_refused_whose_first_was_set_aside_before(bench: Bench) -> None:
    """The first copy is redelivered, and good as far as PostgreSQL can tell: not what failed."""
    bench.refuse()
    large, bad = record("activity", 1), record("activity", 1, product_id="refused")
    large.headers.append(("padding", b"x" * 1_000_100))
    assert bench.write("activity", [large]).dead == 1
    outcome = bench.write("activity", [large, bad, record("activity", 2)])
    assert (outcome.redelivered, outcome.dead, outcome.applied) == (1, 1, 1)


def test_a_later_copy_of_a_refused_event_may_be_good(bench: Bench) -> None:
    bench.write("activity", [record("activity", 1, ip="x"), record("activity", 2)])
    assert bench.write("activity", [record("activity", 1)], offsets=2).applied == 1


def test_a_slice_of_poison_alone(bench: Bench) -> None:
    outcome = bench.write("activity", [Record(b"s-1", None)] * 3)
    assert (outcome.applied, outcome.dead, outcome.newest_received_ms) == (0, 3, None)
    assert bench.applied() == [(0, 3)]
    assert bench.rows("SELECT store_id::text, dead::int FROM ledger_counts") == [
        ("00000000-0000-0000-0000-000000000000", 3)
    ]


def test_thousands_of_dead_letters_in_one_slice(bench: Bench) -> None:
    records = [record("heatmap", n) for n in range(3_001)] + [Record(b"s-1", b"?")] * 3_000
    outcome = bench.write("heatmap", records)
    assert (outcome.applied, outcome.dead) == (3_001, 3_000)
    assert bench.rows("SELECT count(*) FROM dead_letters") == [(3_000,)]


def test_what_the_database_refuses_is_dead_whatever_its_share(bench: Bench) -> None:
    bench.refuse()
    records = [record("activity", n, product_id="refused" if n < 300 else "p") for n in range(400)]
    outcome = bench.write("activity", records)
    assert (outcome.applied, outcome.dead) == (100, 300)
    assert bench.applied() == [(0, 400)]
    assert bench.rows("SELECT stage, count(*)::int FROM dead_letters GROUP BY 1") == [
        ("store", 300)
    ]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3))]
)
def test_any_number_of_refused_records_is_taken_out_and_their_neighbours_stay(
    bench: Bench, seed: int
) -> None:
    bench.refuse()
    rnd = random.Random(seed)
    bad = set(rnd.sample(range(700), rnd.choice((1, 2, 60, 650))))
    records = [
        record("activity", n, product_id="refused" if n in bad else f"p-{n}") for n in range(700)
    ]
    outcome = bench.write("activity", records)
    assert (outcome.applied, outcome.dead, outcome.duplicate) == (700 - len(bad), len(bad), 0)
    kept = bench.rows("SELECT product_id FROM customer_activity")
    assert {row[0] for row in kept} == {f"p-{n}" for n in range(700) if n not in bad}
    dead = bench.rows('SELECT "offset"::int FROM dead_letters')
    assert sorted(row[0] for row in dead) == sorted(bad)
    assert bench.counts()["accepted"] == 700
    bench.dead_letters("activity", len(bad))


def test_a_stop_while_a_slice_is_taken_apart_keeps_what_is_written(bench: Bench) -> None:
    bench.refuse()
    records = [record("activity", n, product_id="refused" if n > 10 else "p") for n in range(40)]
    writer = bench.another_writer("activity")
    writer._stopping = StopAfter(12)
    piece = prepare(bench.slice(records), schema_of("activity"))
    with pytest.raises(Stopping):
        writer.write(piece, bench.source(), bench.broker)
    writer.close()
    before = bench.counts()["accepted"]
    assert 0 < before < 40
    outcome = bench.write("activity", records)
    assert outcome.redelivered == before
    assert (bench.counts()["accepted"], bench.counts()["dead"]) == (40, 29)


class StopAfter(threading.Event):
    """Set after it was asked so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_a_reducer_that_cannot_take_an_event_sets_it_aside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    from storepulse.streams.landing import rollup as landing

    def strict(fresh: pl.DataFrame, carry: bytes | None) -> Any:
        fresh.select(pl.col("event_name").cast(pl.Int32))
        return landing.reduce(fresh, carry)

    writer = bench.another_writer("landing")
    monkeypatch.setattr(writer._ensure_open(), "_reduce", strict)
    records = [
        record("landing", n, event_type="Custom", event_name="x" if n == 2 else "7")
        for n in range(5)
    ]
    prepared = prepare(bench.slice(records), schema_of("landing"))
    outcome = writer.write(prepared, bench.source(), bench.broker)
    writer.close()
    assert (outcome.applied, outcome.dead) == (4, 1)
    assert bench.rows('SELECT "offset"::int FROM dead_letters') == [(2,)]
