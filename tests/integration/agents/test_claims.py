"""Claiming ids by guess: what was guessed wrong is asked about, and the count is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import Record, event_id, record

from storepulse.agents.claims import LONGEST_CAUTION, Claims
from storepulse.domain.event_keys import RecentIds


def clicks(*numbers: int, **fields: object) -> list[Record]:
    return [record("heatmap", n, **fields) for n in numbers]


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each guess held."""
    told: list[bool] = []
    copy = Claims._try_copy

    def tell(self: Any, *arguments: Any) -> bool:
        told.append(copy(self, *arguments))
        return told[-1]

    monkeypatch.setattr(Claims, "_try_copy", tell)
    return told


@pytest.fixture
def fresh_bench(bench: Bench) -> Bench:
    """With writers that remember nothing."""
    for writer in bench.writers.values():
        writer.close()
    bench.writers.clear()
    return bench


def test_new_ids_are_copied_and_repeats_asked_about(fresh_bench: Bench, copied: list[bool]) -> None:
    bench = fresh_bench
    bench.write("heatmap", clicks(1, 2, 1))
    outcome = bench.write("heatmap", clicks(2, 3, 1, 3), offsets=3)
    assert copied == [True, True]
    assert (outcome.applied, outcome.duplicate) == (1, 3)
    assert bench.rows("SELECT count(*)::int FROM event_ids") == [(3,)]


def test_a_wrong_guess_costs_no_count(fresh_bench: Bench, copied: list[bool]) -> None:
    """Another worker had the ids: nothing here has seen them."""
    bench = fresh_bench
    bench.write("heatmap", clicks(1, 2, x=700))
    bench.writers.pop("heatmap").close()
    outcome = bench.write("heatmap", clicks(4, 2, 3, 3), partition=1)
    assert copied == [True, False]
    assert (outcome.applied, outcome.duplicate, outcome.conflict) == (2, 2, 1)
    assert bench.rows("SELECT event_id::text FROM event_ids ORDER BY 1") == sorted(
        (event_id(n),) for n in (1, 2, 3, 4)
    )
    assert bench.rows("SELECT sum(events)::int FROM heatmap_cells") == [(4,)]


def test_the_same_id_of_another_store_is_asked_about_and_entered(
    fresh_bench: Bench, copied: list[bool]
) -> None:
    bench = fresh_bench
    bench.write("heatmap", clicks(1))
    outcome = bench.write("heatmap", clicks(1, store_id=event_id(900)), offsets=1)
    assert (outcome.applied, outcome.duplicate, copied) == (1, 0, [True])


def test_after_wrong_guesses_fewer_are_made(fresh_bench: Bench, copied: list[bool]) -> None:
    bench = fresh_bench
    for n in range(40):
        bench.write("heatmap", clicks(n), offsets=n)
    bench.writers.pop("heatmap").close()
    copied.clear()
    for n in range(40):
        outcome = bench.write("heatmap", clicks(n), partition=1, offsets=n)
        assert (outcome.applied, outcome.duplicate) == (0, 1)
    # After none, 1, 2, 4, 8 and 16 slices without a guess.
    assert copied == [False] * 6
    claims = Claims(RecentIds(), "heatmap")
    for _ in range(20):
        claims._caution = min(LONGEST_CAUTION, max(1, 2 * claims._caution))
    assert claims._caution == LONGEST_CAUTION


def test_a_slice_that_is_tried_again_is_guessed_about_again(
    fresh_bench: Bench, copied: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.integration.agents.slices import Places

    from storepulse.domain.errors import Transient

    def fail() -> None:
        raise Transient("once")

    Places(monkeypatch, "slices.before_commit", fail)
    assert fresh_bench.write("heatmap", clicks(1, 2)).applied == 2
    assert copied == [True, True]


def test_conflicts_within_a_slice_and_with_an_earlier_one(fresh_bench: Bench) -> None:
    bench = fresh_bench
    bench.write("heatmap", clicks(1, 2))
    sent = [*clicks(1, x=500), *clicks(1), *clicks(3), *clicks(3, x=500), *clicks(3), *clicks(2)]
    outcome = bench.write("heatmap", sent, offsets=2)
    assert (outcome.applied, outcome.duplicate, outcome.conflict) == (1, 5, 2)


def test_ids_of_many_partitions_go_in_by_guess(fresh_bench: Bench, copied: list[bool]) -> None:
    """Days have partitions of their own; a copy of several thousand ids meets them all."""
    bench = fresh_bench
    bench.rows("SELECT ensure_partitions('2026-11-21T12:00Z')")
    start = 1_795_240_800_000

    def uuid7(n: int) -> str:
        text = f"{start + n * 40_000:012x}7{n:03x}8{n:015x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    ids = [uuid7(n) for n in range(4_000)] + [event_id(n) for n in range(1_000)]
    np.random.default_rng(1).shuffle(ids)
    outcome = bench.write("heatmap", [record("heatmap", 0, event_id=i) for i in ids])
    assert (outcome.applied, copied) == (5_000, [True])
    assert len(bench.rows("SELECT DISTINCT tableoid FROM event_ids")) > 2
