"""Results are a function of rollups, settings and the moment; every edge has its figure."""

from __future__ import annotations

import dataclasses
import math
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.support.experiment_rollups import (
    CAPPED,
    FIVE,
    ORDER_VALUE,
    ORDERS,
    PURCHASE,
    REVENUE,
    at,
    binary_rollups,
    day,
    drawn_rollups,
    phase,
)

from storepulse.domain.experiments.metric_results import MetricResult, VariantResult
from storepulse.domain.experiments.results import Results, results_of
from storepulse.domain.experiments.rollups import (
    MetricRow,
    Pause,
    Phase,
    PhaseCounts,
    RatioRow,
    Rollups,
    UnitRow,
)
from storepulse.domain.statistics.bayes import believe_shares
from storepulse.domain.statistics.figures import Comparison, Interval, normal_critical
from storepulse.domain.statistics.means import Arm, mean_interval
from storepulse.domain.statistics.ratios import ratio_arm
from storepulse.domain.statistics.sequential import critical_value
from storepulse.domain.statistics.sums import Sums


def _metric(results: Results, key: str = "purchase") -> MetricResult:
    return next(each for each in results.metrics if each.metric == key)


def _b(results: Results, key: str = "purchase") -> VariantResult:
    return next(each for each in _metric(results, key).variants if each.variant_id == "b")


def _always(results: Results, key: str = "purchase") -> Comparison:
    compared = _b(results, key).compared
    assert compared is not None
    return compared.always_valid.comparison


def _once(results: Results, key: str = "purchase") -> Comparison:
    compared = _b(results, key).compared
    assert compared is not None
    return compared.once.comparison


def _read(arms: dict[str, tuple[int, int]], as_of: float = 10, **settings: Any) -> Results:
    return results_of(phase(**settings), binary_rollups([arms]), at(as_of))


def test_no_conversions_anywhere_has_an_interval_and_no_lift() -> None:
    results = _read({"control": (0, 400), "b": (0, 300)})
    for comparison, c in (
        (_once(results), normal_critical(0.05)),
        (_always(results), float(critical_value(700, 5_000, 0.05))),
    ):
        assert (comparison.statistic, comparison.p_value) == (0, 1)
        assert comparison.interval is not None
        assert comparison.interval.low == pytest.approx(-c * c / (400 + c * c), rel=1e-9)
        assert comparison.interval.high == pytest.approx(c * c / (300 + c * c), rel=1e-9)
        assert comparison.lift.value is None
        assert comparison.lift.reason == "control_zero"
    assert _b(results).mature.value == 0


def test_nobody_of_control_converts() -> None:
    comparison = _always(_read({"control": (0, 400), "b": (40, 400)}))
    assert comparison.p_value is not None
    assert comparison.p_value < 0.05
    assert comparison.interval is not None
    assert comparison.interval.low > 0
    assert (comparison.lift.value, comparison.lift.reason) == (None, "control_zero")


def test_nobody_of_the_variant_converts() -> None:
    comparison = _once(_read({"control": (40, 400), "b": (0, 400)}))
    assert comparison.lift.value == -1
    assert comparison.lift.interval is not None
    assert comparison.lift.interval.low == -1
    assert -1 < comparison.lift.interval.high < 0


def test_one_visitor_an_arm_has_shares_and_no_means() -> None:
    one = Decimal(1)
    rows = [
        MetricRow(name, day(0), "revenue", 1, 1, 0, one, one, one, one, one)
        for name in ("control", "b")
    ]
    binary = binary_rollups([{"control": (0, 1), "b": (1, 1)}])
    rollups = Rollups(binary.units, [*binary.metrics, *rows])
    results = results_of(phase((PURCHASE, REVENUE)), rollups, at(10))
    assert _once(results).p_value == pytest.approx(0.157299, abs=1e-6)
    assert _always(results, "revenue").p_value is None
    assert _always(results, "revenue").reason == "too_few_units"
    assert _b(results, "revenue").mature.value == 1
    assert _b(results, "revenue").mature.reason == "too_few_units"
    assert results.verdict.outcome == "collecting"


def test_without_visitors_everything_is_missing_with_a_reason() -> None:
    results = results_of(phase(FIVE), Rollups([]), at(0))
    assert _always(results).reason == "no_units"
    assert _always(results, "order_value").reason == "no_units"
    assert _b(results).mature.reason == "no_units"
    assert results.split.split.reason == "expected_below_5"
    assert results.verdict.outcome == "collecting"
    _assert_finite(results)


