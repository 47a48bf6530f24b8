"""Caps (winsorising): a visitor's total counts up to a fixed number.

The cap is computed from buyers before the test and never changes. A percentile of current data
would change past results at every look, and a percentile of all visitors is 0 if 97 % buy nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

#: With fewer buyers, the 99th percentile is one order.
FEWEST_BUYERS = 200
QUANTILE = Decimal("0.99")


def percentile(values: Sequence[Decimal], share: Decimal) -> Decimal:
    """The smallest value that `share` of the values do not exceed (PostgreSQL: percentile_disc)."""
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def cap_of(buyers: Sequence[Decimal]) -> Decimal | None:
    """The cap from the totals of buyers; None if there are too few."""
    return percentile(buyers, QUANTILE) if len(buyers) >= FEWEST_BUYERS else None


def capped(value: Decimal, cap: Decimal | None) -> Decimal:
    """The capped value: limited only above, so that refunds stay."""
    return value if cap is None else min(value, cap)
