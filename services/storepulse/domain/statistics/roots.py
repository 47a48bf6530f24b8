"""The zero of a decreasing function, for bounds without a formula."""

from __future__ import annotations

from collections.abc import Callable

import scipy

#: Bounds are exact to the last digits of a float.
_RELATIVE = 4 * 2.0**-52


def crossing(
    f: Callable[[float], float], low: float, high: float, accuracy: float = 1e-15
) -> float:
    """Where `f` changes its sign between `low` and `high`; the caller ensures that it does."""
    if low == high:
        return low
    return float(scipy.optimize.brentq(f, low, high, xtol=accuracy, rtol=_RELATIVE, maxiter=200))