def test_equal_totals_of_all_visitors_leave_no_test() -> None:
    rollups = binary_rollups([{"control": (0, 200), "b": (0, 200)}])
    results = results_of(phase((PURCHASE, REVENUE, ORDERS, ORDER_VALUE)), rollups, at(10))
    assert _always(results, "revenue").reason == "zero_variance"
    assert _always(results, "order_value").reason == "zero_denominator"
    assert _b(results, "order_value").mature.reason == "zero_denominator"


def test_a_day_counts_when_the_windows_of_all_its_visitors_have_closed() -> None:
    ready = phase().matures_at(day(0))
    assert ready == at(4)
    rollups = binary_rollups([{"control": (3, 100), "b": (4, 100)}, {"control": (5, 100)}])
    before = results_of(phase(), rollups, ready - timedelta(milliseconds=1))
    after = results_of(phase(), rollups, ready)
    assert (before.mature_until, after.mature_until) == (None, day(0))
    assert (_b(before).mature.units, _b(after).mature.units) == (0, 100)
    assert [each.so_far for each in before.units] == [200, 100]
    assert [each.mature for each in after.units] == [100, 100]


def test_windows_that_the_end_cut_off_never_close() -> None:
    rollups = binary_rollups([{"control": (3, 100), "b": (4, 100)}] * 6)
    results = results_of(phase(ended_at=at(6)), rollups, at(60))
    assert results.mature_until == day(2)
    assert results.running_hours == 6 * 24


def test_time_paused_does_not_count() -> None:
    pauses = (Pause(at(1), at(2)), Pause(at(3)))
    results = results_of(phase(pauses=pauses), Rollups([]), at(5))
    assert results.running_hours == 48


def test_rows_in_any_order_and_two_reads_give_the_same_bytes() -> None:
    chance = random.Random(4)
    names = ["control", "b", "c"]
    rollups = drawn_rollups(chance, names, 9, 200)
    its_phase = phase(FIVE, (4_000, 3_000, 3_000))
    first = msgspec.json.encode(results_of(its_phase, rollups, at(12)))
    units, metrics, ratios = list(rollups.units), list(rollups.metrics), list(rollups.ratios)
    for rows in (units, metrics, ratios):
        chance.shuffle(rows)  # type: ignore[arg-type]
    believe_shares.cache_clear()
    again = msgspec.json.encode(results_of(its_phase, Rollups(units, metrics, ratios), at(12)))
    assert first == again


def test_later_visitors_do_not_change_what_was_seen() -> None:
    rollups = drawn_rollups(random.Random(4), ["control", "b"], 12, 300)
    early = Rollups(
        [row for row in rollups.units if row.day <= day(5)],
        [row for row in rollups.metrics if row.day <= day(5)],
        [row for row in rollups.ratios if row.day <= day(5)],
    )
    its_phase = phase(FIVE)
    seen = results_of(its_phase, early, at(9))
    known = results_of(its_phase, rollups, at(9))
    assert seen.mature_until == day(5)
    for one, other in zip(seen.metrics, known.metrics, strict=True):
        assert [each.compared for each in one.variants] == [
            each.compared for each in other.variants
        ]


def test_the_verdict_is_of_capped_totals_and_both_are_shown() -> None:
    rollups = drawn_rollups(random.Random(1), ["control", "b"], 6, 400)
    capped = results_of(phase((CAPPED,)), rollups, at(20))
    raw = results_of(
        phase((REVENUE,)),
        Rollups(rollups.units, [_without_cap(row) for row in rollups.metrics]),
        at(20),
    )
    figures = _b(capped, "revenue").mature
    assert figures.value is not None
    assert figures.raw_value == _b(raw, "revenue").mature.value
    assert figures.value < _b(raw, "revenue").mature.value  # type: ignore[operator]
    assert _metric(capped, "revenue").cap == 200
    assert _always(capped, "revenue") != _always(raw, "revenue")


def _without_cap(row: MetricRow) -> MetricRow:
    names = ("c_sum_y", "c_sum_yy", "c_sum_x", "c_sum_xx", "c_sum_xy")
    return dataclasses.replace(row, **dict.fromkeys(names))


