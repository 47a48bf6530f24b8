"""Variants against control on one metric: at every look, at one planned look, and as beliefs.

First the tests, which need no critical value; then Holm's correction over the variants; then the
intervals, each at the level that the correction left it. So p and intervals agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storepulse.domain.experiments.definition import MetricKind
from storepulse.domain.experiments.rollups import Totals
from storepulse.domain.statistics.bayes import Belief, believe_means, believe_shares
from storepulse.domain.statistics.cuped import FEWEST_WITH_PAST, adjust
from storepulse.domain.statistics.figures import (
    Comparison,
    Reason,
    missing,
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
    """What the phase fixed: the error rate, and the visitors of a pair that it was planned for."""

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
    """The comparison after what visitors did before is taken out; never the verdict."""

    theta: float | None = None
    variance_reduction: float | None = None
    always_valid: Judged | None = None
    once: Judged | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One variant against control on one metric. `always_valid` is the answer."""

    variant_id: str
    always_valid: Judged
    once: Judged
    belief: Belief | None
    cuped: Cuped | None


@dataclass(frozen=True, slots=True)
class _Test:
    """Before any critical value: p of both kinds, from shares or from a contrast."""

    pair: tuple[Share, Share] | None = None
    contrast: Contrast | None = None
    always_p: float | None = None
    once_p: float | None = None
    reason: Reason | None = None


def compare_all(
    kind: MetricKind, control: Totals, variants: Sequence[tuple[str, Totals]], terms: Terms
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
            belief=_believe(test),
            cuped=cuped[i],
        )
        for i, ((name, totals), test) in enumerate(zip(variants, tests, strict=True))
    ]


def corrections_at(
    kind: MetricKind, control: Totals, variants: Sequence[Totals], terms: Terms
) -> list[Correction]:
    """What a look at these totals would have decided, always valid."""
    tests = [_test(kind, control, totals, terms) for totals in variants]
    return correct([test.always_p for test in tests], terms.alpha)


def _test(kind: MetricKind, control: Totals, variant: Totals, terms: Terms) -> _Test:
    if kind == "binary":
        return _test_shares(control, variant, terms)
    contrasting = contrast_ratios if kind == "ratio" else contrast_means
    found = contrasting(control.counted, variant.counted)
    return _test_contrast(found, control, variant, terms)


def _test_shares(control: Totals, variant: Totals, terms: Terms) -> _Test:
    a, b = Share(control.converters, control.units), Share(variant.converters, variant.units)
    if a.n == 0 or b.n == 0:
        return _Test(reason="no_units")
    z = float(pooled_z(a.x, a.n, b.x, b.n))
    always_p = float(always_valid_p(z, a.n + b.n, terms.n_star, terms.alpha))
    return _Test(pair=(a, b), always_p=always_p, once_p=float(normal_p(z)))


def _test_contrast(
    found: Contrast | Reason, control: Totals, variant: Totals, terms: Terms
) -> _Test:
    if not isinstance(found, Contrast):
        return _Test(reason=found)
    n = control.units + variant.units
    statistic = always_valid_statistic(found)
    always_p = float(always_valid_p(statistic, n, terms.n_star, terms.alpha))
    return _Test(contrast=found, always_p=always_p, once_p=t_p(found))


def _judge_always(test: _Test, n: int, correction: Correction, terms: Terms) -> Judged:
    if test.always_p is None:
        return _not_judged(test, correction)
    critical = float(critical_value(n, terms.n_star, terms.alpha, correction.level))
    if test.pair is not None:
        comparison = compare_shares(*test.pair, critical, test.always_p)
    else:
        assert test.contrast is not None
        comparison = compare_always(test.contrast, critical, test.always_p)
    return Judged(comparison, correction.adjusted_p, correction.level, correction.rejects)


def _judge_once(test: _Test, correction: Correction) -> Judged:
    if test.once_p is None:
        return _not_judged(test, correction)
    if test.pair is not None:
        critical = normal_critical(correction.level)
        comparison = compare_shares(*test.pair, critical, test.once_p)
    else:
        assert test.contrast is not None
        comparison = compare_once(test.contrast, correction.level)
    return Judged(comparison, correction.adjusted_p, correction.level, correction.rejects)


def _not_judged(test: _Test, correction: Correction) -> Judged:
    comparison = missing(test.reason or "no_units")
    return Judged(comparison, None, correction.level, is_conclusive=False)


def _believe(test: _Test) -> Belief | None:
    if test.pair is not None:
        return believe_shares(*test.pair)
    if test.contrast is not None:
        return believe_means(test.contrast.difference, test.contrast.robust_error)
    return None


def _compare_adjusted(
    kind: MetricKind, control: Totals, variants: Sequence[tuple[str, Totals]], terms: Terms
) -> list[Cuped | None]:
    """Ratios have no figure before the exposure: nothing is offered for them."""
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
