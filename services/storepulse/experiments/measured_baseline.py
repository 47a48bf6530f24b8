"""The baseline of a plan: as given, or measured in the store's traffic."""

from __future__ import annotations

import math

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.planning import Baseline
from storepulse.experiments.traffic import Traffic


def baseline_of(
    value: float | None, deviation: float | None, traffic: Traffic | None, *, is_revenue: bool
) -> Baseline:
    """The rate of the source, or with `is_revenue` the mean of what a visitor spends. Raises
    Rejected if neither the request nor the traffic has it."""
    if value is not None:
        if is_revenue and deviation is None:
            raise Rejected("deviation", "is required with a baseline of revenue")
        return Baseline(value, deviation)
    if deviation is not None:
        raise Rejected("baseline", "is required with a deviation")
    if traffic is None:
        raise Rejected("baseline", "is required, unless a store is named")
    days = len(traffic.visitors)
    if is_revenue:
        moments = traffic.moments
        if moments is None or moments[0] <= 0 or moments[1] <= 0:
            raise Rejected("baseline", f"is required: nothing was sold in the last {days} days")
        return Baseline(moments[0], math.sqrt(moments[1]))
    if traffic.rate in (None, 0, 1):
        raise Rejected("baseline", f"is required: the last {days} days say no rate between 0 and 1")
    return Baseline(traffic.rate or 0)
