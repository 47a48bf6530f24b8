"""Verdicts by example: each row of the table of verdicts, and what is said to the merchant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from tests.support.experiment_rollups import (
    CAPPED,
    at,
    binary_rollups,
    day,
    phase,
    revenue_rollups,
)

from storepulse.domain.experiments import verdict_words as words
from storepulse.domain.experiments.definition import Metric
from storepulse.domain.experiments.results import Results, results_of
from storepulse.domain.experiments.rollups import Pause, PhaseCounts, Rollups
from storepulse.domain.experiments.verdicts import Outcome
from storepulse.domain.statistics.figures import Comparison, Interval, Lift

LATER = at(12)
RETURNS = Metric("purchase", "binary", source="custom:return", direction="decrease")
LOSSY = [{"control": (60, 2_000), "b": (60, 2_000)}] * 2 + [
    {"control": (60, 2_000), "b": (50, 1_500)}
] * 3


@dataclass(frozen=True)
class Case:
    """What was counted, and what is said about it."""

    name: str
    daily: list[dict[str, tuple[int, int]]]
    outcome: Outcome
    sentence: str
    as_of: datetime = LATER
    counts: PhaseCounts | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    leader: str | None = None
    of_variants: list[Outcome] | None = None


CASES = [
    Case(
        "split",
        LOSSY,
        "invalid",
        "Invalid since 3 May 2026: visitors do not divide as the weights say (p < 0.0001), so "
        "something loses visitors of one variant and no figure can be trusted until it is found.",
    ),
    Case(
        "no weight",
        [{"control": (60, 2_000), "b": (60, 2_000), "c": (1, 2)}],
        "invalid",
        "Invalid: visitors saw a variant that has no weight.",
        settings={"weights": (5_000, 5_000, 0)},
    ),
    Case(
        "several variants seen",
        [{"control": (60, 2_000), "b": (160, 2_000)}],
        "invalid",
        "Invalid: 2.3% of the visitors saw more than one variant (allowed: 1%), so the variants "
        "cannot be told apart.",
        counts=PhaseCounts(multi_units=95),
    ),
    Case(
        "too few visitors, by what came until now",
        [{"control": (3, 80), "b": (2, 90)}] * 2,
        "collecting",
        "Too early to say: Control has 80 of 150 visitors whose time is over, expected by "
        "6 May 2026; B has 90 of 150 visitors whose time is over, expected by 6 May 2026.",
        as_of=at(4.5),
    ),
    Case(
        "too few visitors, by the pace",
        [{"control": (1, 10), "b": (1, 10)}] * 6,
        "collecting",
        "Too early to say: Control has 30 of 150 visitors whose time is over, expected by "
        "20 May 2026; B has 30 of 150 visitors whose time is over, expected by 20 May 2026.",
        as_of=at(6),
    ),
    Case(
        "too short",
        [{"control": (30, 1_000), "b": (60, 1_000)}] * 2,
        "collecting",
        "Too early to say: the test ran 48 of 72 hours, expected by 11 May 2026.",
        as_of=at(9),
        settings={"pauses": (Pause(at(1), at(8)),)},
    ),
    Case(
        "paused: no date",
        [{"control": (30, 100), "b": (60, 1_000)}],
        "collecting",
        "Too early to say: Control has 100 of 150 visitors whose time is over.",
        as_of=at(9),
        settings={"pauses": (Pause(at(8)),), "weights": (900, 9_100)},
    ),
    Case(
        "too few conversions",
        [{"control": (2, 600), "b": (2, 600)}] * 2,
        "collecting",
        "Too early to say: too few visitors of B converted (4.0 of 5 expected), expected by "
        "13 May 2026.",
        as_of=at(6.5),
    ),
    Case(
        "nearly all convert",
        [{"control": (598, 600), "b": (598, 600)}],
        "collecting",
        "Ended too early to say: too few visitors of B did not convert (2.0 of 5 expected).",
        settings={"ended_at": at(5)},
    ),
    Case(
        "better",
        [{"control": (300, 5_000), "b": (400, 5_000)}],
        "better",
        "B is better than Control on purchase: between +6.5% and +67.0%. This holds "
        "however often the test was looked at.",
        leader="b",
    ),
    Case(
        "better where control has nothing",
        [{"control": (0, 2_000), "b": (60, 2_000)}],
        "better",
        "B is better than Control on purchase: between +2.04 and +4.39 percentage "
        "points. This holds however often the test was looked at.",
        leader="b",
    ),
    Case(
        "worse",
        [{"control": (400, 5_000), "b": (300, 5_000)}],
        "worse",
        "B is worse than Control on purchase: between -40.1% and -6.1%. This holds "
        "however often the test was looked at.",
    ),
    Case(
        "fewer is better",
        [{"control": (400, 5_000), "b": (300, 5_000)}],
        "better",
        "B is better than Control on purchase: between -40.1% and -6.1%. This holds "
        "however often the test was looked at.",
        settings={"metrics": (RETURNS,)},
        leader="b",
    ),
    Case(
        "no difference",
        [{"control": (300, 10_000), "b": (305, 10_000)}],
        "no_difference",
        "No difference found between B and Control on purchase with the planned 20,000 visitors: "
        "a change below -20.2% or above +29.6% is ruled out.",
        settings={"n_star": 20_000},
    ),
    Case(
        "not yet",
        [{"control": (30, 1_000), "b": (33, 1_000)}] * 4,
        "not_yet",
        "Not decided yet between B and Control on purchase (the change is between -30.2% and "
        "+73.3%): 6,000 of the planned 20,000 visitors are in, the rest is expected by "
        "20 May 2026.",
        as_of=at(6),
        settings={"n_star": 20_000},
    ),
    Case(
        "ended before it was decided",
        [{"control": (30, 1_000), "b": (33, 1_000)}] * 4,
        "not_yet",
        "Not decided when it ended between B and Control on purchase (the change is between "
        "-30.2% and +73.3%): 6,000 of the planned 20,000 visitors are in.",
        settings={"n_star": 20_000, "ended_at": at(6)},
    ),
    Case(
        "no longer",
        [{"control": (60, 2_000), "b": (120, 2_000)}] * 3
        + [{"control": (120, 2_000), "b": (60, 2_000)}] * 3,
        "not_yet",
        "The difference between B and Control on purchase was conclusive on 2 May 2026, no longer "
        "(the change is between -17.7% and +21.5%): novelty or a change in traffic.",
        settings={"n_star": 100_000},
    ),
    Case(
        "several better",
        [{"control": (300, 10_000), "b": (450, 10_000), "c": (480, 10_000), "d": (310, 10_000)}],
        "better",
        "B and C are better than Control on purchase; C leads (between +21.2% and "
        "+111.3%), but which of them is best is not known yet.",
        settings={"weights": (2_500,) * 4, "n_star": 100_000},
        leader="c",
        of_variants=["better", "better", "not_yet"],
    ),
    Case(
        "several open",
        [{"control": (30, 1_000), "b": (33, 1_000), "c": (28, 1_000)}] * 4,
        "not_yet",
        "Not decided yet: no variant is better than Control on purchase so far; what is missing is "
        "expected by 20 May 2026.",
        as_of=at(6),
        settings={"weights": (3_334, 3_333, 3_333), "n_star": 20_000},
        of_variants=["not_yet", "not_yet"],
    ),
    Case(
        "several open, one of them longer",
        [{"control": (30, 1_000), "b": (33, 1_000), "c": (14, 500)}] * 4,
        "not_yet",
        "Not decided yet: no variant is better than Control on purchase so far; what is missing is "
        "expected by 25 May 2026.",
        as_of=at(6),
        settings={"weights": (4_000, 4_000, 2_000), "n_star": 20_000},
        of_variants=["not_yet", "not_yet"],
    ),
    Case(
        "all worse",
        [{"control": (600, 10_000), "b": (300, 10_000), "c": (310, 10_000)}],
        "worse",
        "Control is better than every variant on purchase.",
        settings={"weights": (3_334, 3_333, 3_333)},
        of_variants=["worse", "worse"],
    ),
    Case(
        "one worse, one open",
        [{"control": (600, 10_000), "b": (300, 10_000), "c": (610, 10_000)}],
        "not_yet",
        "Not decided yet: no variant is better than Control on purchase so far; B is worse.",
        settings={"weights": (3_334, 3_333, 3_333), "n_star": 100_000},
        of_variants=["worse", "not_yet"],
    ),
    Case(
        "none better at the planned size",
        [{"control": (600, 10_000), "b": (300, 10_000), "c": (610, 10_000)}],
        "no_difference",
        "No variant was found better than Control on purchase at the planned size; B is worse.",
        settings={"weights": (3_334, 3_333, 3_333), "n_star": 20_000},
        of_variants=["worse", "no_difference"],
    ),
    Case(
        "too few conversions of every variant",
        [{"control": (2, 600), "b": (2, 600), "c": (3, 600)}],
        "collecting",
        "Too early to say: no variant has enough events of purchase to be compared.",
        settings={"weights": (3_334, 3_333, 3_333)},
        of_variants=["collecting", "collecting"],
    ),
    Case(
        "control alone",
        [{"control": (20, 600)}],
        "collecting",
        "Nothing to compare: no variant beside control has a weight.",
        settings={"weights": (10_000, 0)},
    ),
]


def hyphened(sentence: str) -> str:
    """With hyphens for minus signs, so that the table can be typed."""
    return sentence.replace(words.MINUS, "-")


def _results(case: Case) -> Results:
    return results_of(phase(**case.settings), binary_rollups(case.daily, case.counts), case.as_of)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdicts_are_those_of_the_table(case: Case) -> None:
    verdict = _results(case).verdict
    assert (hyphened(verdict.sentence), verdict.outcome) == (case.sentence, case.outcome)
    assert verdict.leader == case.leader
    if case.of_variants is not None:
        assert [each.outcome for each in verdict.variants] == case.of_variants


def test_every_outcome_has_an_example() -> None:
    assert {case.outcome for case in CASES} == set(Outcome.__args__)  # type: ignore[attr-defined]


def test_a_mean_speaks_in_its_own_unit_where_there_is_no_lift() -> None:
    """Refunds make control's mean negative: the difference stays, a lift would mislead."""
    rollups = revenue_rollups(
        {"control": ["-40"] * 60 + ["0"] * 300, "b": ["35"] * 60 + ["1"] * 300}
    )
    verdict = results_of(phase((CAPPED,)), rollups, at(12)).verdict
    assert verdict.sentence == (
        "B is better than Control on revenue: between +9.26 and +17.4. "
        "This holds however often the test was looked at."
    )


