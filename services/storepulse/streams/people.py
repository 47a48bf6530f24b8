"""People: everybody in the events of any stream, as counted by the list of people.

A slice adds its counts of visitors, and names the chats that it changes. The database computes
people's owners and figures from the rows of all streams, under locks of these people: see
`people.sql`. Robots are not people.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from storepulse.domain.identities import OF_SESSION
from storepulse.streams.customers import IDENTITIES
from storepulse.streams.images import GENERATED
from storepulse.streams.reduction import count_where, events

#: The statement, which runs after those of customers.
PEOPLE = "people"

_WORD = pl.concat_str(
    pl.col("occurred_at").dt.epoch("ms").cast(pl.String).str.zfill(15),
    pl.col("event_id").cast(pl.String),
    separator=":",
)
_HAS_COUNTRY = pl.col("country").is_not_null()
_IS_IMAGE = (pl.col("activity_type").cast(pl.String) == "custom") & (pl.col("name") == GENERATED)
_IS_NO_IMAGE = pl.lit(value=False)
_COUNTED = [
    pl.col("occurred_at").min().alias("first_seen"),
    pl.col("occurred_at").max().alias("last_seen"),
    events("events"),
    count_where(pl.col("is_image"), "images"),
    pl.col("country").filter(_HAS_COUNTRY).sort_by(pl.col("word").filter(_HAS_COUNTRY)).last(),
    pl.col("word").filter(_HAS_COUNTRY).max().alias("country_word"),
]
_NOTHING = [
    pl.lit(None, pl.Datetime("us", "UTC")).alias("first_seen"),
    pl.lit(None, pl.Datetime("us", "UTC")).alias("last_seen"),
    pl.lit(0, pl.Int64).alias("events"),
    pl.lit(0, pl.Int64).alias("images"),
    pl.lit(None, pl.String).alias("country"),
    pl.lit(None, pl.String).alias("country_word"),
]
_KEY = ("store_id", "kind", "value")


def people_plans(
    customers: Mapping[str, pl.LazyFrame], *seen: pl.LazyFrame
) -> dict[str, pl.LazyFrame]:
    """Return the plan by the statement's name; empty if no event names anybody.

    `customers`: the slice's plans of customers. `seen`: `visitors_seen` and `chats_seen`. If there
    are only customers, one row of them makes the statement run, which finds the others by their
    locks.
    """
    parts = list(seen)
    if IDENTITIES in customers:
        parts.append(customers[IDENTITIES].select(*_KEY, *_NOTHING).head(1))
    return {PEOPLE: pl.concat(parts, how="vertical_relaxed")} if parts else {}


def visitors_seen(frame: pl.LazyFrame, *, is_activity: bool) -> pl.LazyFrame:
    """Return the counts of each visitor of a frame, by visitor id, else by session."""
    visitor = pl.coalesce("visitor_id", pl.lit(OF_SESSION) + pl.col("session_id"))
    return (
        frame.filter(~pl.col("is_bot"))
        .select(
            "store_id",
            pl.lit("visitor").alias("kind"),
            visitor.alias("value"),
            "occurred_at",
            "country",
            _WORD.alias("word"),
            (_IS_IMAGE if is_activity else _IS_NO_IMAGE).alias("is_image"),
        )
        .group_by(_KEY)
        .agg(_COUNTED)
    )


def chats_seen(users: pl.LazyFrame) -> pl.LazyFrame:
    """Return the chats of a frame; their counts are in `bot_users`."""
    chat = [pl.lit("telegram").alias("kind"), pl.col("client_id").alias("value")]
    return users.select("store_id", *chat).unique().with_columns(_NOTHING)
