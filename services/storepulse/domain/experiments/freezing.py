"""Settings that are computed from earlier traffic when a phase begins, and then never change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from storepulse.domain.experiments.definition import DEFAULT_N_STAR, WHOLE, Definition, Metric

#: Days of traffic from which the planned number of visitors is computed, and which it covers.
TRAFFIC_DAYS = 14
LEAST_EXPECTED, MOST_EXPECTED = 1_000, 1_000_000
#: Days of purchases from which an automatic cap is computed.
PURCHASE_DAYS = 28
#: With fewer buyers there is no automatic cap.
LEAST_BUYERS = 200
CAP_QUANTILE = 0.99


def n_star_of(definition: Definition, visitors: int) -> int:
    """Planned visitors of control and one variant.

    The author's number, else the visitors that the pair may expect in a fortnight like the last
    one, which had `visitors`. The pair uses the smallest variant, because too small a number costs
    less than too large a one.
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
    """The automatic cap, from the totals of this many buyers; None: too few."""
    if buyers < LEAST_BUYERS or quantile is None or quantile <= 0:
        return None
    return quantile


def metrics_with_auto_cap(definition: Definition) -> list[Metric]:
    """The metrics whose cap is set when a phase begins."""
    return [metric for metric in definition.metrics if metric.auto_cap]


def freeze(definition: Definition, n_star: int, caps: Mapping[str, Decimal | None]) -> Definition:
    """The definition with its final settings for a phase. `caps`: by metric."""
    metrics = tuple(
        replace(metric, cap=caps[metric.key]) if metric.auto_cap else metric
        for metric in definition.metrics
    )
    return replace(definition, metrics=metrics, n_star=n_star)


def whole_milliseconds(at: datetime) -> datetime:
    """The time in whole milliseconds, the precision of events."""
    return at - timedelta(microseconds=at.microsecond % 1_000)
