"""Metrics as authors may write them.

A counted metric has a source; a ratio has two other metrics and no source. Sums of prices require a
currency. A cap limits a visitor's total: revenue has an automatic one unless the author sets
another, because few large orders would hide a variant's effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from storepulse.domain import currencies
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.experiments.authored import AuthoredMetric
from storepulse.domain.experiments.authored_pages import check_id
from storepulse.domain.experiments.definition import Metric
from storepulse.domain.experiments.metric_sources import (
    OF_MONEY,
    PURCHASE,
    WITHOUT_VALUE,
    normal_source,
)

MOST_METRICS = 20
AUTO = "auto"


def metrics_of(authored: Sequence[AuthoredMetric]) -> tuple[Metric, ...]:
    """The metrics of a test. Raises Rejected."""
    if not 1 <= len(authored) <= MOST_METRICS:
        raise Rejected("metrics", f"must be 1 to {MOST_METRICS} metrics")
    kinds: dict[str, str] = {}
    for index, metric in enumerate(authored):
        key = check_id(f"metrics.{index}.key", metric.key)
        if key in kinds:
            raise Rejected(f"metrics.{index}.key", "is used twice")
        kinds[key] = metric.kind
    return tuple(
        _ratio_of(f"metrics.{index}", metric, kinds)
        if metric.kind == "ratio"
        else _total_of(f"metrics.{index}", metric)
        for index, metric in enumerate(authored)
    )


def primary_of(metrics: Sequence[Metric], stated: str | None) -> str:
    """The key of the metric that decides. Raises Rejected."""
    if stated is not None:
        if stated not in {metric.key for metric in metrics}:
            raise Rejected("primary_metric", "is not one of the metrics")
        return stated
    decisive = next((metric.key for metric in metrics if metric.kind != "ratio"), None)
    if decisive is None:
        raise Rejected("primary_metric", "is required: only ratios are measured")
    return decisive


def _ratio_of(place: str, authored: AuthoredMetric, kinds: Mapping[str, str]) -> Metric:
    for name in ("source", "currency"):
        if getattr(authored, name) is not None:
            raise Rejected(f"{place}.{name}", "is not of a ratio, which is made of two metrics")
    if authored.cap is not msgspec.UNSET and authored.cap is not None:
        raise Rejected(f"{place}.cap", "is not of a ratio; its metrics have their own")
    parts = {"numerator": authored.numerator, "denominator": authored.denominator}
    for name, key in parts.items():
        if key is None:
            raise Rejected(f"{place}.{name}", REQUIRED)
        if kinds.get(key, "ratio") == "ratio":
            raise Rejected(
                f"{place}.{name}", "is not a key of a metric that is counted or summed up"
            )
    if authored.numerator == authored.denominator:
        raise Rejected(f"{place}.denominator", "is the numerator: the ratio is always 1")
    return Metric(
        authored.key,
        "ratio",
        numerator=authored.numerator,
        denominator=authored.denominator,
        direction=authored.direction,
    )


def _total_of(place: str, authored: AuthoredMetric) -> Metric:
    for name in ("numerator", "denominator"):
        if getattr(authored, name) is not None:
            raise Rejected(f"{place}.{name}", "is of ratios alone")
    if authored.source is None:
        raise Rejected(f"{place}.source", REQUIRED)
    source = normal_source(f"{place}.source", authored.source)
    currency = authored.currency
    if currency is not None:
        currency = currencies.currency(f"{place}.currency", currency)
    if authored.kind == "sum" and source in WITHOUT_VALUE:
        raise Rejected(f"{place}.kind", f"cannot be sum: events of {source} have no value")
    if authored.kind == "sum" and source in OF_MONEY and currency is None:
        raise Rejected(f"{place}.currency", "is required: amounts of two are never added up")
    cap, is_auto = _cap_of(f"{place}.cap", authored, source)
    return Metric(
        authored.key, authored.kind, source, currency, cap, is_auto, direction=authored.direction
    )


def _cap_of(field: str, authored: AuthoredMetric, source: str) -> tuple[Decimal | None, bool]:
    """The cap, and whether the beginning of a phase sets it."""
    is_revenue = authored.kind == "sum" and source == PURCHASE
    if authored.cap is msgspec.UNSET:
        return None, is_revenue
    if authored.cap is None:
        return None, False
    if authored.cap == AUTO:
        if not is_revenue:
            raise Rejected(field, "can be auto for sums of purchases alone; state a number")
        return None, True
    if authored.kind == "binary":
        raise Rejected(field, "is not of a binary metric, which is 0 or 1")
    amount = currencies.amount(field, authored.cap)
    if amount <= 0:
        raise Rejected(field, 'must be a number above 0, "auto" or null')
    return amount, False
