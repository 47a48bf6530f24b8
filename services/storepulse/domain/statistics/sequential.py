"""Repeated looks: the critical value that is valid at every look.

Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
asymptotic confidence sequences" (arXiv 2103.06476v7), equations 9 (boundary), 155 (p) and 161
(tuning); the same as the two-sided normal mixture of Howard et al. (2021).

With unequal splits they are valid only with the right standard error: pooled for proportions
(`proportions.py`), the larger of Welch's and the pooled one for means (`means.py`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from storepulse.domain.statistics.figures import Numbers


def tuning(alpha: float, n_star: int) -> float:
    """The mixture's variance (rho squared): the boundary is tightest at `n_star` visitors."""
    twice = -2 * math.log(alpha)
    return (twice + math.log(1 + twice)) / n_star


def critical_value(n: Numbers, n_star: int, alpha: float, level: float | None = None) -> Any:
    """How many standard errors from 0 are conclusive with `n` visitors of both arms.

    `alpha` is the test's nominal level, used for tuning. `level` is that of this comparison, which
    is smaller if several variants share alpha.
    """
    x = np.asarray(n) * tuning(alpha, n_star)
    allowed = math.log(alpha if level is None else level)
    return np.sqrt((1 + x) / x * (np.log1p(x) - 2 * allowed))


def always_valid_p(z: Numbers, n: Numbers, n_star: int, alpha: float) -> Any:
    """The p that is at most `level` exactly when |z| reaches `critical_value` at that level."""
    x = np.asarray(n) * tuning(alpha, n_star)
    exponent = 0.5 * np.log1p(x) - x * np.square(z) / (2 * (1 + x))
    return np.exp(np.minimum(exponent, 0.0))
