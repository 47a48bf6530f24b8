"""Phases and rollups for tests of results, in few words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from storepulse.domain.experiments.definition import Definition, Metric, Variant
from storepulse.domain.experiments.rollups import (
    MetricRow,
    Pause,
    Phase,
    PhaseCounts,
    RatioRow,
    Rollups,
    UnitRow,
)

START = datetime(2026, 5, 1, tzinfo=UTC)
FIRST_DAY = START.date()

PURCHASE = Metric("purchase", "binary", source="purchase")
REVENUE = Metric("revenue", "sum", source="purchase", currency="EUR")
CAPPED = Metric("revenue", "sum", source="purchase", currency="EUR", cap=Decimal(200))
ORDERS = Metric("orders", "count", source="purchase")
ORDER_VALUE = Metric("order_value", "ratio", numerator="revenue", denominator="orders")
FIVE = (
    PURCHASE,
    Metric("cart", "binary", source="add_to_cart"),
    ORDERS,
    CAPPED,
    ORDER_VALUE,
)


def phase(
    metrics: Sequence[Metric] = (PURCHASE,),
    weights: Sequence[int] = (5_000, 5_000),
    n_star: int | None = 5_000,
    ended_at: datetime | None = None,
    pauses: tuple[Pause, ...] = (),
    primary: str | None = None,
) -> Phase:
    """A phase from `START`; its variants are control, b, c, d."""
    variants = tuple(
        Variant("bcd"[i - 1] if i else "control", "BCD"[i - 1] if i else "Control", weight, not i)
        for i, weight in enumerate(weights)
    )
    definition = Definition(variants, tuple(metrics), primary or metrics[0].key, n_star=n_star)
    return Phase(1, START, ended_at, definition, pauses)


def day(index: int) -> date:
    """The day `index` days after the first."""
    return FIRST_DAY + timedelta(days=index)


def at(days: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=days)


def binary_rollups(
    daily: Sequence[dict[str, tuple[int, int]]], counts: PhaseCounts | None = None
) -> Rollups:
    """Of the metric `purchase`: for each day, by variant, converters and visitors."""
    units = [
        UnitRow(name, day(i), n) for i, arms in enumerate(daily) for name, (_, n) in arms.items()
    ]
    metrics = [
        _binary("purchase", name, day(i), x)
        for i, arms in enumerate(daily)
        for name, (x, _) in arms.items()
    ]
    return Rollups(units, metrics, (), counts or PhaseCounts())


def _binary(metric: str, name: str, on: date, x: int) -> MetricRow:
    one = Decimal(x)
    zero = Decimal(0)
    return MetricRow(name, on, metric, x, x, 0, one, one, zero, zero, zero)


def drawn_rollups(
    chance: random.Random, names: Sequence[str], days: int, daily: int, share: float = 0.03
) -> Rollups:
    """Of the metrics of `FIVE`: visitors who buy by chance, some of whom bought before."""
    units: list[UnitRow] = []
    metrics: list[MetricRow] = []
    ratios: list[RatioRow] = []
    for i in range(days):
        for name in names:
            units.append(UnitRow(name, day(i), daily))
            pasts = [_order(chance, share) for _ in range(daily)]
            totals = [_order(chance, share) + (past / 2 if past else 0) for past in pasts]
            buyers = sum(total > 0 for total in totals)
            ones = [Decimal(total > 0) for total in totals]
            befores = [Decimal(past > 0) for past in pasts]
            with_past = sum(past > 0 for past in pasts)
            for metric in ("purchase", "cart", "orders"):
                sums = _sums(ones, befores)
                metrics.append(MetricRow(name, day(i), metric, buyers, buyers, with_past, *sums))
            capped = [min(total, Decimal(200)) for total in totals]
            pair = (_sums(totals, pasts), _sums(capped, [min(x, Decimal(200)) for x in pasts]))
            metrics.append(
                MetricRow(name, day(i), "revenue", buyers, buyers, with_past, *pair[0], *pair[1])
            )
            both = (sum(totals, Decimal(0)), sum(capped, Decimal(0)))
            ratios.append(RatioRow(name, day(i), "order_value", *both))
    return Rollups(units, metrics, ratios)


def _order(chance: random.Random, share: float) -> Decimal:
    if chance.random() >= share:
        return Decimal(0)
    return Decimal(round(chance.lognormvariate(4, 1) * 100)) / 100


def _sums(ys: Sequence[Decimal], xs: Sequence[Decimal]) -> tuple[Decimal, ...]:
    products = [
        ys,
        [y * y for y in ys],
        xs,
        [x * x for x in xs],
        [y * x for y, x in zip(ys, xs, strict=True)],
    ]
    return tuple(sum(values, Decimal(0)) for values in products)


def revenue_rollups(totals: dict[str, Sequence[str]]) -> Rollups:
    """Of the metric `revenue`: what each visitor of the first day spent, by variant."""
    units = [UnitRow(name, FIRST_DAY, len(values)) for name, values in totals.items()]
    metrics = []
    for name, values in totals.items():
        spent = [Decimal(value) for value in values]
        events = sum(value != 0 for value in spent)
        sums = _sums(spent, [Decimal(0)] * len(spent))
        metrics.append(MetricRow(name, FIRST_DAY, "revenue", events, events, 0, *sums, *sums))
    return Rollups(units, metrics)
