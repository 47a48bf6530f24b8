"""Variants compared with control on one metric: valid at every look, as one planned look, and as
beliefs.

First the tests, which need no critical value; then Holm's correction over the variants; then the
intervals, each at the level that results from the correction. So p and intervals agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storepulse.domain.experiments.definition import MetricKind
from storepulse.domain.experiments.rollups import MetricTotals
from storepulse.domain.statistics.bayes import Belief, believe_means, believe_shares
from storepulse.domain.statistics.cuped import FEWEST_WITH_PAST, adjust
from storepulse.domain.statistics.figures import (
    Comparison,
    Reason,
    missing_comparison,
    normal_critical,
    normal_p,
)
from storepulse.domain.statistics.holm import Correction, correct
from storepulse.domain.statistics.means import (
    Contrast,
    always_valid_statistic,
    compare_always,
    compare_once,
    contrast_means,
    t_p,
)
from storepulse.domain.statistics.proportions import Share, compare_shares, pooled_z
from storepulse.domain.statistics.ratios import contrast_ratios
from storepulse.domain.statistics.sequential import always_valid_p, critical_value


@dataclass(frozen=True, slots=True)
class Terms:
    """The phase's fixed settings: the error rate, and the planned visitors of a pair."""

    alpha: float
    n_star: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A comparison with its correction; `is_conclusive`: the corrected p is at most alpha."""

    comparison: Comparison
    adjusted_p: float | None
    level: float
    is_conclusive: bool


@dataclass(frozen=True, slots=True)
class Cuped:
    """The comparison adjusted for behaviour before the exposure; never used for the verdict."""

    theta: float | None = None
    variance_reduction: float | None = None
    always_valid: Judged | None = None
    once: Judged | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One variant against control on one metric. `always_valid` is the result that counts."""

    variant_id: str
    always_valid: Judged
    once: Judged
    belief: Belief | None
    cuped: Cuped | None


_Subject = tuple[Share, Share] | Contrast | Reason


@dataclass(frozen=True, slots=True)
class _Test:
    """A test before any critical value: its subject, or why there is none, and both kinds of p."""

    subject: _Subject
    always_p: float | None = None
    once_p: float | None = None


def compare_all(
    kind: MetricKind,
    control: MetricTotals,
    variants: Sequence[tuple[str, MetricTotals]],
    terms: Terms,
) -> list[Compared]:
    """Each variant against control, corrected for their number."""
    tests = [_test(kind, control, totals, terms) for _, totals in variants]
    always = correct([test.always_p for test in tests], terms.alpha)
    once = correct([test.once_p for test in tests], terms.alpha)
    cuped = _compare_adjusted(kind, control, variants, terms)
    return [
        Compared(
            variant_id=name,
            always_valid=_judge_always(test, control.units + totals.units, always[i], terms),
            once=_judge_once(test, once[i]),
            belief=_believe(test.subject),
            cuped=cuped[i],
        )
        for i, ((name, totals), test) in enumerate(zip(variants, tests, strict=True))
    ]


def judge_always(
    kind: MetricKind, control: MetricTotals, variants: Sequence[MetricTotals], terms: Terms
) -> list[Judged]:
    """Only the always-valid results of `compare_all`."""
    tests = [_test(kind, control, totals, terms) for totals in variants]
    corrections = correct([test.always_p for test in tests], terms.alpha)
    return [
        _judge_always(test, control.units + totals.units, correction, terms)
        for test, totals, correction in zip(tests, variants, corrections, strict=True)
    ]


def corrections_at(
    kind: MetricKind, control: MetricTotals, variants: Sequence[MetricTotals], terms: Terms
) -> list[Correction]:
    """The always-valid corrections of a look at these totals."""
    tests = [_test(kind, control, totals, terms) for totals in variants]
    return correct([test.always_p for test in tests], terms.alpha)


