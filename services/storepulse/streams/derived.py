"""Derived events: what the agents themselves tell.

Of activity they are custom events of source `server`, which a secret key alone may state, with one
of these names. They count as events, and as nothing that a visitor did: no session, visitor or
customer is made of them. Of usage they are those of a meter that nobody else reports.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from storepulse.domain.plans import REACHED_METER

CART_ABANDONED, CHECKOUT_ABANDONED = "cart_abandoned", "checkout_abandoned"
DERIVED_NAMES = (CART_ABANDONED, CHECKOUT_ABANDONED)
#: The stream that they are of.
DERIVED_STREAM = "activity"

IS_DERIVED = (
    pl.col("name").is_in(list(DERIVED_NAMES))
    & (pl.col("activity_type").cast(pl.String) == "custom")
    & (pl.col("source").cast(pl.String) == "server")
).fill_null(value=False)

#: Stream -> which of its events are derived, and their types.
DERIVED_TYPES: Mapping[str, tuple[pl.Expr, pl.Expr]] = {
    DERIVED_STREAM: (IS_DERIVED, pl.col("name")),
    "usage": (pl.col("meter") == REACHED_METER, pl.col("meter")),
}


def acts_of(activity: pl.DataFrame) -> pl.DataFrame:
    """The events of a frame of activity that are not derived."""
    name = activity["name"]
    if name.null_count() == activity.height or not name.is_in(list(DERIVED_NAMES)).any():
        return activity
    return activity.filter(~IS_DERIVED)