def test_a_ratio_of_capped_totals_is_capped_throughout() -> None:
    rollups = drawn_rollups(random.Random(1), ["control", "b"], 6, 400)
    capped = results_of(phase((CAPPED, ORDERS, ORDER_VALUE)), rollups, at(20))
    totals = [row for row in rollups.metrics if row.variant_id == "b"]
    spent = sum(row.c_sum_y or 0 for row in totals if row.metric == "revenue")
    orders = sum(row.sum_y for row in totals if row.metric == "orders")
    figures = _b(capped, "order_value").mature
    assert figures.value == pytest.approx(float(spent / orders), rel=1e-14)
    assert figures.raw_value is not None
    assert figures.raw_value > figures.value
    assert figures.interval == mean_interval(_capped_arm(rollups), 0.05)


def _capped_arm(rollups: Rollups) -> Arm:
    """The order value of b, of capped sums throughout."""
    revenue, orders = (
        [row for row in rollups.metrics if (row.variant_id, row.metric) == ("b", key)]
        for key in ("revenue", "orders")
    )
    products = [row.c_sum_nd or 0 for row in rollups.ratios if row.variant_id == "b"]
    sums = Sums(
        sum(row.units for row in rollups.units if row.variant_id == "b"),
        _total([row.c_sum_y or 0 for row in revenue]),
        _total([row.c_sum_yy or 0 for row in revenue]),
        _total([row.sum_y for row in orders]),
        _total([row.sum_yy for row in orders]),
        _total(products),
    )
    arm = ratio_arm(sums)
    assert arm is not None
    return arm


def _total(values: Sequence[Decimal | int]) -> Decimal:
    return sum(values, Decimal(0))


def test_the_past_is_capped_like_what_follows() -> None:
    rollups = drawn_rollups(random.Random(6), ["control", "b"], 8, 400)
    names = ("sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy")
    already = [
        dataclasses.replace(
            _without_cap(row), **{name: getattr(row, f"c_{name}") for name in names}
        )
        for row in rollups.metrics
        if row.metric == "revenue"
    ]
    one = _b(results_of(phase((CAPPED,)), rollups, at(20)), "revenue").compared
    other = _b(
        results_of(phase((REVENUE,)), Rollups(rollups.units, already), at(20)), "revenue"
    ).compared
    assert one is not None
    assert one.cuped is not None
    assert one.cuped.theta is not None
    assert one == other


@pytest.mark.parametrize(
    ("control", "b", "is_enough"),
    [((20, 150), (20, 150), True), ((20, 149), (20, 500), False), ((2, 300), (2, 300), False)],
)
def test_figures_below_the_guards_are_marked(
    control: tuple[int, int], b: tuple[int, int], is_enough: bool
) -> None:
    assert _b(_read({"control": control, "b": b})).is_enough == is_enough


def test_what_visitors_did_before_is_taken_out_where_fifty_have_a_past() -> None:
    few = results_of(phase(FIVE), drawn_rollups(random.Random(2), ["control", "b"], 1, 300), at(9))
    many = results_of(
        phase(FIVE), drawn_rollups(random.Random(2), ["control", "b"], 9, 300), at(20)
    )
    without, with_it = _b(few, "revenue").compared, _b(many, "revenue").compared
    assert without is not None
    assert without.cuped is not None
    assert without.cuped.reason == "no_pre_period"
    assert with_it is not None
    assert with_it.cuped is not None
    assert with_it.cuped.variance_reduction is not None
    assert with_it.cuped.variance_reduction > 0.01
    assert with_it.cuped.always_valid is not None
    of_ratio = _b(many, "order_value").compared
    assert of_ratio is not None
    assert of_ratio.cuped is None


def test_several_variants_share_alpha_and_intervals_agree_with_the_decision() -> None:
    arms = {"control": (300, 10_000), "b": (420, 10_000), "c": (310, 10_000), "d": (370, 10_000)}
    results = _read(arms, weights=(2_500,) * 4, n_star=20_000)
    compared = [each.compared for each in _metric(results).variants if each.compared]
    judged = [one.always_valid for one in compared]
    # One look: p of d is 0.006 and of c 0.68.
    assert [one.once.is_conclusive for one in compared] == [True, False, True]
    assert [one.once.level for one in compared] == pytest.approx([0.05 / 3, 0.05, 0.05 / 2])
    assert [one.is_conclusive for one in judged] == [True, False, False]
    assert judged[0].level == pytest.approx(0.05 / 3)
    assert judged[1].level == judged[2].level == pytest.approx(0.05 / 2)
    for one in judged:
        assert one.comparison.interval is not None
        assert _leaves_out_0(one.comparison.interval) == one.is_conclusive
        assert one.adjusted_p is not None
        assert (one.adjusted_p <= 0.05) == one.is_conclusive