def test_a_lift_of_next_to_nothing_has_no_sign_before_its_zero() -> None:
    assert (
        hyphened(words.effect(Comparison(lift=Lift(-0.0001, Interval(-0.02, 0.0004))), "binary"))
        == "between -2.0% and +0.0%"
    )


def test_a_metric_other_than_the_primary_decides_nothing() -> None:
    other = Metric("other", "binary", source="search")
    rollups = binary_rollups([{"control": (300, 5_000), "b": (400, 5_000)}])
    results = results_of(
        phase((other, Metric("purchase", "binary", source="purchase"))), rollups, at(12)
    )
    assert results.verdict.outcome == "collecting"
    results = results_of(
        phase((other, Metric("purchase", "binary", source="purchase")), primary="purchase"),
        rollups,
        at(12),
    )
    assert results.verdict.outcome == "better"


def test_needs_say_how_much_is_missing_and_when_it_will_be_there() -> None:
    rollups = binary_rollups([{"control": (3, 80), "b": (2, 90)}] * 2)
    verdict = results_of(phase(), rollups, at(4.5)).verdict
    assert [(need.what, need.have, need.want, need.variant_id) for need in verdict.needs] == [
        ("mature_units", 80, 150, "control"),
        ("mature_units", 90, 150, "b"),
    ]
    assert {need.expected_at for need in verdict.needs} == {phase().matures_at(day(1))}


def test_nobody_comes_any_more_so_no_date_is_told() -> None:
    rollups = binary_rollups([{"control": (3, 80), "b": (2, 90)}])
    verdict = results_of(phase(), rollups, at(30)).verdict
    assert [need.expected_at for need in verdict.needs] == [None, None]


def test_windows_that_the_end_cuts_off_have_no_date() -> None:
    rollups = binary_rollups([{"control": (3, 80), "b": (2, 80)}] * 2)
    cut = results_of(phase(ended_at=at(4.5)), rollups, at(4.2)).verdict
    whole = results_of(phase(ended_at=at(5)), rollups, at(4.2)).verdict
    assert [need.expected_at for need in cut.needs] == [None, None]
    assert [need.expected_at for need in whole.needs] == [at(5), at(5)]


def test_an_empty_phase_says_what_it_waits_for() -> None:
    verdict = results_of(phase(), Rollups([]), at(0)).verdict
    assert verdict.sentence == (
        "Too early to say: Control has 0 of 150 visitors whose time is over; B has 0 of 150 "
        "visitors whose time is over; the test ran 0 of 72 hours, expected by 4 May 2026."
    )
