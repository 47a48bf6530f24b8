"""The verdict of a test: for each variant against control, and as a whole.

The first that applies counts: the data cannot be trusted; too little data; a difference; none found
at the planned size; not yet. Only the primary metric counts. Sentences: `verdict_words.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from storepulse.domain.experiments import verdict_words as words
from storepulse.domain.experiments.definition import Direction, MetricKind
from storepulse.domain.experiments.guards import MultipleGuard, Shortfall, SplitGuard
from storepulse.domain.statistics.figures import Comparison

Outcome = Literal["invalid", "collecting", "better", "worse", "no_difference", "not_yet"]


@dataclass(frozen=True, slots=True)
class Soundness:
    """Whether the data can be trusted."""

    split: SplitGuard
    multiple: MultipleGuard

    @property
    def fails(self) -> bool:
        """Whether the figures cannot be trusted."""
        return self.split.split.status == "fail" or self.multiple.fails


@dataclass(frozen=True, slots=True)
class Evidence:
    """One variant against control on the primary metric, always valid.

    `needs`: what the comparison lacks. `units`: mature visitors of both, `planned`: planned ones,
    `planned_at`: when they are expected. `first_conclusive_day`: the first day with whose visitors
    the difference was conclusive and the guards passed.
    """

    variant_id: str
    name: str
    comparison: Comparison
    is_conclusive: bool
    units: int
    planned: int
    needs: tuple[Shortfall, ...] = ()
    planned_at: datetime | None = None
    first_conclusive_day: date | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The question about every variant: the primary metric, control's name, and whether the phase
    has ended, so that no more data will come."""

    metric: str
    kind: MetricKind
    direction: Direction
    control: str
    names: dict[str, str]
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class VariantVerdict:
    """The verdict on one variant; `needs` say what is missing and when it is expected."""

    variant_id: str
    outcome: Outcome
    sentence: str
    needs: tuple[Shortfall, ...] = ()
    was_conclusive_on: date | None = None


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """The verdict on the whole test.

    `leader`: the variant better than control with the largest difference. Nothing is claimed
    between several better ones.
    """

    outcome: Outcome
    sentence: str
    leader: str | None
    needs: tuple[Shortfall, ...]
    variants: tuple[VariantVerdict, ...]


def judge(
    question: Question,
    soundness: Soundness,
    needs: Sequence[Shortfall],
    evidence: Sequence[Evidence],
) -> TestVerdict:
    """The verdict; `needs` are those of the whole test."""
    if soundness.fails:
        sentence = words.invalid(soundness.split, soundness.multiple)
        return _same_for_all("invalid", sentence, (), evidence)
    if needs:
        sentence = words.collecting(needs, question.names, question.has_ended)
        return _same_for_all("collecting", sentence, tuple(needs), evidence)
    variants = tuple(_judge_variant(question, one) for one in evidence)
    return _judge_whole(question, evidence, variants)


def _same_for_all(
    outcome: Outcome, sentence: str, needs: tuple[Shortfall, ...], evidence: Sequence[Evidence]
) -> TestVerdict:
    variants = tuple(VariantVerdict(one.variant_id, outcome, sentence, needs) for one in evidence)
    return TestVerdict(outcome, sentence, None, needs, variants)


def _judge_variant(question: Question, one: Evidence) -> VariantVerdict:
    pair, effect = _pair(question, one), words.effect(one.comparison, question.kind)
    if one.needs:
        sentence = words.collecting(one.needs, question.names, question.has_ended)
        return VariantVerdict(one.variant_id, "collecting", sentence, one.needs)
    difference = one.comparison.difference
    if one.is_conclusive and difference:
        outcome: Outcome = "better" if gain(question, one) > 0 else "worse"
        return VariantVerdict(one.variant_id, outcome, words.conclusive(pair, outcome, effect))
    lacking = (Shortfall("planned_units", one.units, one.planned, one.variant_id, one.planned_at),)
    is_planned_size = one.units >= one.planned
    if is_planned_size:
        sentence = words.no_difference(pair, one.comparison, question.kind, one.planned)
        verdict = VariantVerdict(one.variant_id, "no_difference", sentence)
    else:
        sentence = words.not_yet(
            pair, one.comparison, question.kind, lacking[0], question.has_ended
        )
        verdict = VariantVerdict(one.variant_id, "not_yet", sentence, lacking)
    if one.first_conclusive_day is None:
        return verdict
    day = one.first_conclusive_day
    sentence = words.no_longer(pair, one.comparison, question.kind, day)
    return replace(verdict, sentence=sentence, was_conclusive_on=day)


def _judge_whole(
    question: Question, evidence: Sequence[Evidence], variants: tuple[VariantVerdict, ...]
) -> TestVerdict:
    if not variants:
        return TestVerdict("collecting", words.nothing_to_compare(), None, (), ())
    needs = tuple(need for verdict in variants for need in verdict.needs)
    better = _those_with("better", evidence, variants)
    if better:
        leader = max(better, key=lambda one: gain(question, one))
        own = next(each for each in variants if each.variant_id == leader.variant_id)
        sentence = own.sentence
        if len(better) > 1:
            effect = words.effect(leader.comparison, question.kind)
            names = [one.name for one in better]
            sentence = words.several_better(_pair(question, leader), names, effect)
        return TestVerdict("better", sentence, leader.variant_id, needs, variants)
    outcomes = {verdict.outcome for verdict in variants}
    if len(variants) == 1:
        return TestVerdict(variants[0].outcome, variants[0].sentence, None, needs, variants)
    outcome = _outcome_without_winner(outcomes)
    worse = [one.name for one in _those_with("worse", evidence, variants)]
    asked, until = (
        words.Asked(question.metric, question.control, question.has_ended),
        _last_date(needs),
    )
    if outcome == "worse":
        sentence = words.all_worse(asked)
    elif outcome == "collecting":
        sentence = words.none_comparable(asked, until)
    elif outcome == "not_yet":
        sentence = words.none_better_yet(asked, worse, until)
    else:
        sentence = words.none_better(asked, worse)
    return TestVerdict(outcome, sentence, None, needs, variants)


def _those_with(
    outcome: Outcome, evidence: Sequence[Evidence], variants: Sequence[VariantVerdict]
) -> list[Evidence]:
    pairs = zip(evidence, variants, strict=True)
    return [one for one, verdict in pairs if verdict.outcome == outcome]


def _outcome_without_winner(outcomes: set[Outcome]) -> Outcome:
    """The outcome if no variant is better: an undecided one takes precedence."""
    if outcomes == {"worse"}:
        return "worse"
    if outcomes == {"collecting"}:
        return "collecting"
    return "not_yet" if outcomes & {"collecting", "not_yet"} else "no_difference"


def _last_date(needs: Sequence[Shortfall]) -> datetime | None:
    """When everything missing is expected; None if a date is unknown."""
    dates = [need.expected_at for need in needs]
    known = [moment for moment in dates if moment is not None]
    return max(known) if known and len(known) == len(dates) else None


def gain(question: Question, one: Evidence) -> float:
    """The difference, positive if it is an improvement."""
    difference = one.comparison.difference or 0.0
    return difference if question.direction == "increase" else -difference


def _pair(question: Question, one: Evidence) -> words.Pair:
    return words.Pair(one.name, question.control, question.metric)
