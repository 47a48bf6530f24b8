"""How many visitors a test needs, and which effect it can detect with a given number.

Sources: Fleiss, Levin and Paik, "Statistical methods for rates and proportions" (2003), sample size
of two proportions; for "always valid", the same with the critical value of `sequential.py` at its
tightest point instead of the normal one.

`ratio` is the number of the variant's visitors per visitor of control. All numbers of visitors are
control's, before rounding up. With several variants, `level` is alpha divided by their number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import scipy

from storepulse.domain.statistics.figures import normal_critical
from storepulse.domain.statistics.roots import crossing
from storepulse.domain.statistics.sequential import critical_value

_DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Demand:
    """The required certainty. `critical`: how many standard errors are conclusive."""

    critical: float
    power: float
    ratio: float = 1.0

    @property
    def z_power(self) -> float:
        """The normal quantile of the power: 0.84 for 80 %."""
        return float(scipy.special.ndtri(self.power))


def planned_once(level: float, power: float, ratio: float = 1.0) -> Demand:
    """For one look at the end."""
    return Demand(normal_critical(level), power, ratio)


def planned_always(alpha: float, level: float, power: float, ratio: float = 1.0) -> Demand:
    """For any number of looks: about 1.9 times the visitors."""
    return Demand(float(critical_value(1, 1, alpha, level)), power, ratio)


def visitors_for_share(rate: float, effect: float, demand: Demand) -> float:
    """For a share that changes from `rate` by the relative `effect` (0.1: by 10 %)."""
    return _for_difference(rate, rate * effect, demand)


def visitors_for_mean(mean: float, deviation: float, effect: float, demand: Demand) -> float:
    """For a mean that changes by the relative `effect`; `deviation` is per visitor."""
    z = demand.critical + demand.z_power
    return (z * deviation / (mean * effect)) ** 2 * (1 + 1 / demand.ratio)


def detectable_share(rate: float, visitors: float, demand: Demand) -> float | None:
    """The smallest relative increase of a share that is detected; None if none is."""
    highest = 1 - rate
    if _for_difference(rate, highest, demand) > visitors:
        return None

    def lacking(difference: float) -> float:
        return math.log(_for_difference(rate, difference, demand) / visitors)

    return crossing(lacking, highest * 1e-9, highest) / rate


def detectable_mean(mean: float, deviation: float, visitors: float, demand: Demand) -> float:
    """The smallest relative change of a mean that is detected."""
    z = demand.critical + demand.z_power
    return z * deviation * math.sqrt((1 + 1 / demand.ratio) / visitors) / mean


def days_needed(visitors_of_all: float, eligible_a_day: float, share: float) -> int:
    """Whole weeks until that many visitors took part; their last windows close later."""
    return _DAYS_A_WEEK * math.ceil(visitors_of_all / (eligible_a_day * share) / _DAYS_A_WEEK)


def _for_difference(rate: float, difference: float, demand: Demand) -> float:
    ratio, other = demand.ratio, rate + difference
    common = (rate + ratio * other) / (1 + ratio)
    spread_of_none = math.sqrt(common * (1 - common) * (1 + 1 / ratio))
    spread = math.sqrt(rate * (1 - rate) + other * (1 - other) / ratio)
    wanted = demand.critical * spread_of_none + demand.z_power * spread
    return (wanted / difference) ** 2
