"""Reducer of bot events: rows, hourly counts, users, their choices, images and custom events.

Robots have rows and hourly counts, but are not users. A user's last choice has the greatest word,
the time and id of an event, so that the result does not depend on slices or order of arrival.
"""

from __future__ import annotations

import polars as pl

from storepulse.streams.bot.beacon import INLINE
from storepulse.streams.custom_events import custom_events
from storepulse.streams.customers import customer_plans
from storepulse.streams.images import bot_images
from storepulse.streams.people import chats_seen, people_plans
from storepulse.streams.reduction import Reduction, collected, count_where, events, hour

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "event_type", "client_id", "persona", "story", "text", "image_url",
    "is_image_inline", "metadata", "name", "customer_id", "email_hash", "source",
    "consent_analytics", "consent_marketing", "ip", "user_agent", "country", "is_bot",
)  # fmt: skip
#: Column of counts -> the types that it counts.
COUNTED = {
    "messages": ("user_message", "ai_message"),
    "user_messages": ("user_message",),
    "ai_messages": ("ai_message",),
    "images": ("image_generated",),
    "premium_actions": ("premium_action",),
}
#: Column of a choice -> the type that selects one.
CHOICES = {"persona": "persona_selected", "story": "story_selected"}

# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_KIND = pl.col("event_type")
_IS_INLINE = (
    pl.col("image_url")
    .str.slice(0, len(INLINE))
    .str.to_lowercase()
    .eq(INLINE)
    .fill_null(value=False)
)
_ADDRESS = pl.when(_IS_INLINE).then(None).otherwise(pl.col("image_url"))
_WORD = pl.concat_str(
    pl.col("occurred_at").dt.epoch("ms").cast(pl.String).str.zfill(15),
    pl.col("event_id").cast(pl.String),
    separator=":",
)
_PREPARED = [
    hour(),
    _KIND.cast(pl.String),
    _IS_INLINE.alias("is_image_inline"),
    _ADDRESS.alias("image_url"),
    *(
        pl.when(pl.col(name).is_not_null()).then(_WORD).alias(f"{name}_word")
        for name in CHOICES
    ),
]  # fmt: skip
_USER = [
    pl.col("occurred_at").min().alias("first_seen"),
    pl.col("occurred_at").max().alias("last_seen"),
    events("events"),
    *(count_where(_KIND.is_in(list(kinds)), name) for name, kinds in COUNTED.items()),
    *(
        pl.col(name).sort_by(f"{name}_word", nulls_last=False).last().fill_null("")
        for name in CHOICES
    ),
    *(pl.col(f"{name}_word").max().fill_null("") for name in CHOICES),
]


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    frame = fresh.lazy().with_columns(_PREPARED)
    users = frame.filter(~pl.col("is_bot"))
    told = customer_plans(fresh, "bot")
    plans = {
        "tg_analytics_events": frame.select(ROW_COLUMNS),
        "bot_hourly": frame.group_by("store_id", "day", "hour", "event_type", "is_bot").agg(
            events("events")
        ),
        "bot_users": users.group_by("store_id", "client_id").agg(_USER),
        "bot_users_daily": users.select("store_id", "day", "client_id").unique(),
        "bot_choices_daily": pl.concat([_choices(users, *choice) for choice in CHOICES.items()]),
        **bot_images(fresh),
        **custom_events(fresh.filter(_KIND.cast(pl.String) == "custom"), "bot"),
        **told,
        **people_plans(told, chats_seen(users)),
    }
    return Reduction.of(collected(plans))


def _choices(users: pl.LazyFrame, column: str, selecting: str) -> pl.LazyFrame:
    return (
        users.filter(pl.col(column).is_not_null())
        .group_by("store_id", "day", pl.lit(column).alias("kind"), pl.col(column).alias("name"))
        .agg(events("events"), count_where(pl.col("event_type") == selecting, "selections"))
    )