def _leaves_out_0(interval: Interval) -> bool:
    return interval.low > 0 or interval.high < 0


def test_a_variant_without_weight_is_not_compared_and_its_visitors_make_a_test_invalid() -> None:
    weights = (5_000, 5_000, 0)
    sound = _read({"control": (30, 1_000), "b": (40, 1_000)}, weights=weights)
    assert _metric(sound).variants[2].compared is None
    assert sound.verdict.outcome != "invalid"
    seen = _read({"control": (30, 1_000), "b": (40, 1_000), "c": (0, 1)}, weights=weights)
    assert seen.split.split.reason == "units_in_zero_weight_variant"
    assert seen.verdict.outcome == "invalid"


def test_visitors_of_a_variant_that_the_phase_does_not_know_are_told() -> None:
    rollups = binary_rollups([{"control": (3, 100), "b": (4, 100)}])
    rollups = Rollups([*rollups.units, UnitRow("gone", day(0), 7)], rollups.metrics)
    results = results_of(phase(), rollups, at(10))
    assert results.unknown_variant_units == 7
    assert [each.so_far for each in results.units] == [100, 100]


def test_the_day_on_which_the_split_broke() -> None:
    sound, lossy = (
        {"control": (30, 2_000), "b": (30, 2_000)},
        {"control": (30, 2_000), "b": (20, 1_700)},
    )
    its_phase = phase()
    broken = results_of(its_phase, binary_rollups([sound] * 3 + [lossy] * 4), at(12))
    assert broken.verdict.outcome == "invalid"
    # After two lossy days 600 are missing, of 19,400: p is 0.00002; after one, 0.02.
    assert broken.split.since == day(4)
    more = {"control": (20, 1_700), "b": (30, 2_000)}
    mended = results_of(its_phase, binary_rollups([sound] * 3 + [lossy] * 4 + [more] * 4), at(16))
    assert mended.split.since is None
    assert mended.verdict.outcome != "invalid"


