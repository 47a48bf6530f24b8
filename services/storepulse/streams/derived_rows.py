"""Which rows of a frame are derived events (see derived.py).

In a module of its own, so that processes that need only their names start without polars.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from storepulse.domain.plans import REACHED_METER
from storepulse.streams.derived import DERIVED_NAMES, DERIVED_STREAM

IS_DERIVED = (
    pl.col("name").is_in(list(DERIVED_NAMES))
    & (pl.col("activity_type").cast(pl.String) == "custom")
    & (pl.col("source").cast(pl.String) == "server")
).fill_null(value=False)

#: Stream -> condition for derived events, and their types.
DERIVED_TYPES: Mapping[str, tuple[pl.Expr, pl.Expr]] = {
    DERIVED_STREAM: (IS_DERIVED, pl.col("name")),
    "usage": (pl.col("meter") == REACHED_METER, pl.col("meter")),
}


def acts_of(activity: pl.DataFrame) -> pl.DataFrame:
    """Return the activity events of a frame that are not derived."""
    name = activity["name"]
    if name.null_count() == activity.height or not name.is_in(list(DERIVED_NAMES)).any():
        return activity
    return activity.filter(~IS_DERIVED)
