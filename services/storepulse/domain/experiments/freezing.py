"""What is settled when a phase begins, from the traffic before it, and never changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from storepulse.domain.experiments.definition import DEFAULT_N_STAR, WHOLE, Definition, Metric

#: Of the traffic that the planned number is taken from, and for which it plans.
TRAFFIC_DAYS = 14
LEAST_EXPECTED, MOST_EXPECTED = 1_000, 1_000_000
#: Of the purchases that an automatic cap is taken from.
PURCHASE_DAYS = 28
#: With fewer buyers there is no automatic cap.
LEAST_BUYERS = 200
CAP_QUANTILE = 0.99


def n_star_of(definition: Definition, visitors: int) -> int:
    """Planned visitors of control and one variant: the author's number, else those whom the pair
    may expect of a fortnight like the last one, with its `visitors`.

    The pair is that of the smallest variant: too small a number costs less than too large a one.
    """
    if definition.n_star is not None:
        return definition.n_star
    if visitors <= 0:
        return DEFAULT_N_STAR
    others = [
        variant.weight
        for variant in definition.variants
        if variant.weight and not variant.is_control
    ]
    pair = definition.control.weight + min(others)
    group = definition.group
    buckets = WHOLE if group is None else group.end - group.start
    expected = visitors * pair * definition.traffic * buckets // WHOLE**3
    return min(max(expected, LEAST_EXPECTED), MOST_EXPECTED)


def cap_of(buyers: int, quantile: Decimal | None) -> Decimal | None:
    """The automatic cap, from the totals of so many buyers; None: too few bought."""
    if buyers < LEAST_BUYERS or quantile is None or quantile <= 0:
        return None
    return quantile


def metrics_with_auto_cap(definition: Definition) -> list[Metric]:
    """The metrics whose cap the beginning of a phase sets."""
    return [metric for metric in definition.metrics if metric.auto_cap]


def freeze(definition: Definition, n_star: int, caps: Mapping[str, Decimal | None]) -> Definition:
    """The settings of a phase: nothing is left to be found out. `caps`: by metric."""
    metrics = tuple(
        replace(metric, cap=caps[metric.key]) if metric.auto_cap else metric
        for metric in definition.metrics
    )
    return replace(definition, metrics=metrics, n_star=n_star)


def whole_milliseconds(at: datetime) -> datetime:
    """The time as events have it: a phase begins and ends between two of them."""
    return at - timedelta(microseconds=at.microsecond % 1_000)