@pytest.mark.parametrize(
    ("units", "multi", "fails"),
    [
        (1_000, 10, False),
        (990, 10, False),
        (1_000, 11, True),
        (100, 49, False),
        (100, 50, True),
        (0, 0, False),
    ],
)
def test_visitors_of_several_variants(units: int, multi: int, fails: bool) -> None:
    half = {"control": (9, units // 2), "b": (9, units // 2)}
    rollups = binary_rollups([half] if units else [], PhaseCounts(multi_units=multi))
    results = results_of(phase(), rollups, at(10))
    assert results.multiple.fails == fails
    assert (results.verdict.outcome == "invalid") == fails


def test_the_first_conclusive_day_stays_known_when_the_difference_goes() -> None:
    strong = {"control": (60, 2_000), "b": (120, 2_000)}
    away = {"control": (120, 2_000), "b": (60, 2_000)}
    its_phase = phase(n_star=100_000)
    short = results_of(its_phase, binary_rollups([strong] * 3), at(10))
    assert short.verdict.outcome == "better"
    assert short.verdict.leader == "b"
    first = _b(short).first_conclusive_day
    assert first is not None
    gone = results_of(its_phase, binary_rollups([strong] * 3 + [away] * 3), at(14))
    assert _b(gone).first_conclusive_day == first
    assert gone.verdict.outcome == "not_yet"
    assert gone.verdict.variants[0].was_conclusive_on == first


def test_no_look_before_the_guards_is_conclusive() -> None:
    strong = {"control": (5, 100), "b": (60, 100)}
    results = results_of(phase(), binary_rollups([strong] * 3), at(10))
    assert _b(results).first_conclusive_day == day(1)


def test_a_look_within_72_hours_of_running_is_not_conclusive() -> None:
    strong = {"control": (50, 1_000), "b": (150, 1_000)}
    rollups = binary_rollups([strong] * 6)
    assert _b(results_of(phase(), rollups, at(20))).first_conclusive_day == day(0)
    # The first day is mature on the fourth, when the test had run for two.
    paused = phase(pauses=(Pause(at(1), at(3)),))
    assert _b(results_of(paused, rollups, at(20))).first_conclusive_day == day(1)


def test_a_look_at_a_broken_split_is_not_conclusive() -> None:
    lossy = {"control": (60, 2_000), "b": (120, 1_600)}
    mending = {"control": (60, 2_000), "b": (120, 2_400)}
    results = results_of(phase(), binary_rollups([lossy] * 4 + [mending] * 6), at(20))
    # Three mending days leave 400 of 27,600 missing, within chance; they are over on the seventh.
    assert _b(results).first_conclusive_day == day(3)


def test_a_look_at_too_few_conversions_is_not_conclusive() -> None:
    rollups = binary_rollups([{"control": (0, 2_000), "b": (8, 200)}])
    results = results_of(phase(weights=(9_090, 910)), rollups, at(10))
    compared = _b(results).compared
    assert compared is not None
    assert compared.always_valid.is_conclusive
    assert _b(results).first_conclusive_day is None
    assert results.verdict.outcome == "collecting"


def test_only_the_primary_metric_has_a_first_conclusive_day() -> None:
    rollups = drawn_rollups(random.Random(3), ["control", "b"], 5, 200)
    more = [
        dataclasses.replace(row, converters=120) for row in rollups.metrics if row.variant_id == "b"
    ]
    others = [row for row in rollups.metrics if row.variant_id != "b"]
    its_rollups = Rollups(rollups.units, others + more, rollups.ratios)
    results = results_of(phase(FIVE), its_rollups, at(20))
    assert _b(results).first_conclusive_day == day(0)
    assert _b(results, "cart").first_conclusive_day is None


def test_results_of_a_month_are_quick() -> None:
    rollups = drawn_rollups(random.Random(5), ["control", "b", "c", "d"], 28, 60)
    its_phase = phase(FIVE, (2_500,) * 4)
    results_of(its_phase, rollups, at(40))
    taken = []
    for _ in range(3):
        believe_shares.cache_clear()
        started = time.process_time()
        results_of(its_phase, rollups, at(40))
        taken.append(time.process_time() - started)
    assert min(taken) < 0.15


@pytest.mark.parametrize("seed", range(30))
def test_no_sums_give_a_figure_that_is_no_number(seed: int) -> None:
    chance = random.Random(seed)
    weights = chance.choice([(5_000, 5_000), (9_900, 100), (2_500,) * 4, (5_000, 0, 5_000)])
    metrics = [metric for metric in FIVE if metric.key != "cart"]
    its_phase: Phase = phase(metrics, weights, chance.choice([None, 2, 5_000, 10**9]))
    names = [variant.variant_id for variant in its_phase.definition.variants]
    rollups = _extreme(chance, names, chance.randrange(1, 5))
    _assert_finite(results_of(its_phase, rollups, at(chance.choice([0, 3, 5, 400]))))


def _extreme(chance: random.Random, names: list[str], days: int) -> Rollups:
    """Sums of few visitors with extreme totals: none, the same, refunds, a billion."""
    units, metrics, ratios = [], [], []
    choices = ["0", "0", "0.0001", "-20", "1e12", "-1e12", "30"]
    same = chance.random() < 0.3
    for i in range(days):
        for name in names:
            n = chance.choice([0, 1, 2, 3, 200])
            totals = [Decimal("30" if same else chance.choice(choices)) for _ in range(n)]
            pasts = [Decimal(chance.choice(choices)) for _ in range(n)]
            counts = [chance.choice([0, 1, 2, 10**6]) for _ in range(n)]
            units.append(UnitRow(name, day(i), n))
            x = chance.randint(0, n)
            for key, ys in (
                ("purchase", [Decimal(k < x) for k in range(n)]),
                ("orders", [Decimal(count) for count in counts]),
                ("revenue", totals),
            ):
                sums = _exact(ys, pasts)
                metrics.append(MetricRow(name, day(i), key, x, x, n, *sums, *sums))
            both = sum((a * b for a, b in zip(totals, counts, strict=True)), Decimal(0))
            ratios.append(RatioRow(name, day(i), "order_value", both, both))
    return Rollups(units, metrics, ratios)


def _exact(ys: list[Decimal], xs: list[Decimal]) -> list[Decimal]:
    squares = [[y * y for y in ys], [x * x for x in xs]]
    products = [y * x for y, x in zip(ys, xs, strict=True)]
    columns = [ys, squares[0], xs, squares[1], products]
    return [sum(column, Decimal(0)) for column in columns]


def _assert_finite(value: Any, path: str = "results") -> None:
    if isinstance(value, float):
        assert math.isfinite(value), path
    elif isinstance(value, Decimal):
        assert value.is_finite(), path
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _assert_finite(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple | list):
        for i, each in enumerate(value):
            _assert_finite(each, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            _assert_finite(each, f"{path}[{key}]")
