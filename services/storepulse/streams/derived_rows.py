"""Which rows of a frame of activity are derived events (see derived.py).

Apart from their names, so that who needs those alone starts without data frames.
"""

from __future__ import annotations

import polars as pl

from storepulse.streams.derived import DERIVED_NAMES

IS_DERIVED = (
    pl.col("name").is_in(list(DERIVED_NAMES))
    & (pl.col("activity_type").cast(pl.String) == "custom")
    & (pl.col("source").cast(pl.String) == "server")
).fill_null(value=False)


def acts_of(activity: pl.DataFrame) -> pl.DataFrame:
    """The events of a frame of activity that are not derived."""
    name = activity["name"]
    if name.null_count() == activity.height or not name.is_in(list(DERIVED_NAMES)).any():
        return activity
    return activity.filter(~IS_DERIVED)
