"""Medians, ratios and verdicts; the age of what is not yet committed."""

from __future__ import annotations

from io import StringIO

import pytest
from bench.options import in_turn
from bench.pipeline import ages, held
from bench.report import show
from bench.results import Results
from bench.targets import AGENTS, FAUST, HALF, OURS, PLAIN, SINGLES, TARGETS
from rich.console import Console


def results(ours: list[float], theirs: list[float]) -> Results:
    measured = Results()
    for rate in ours:
        measured.add(AGENTS, OURS, {"rate": rate, "cpu_worker": 5.0, "cpu_postgres": 9.0})
    for rate in theirs:
        measured.add(AGENTS, FAUST, {"rate": rate})
    return measured


def test_the_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    # A slow hour hits both in the same round: ratio 8 each time but once.
    measured = results([80_000, 40_000, 90_000], [10_000, 5_000, 30_000])
    assert measured.medians(AGENTS, FAUST)["times"] == 8
    assert "times" not in measured.medians(AGENTS, OURS)


def test_targets_are_judged_on_medians_in_both_directions() -> None:
    judged = {
        (t.case, t.figure): reached
        for t, _, reached in results([49_000, 51_000, 52_000], [7_000, 7_000, 6_000]).verdicts()
    }
    assert judged == {
        (OURS, "rate"): True,
        (OURS, "cpu_worker"): True,
        (OURS, "cpu_postgres"): False,
        (FAUST, "times"): False,
    }


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    measured = Results()
    measured.skip(AGENTS, PLAIN, "cannot be installed")
    assert list(measured.verdicts()) == []
    assert measured.missed == []


def test_half_load_has_no_ratio() -> None:
    measured = Results()
    measured.add(SINGLES, OURS, {"rate": 10.0})
    measured.add(SINGLES, HALF, {"rate": 5.0, "p50_ms": 1.0, "p99_ms": 11.0})
    assert "times" not in measured.medians(SINGLES, HALF)
    assert [t.figure for t in measured.missed] == ["rate", "p99_ms"]


def test_every_target_reads_as_a_sentence() -> None:
    texts = {target.text for target in TARGETS}
    assert "events ≥ 50,000 /s" in texts
    assert "freshness p99 ≤ 2 s" in texts
    assert "ours ≥ 1.5 times" in texts


def test_the_table_names_verdicts_and_skipped_cases() -> None:
    measured = results([60_000], [6_000])
    measured.skip(AGENTS, PLAIN, "it ended:\nModuleNotFoundError")
    out = StringIO()
    show(measured, Console(width=200, file=out))
    text = out.getvalue()
    assert "10x" in text
    assert "ModuleNotFoundError" in text
    assert "3 reached, 1 missed" in text


@pytest.mark.parametrize(
    ("accounted", "expected"),
    [
        ([(10.0, 0)], [9.0]),  # nothing committed: the first was accepted by 1
        ([(10.0, 500)], [4.0]),  # 500 were accepted by 5; the next by 6
        ([(10.0, 1_000)], [0.0]),  # all that was accepted
        ([(10.5, 500)], []),  # after the last accepted event
    ],
)
def test_the_age_of_the_oldest_event_not_accounted_for(
    accounted: list[tuple[float, int]], expected: list[float]
) -> None:
    accepted = [(float(second), second * 100) for second in range(11)]
    assert ages(accounted, accepted) == expected


def test_the_held_rate_leaves_the_beginning_out() -> None:
    samples = [(float(s), 0 if s < 2 else (s - 2) * 1_000) for s in range(11)]
    assert held(samples, 0.0, 10.0) == 1_000
    assert held(samples[:1], 0.0, 10.0) == 0.0


def test_each_second_round_goes_backwards() -> None:
    assert [in_turn(["a", "b"], n) for n in range(3)] == [["a", "b"], ["b", "a"], ["a", "b"]]