def _test(kind: MetricKind, control: MetricTotals, variant: MetricTotals, terms: Terms) -> _Test:
    if kind == "binary":
        return _test_shares(control, variant, terms)
    contrasting = contrast_ratios if kind == "ratio" else contrast_means
    found = contrasting(control.counted, variant.counted)
    return _test_contrast(found, control, variant, terms)


def _test_shares(control: MetricTotals, variant: MetricTotals, terms: Terms) -> _Test:
    a, b = Share(control.converters, control.units), Share(variant.converters, variant.units)
    if a.n == 0 or b.n == 0:
        return _Test("no_units")
    z = float(pooled_z(a.x, a.n, b.x, b.n))
    always_p = float(always_valid_p(z, a.n + b.n, terms.n_star, terms.alpha))
    return _Test((a, b), always_p, float(normal_p(z)))


def _test_contrast(
    found: Contrast | Reason, control: MetricTotals, variant: MetricTotals, terms: Terms
) -> _Test:
    if not isinstance(found, Contrast):
        return _Test(found)
    n = control.units + variant.units
    statistic = always_valid_statistic(found)
    always_p = float(always_valid_p(statistic, n, terms.n_star, terms.alpha))
    return _Test(found, always_p, t_p(found))


def _judge_always(test: _Test, n: int, correction: Correction, terms: Terms) -> Judged:
    if isinstance(test.subject, str) or test.always_p is None:
        return _not_judged(test.subject, correction)
    critical = float(critical_value(n, terms.n_star, terms.alpha, correction.level))
    if isinstance(test.subject, Contrast):
        comparison = compare_always(test.subject, critical, test.always_p)
    else:
        comparison = compare_shares(*test.subject, critical, test.always_p)
    return Judged(comparison, correction.adjusted_p, correction.level, correction.rejects)


def _judge_once(test: _Test, correction: Correction) -> Judged:
    if isinstance(test.subject, str) or test.once_p is None:
        return _not_judged(test.subject, correction)
    if isinstance(test.subject, Contrast):
        comparison = compare_once(test.subject, correction.level)
    else:
        critical = normal_critical(correction.level)
        comparison = compare_shares(*test.subject, critical, test.once_p)
    return Judged(comparison, correction.adjusted_p, correction.level, correction.rejects)


def _not_judged(subject: _Subject, correction: Correction) -> Judged:
    reason: Reason = subject if isinstance(subject, str) else "no_units"
    return Judged(missing_comparison(reason), None, correction.level, is_conclusive=False)


def _believe(subject: _Subject) -> Belief | None:
    if isinstance(subject, str):
        return None
    if isinstance(subject, Contrast):
        return believe_means(subject.difference, subject.robust_error)
    return believe_shares(*subject)


def _compare_adjusted(
    kind: MetricKind,
    control: MetricTotals,
    variants: Sequence[tuple[str, MetricTotals]],
    terms: Terms,
) -> list[Cuped | None]:
    """CUPED for each variant; none for ratios, which have no figure before the exposure."""
    if kind == "ratio":
        return [None] * len(variants)
    found = [
        adjust(control.counted, totals.counted)
        if control.units_with_x + totals.units_with_x >= FEWEST_WITH_PAST
        else "no_pre_period"
        for _, totals in variants
    ]
    tests = [
        _test_contrast(one if isinstance(one, str) else one.contrast, control, totals, terms)
        for one, (_, totals) in zip(found, variants, strict=True)
    ]
    always = correct([test.always_p for test in tests], terms.alpha)
    once = correct([test.once_p for test in tests], terms.alpha)
    return [
        Cuped(reason=one)
        if isinstance(one, str)
        else Cuped(
            theta=one.theta,
            variance_reduction=one.variance_reduction,
            always_valid=_judge_always(
                tests[i], control.units + variants[i][1].units, always[i], terms
            ),
            once=_judge_once(tests[i], once[i]),
        )
        for i, one in enumerate(found)
    ]
