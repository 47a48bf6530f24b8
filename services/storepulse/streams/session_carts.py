"""Carts by session, according to the events of one slice.

A cart's steps are adds to it, in activity or in the cart stream, and begun checkouts. A purchase of
the session, in any stream with sessions, ends all steps before it. Each column is the maximum over
its events, so they may arrive in any order and in any slices. A word is the text
`time:event id:stream`. An event's time is when it happened, at the latest when it was received,
because browsers' clocks run ahead.

Events of robots, imports and replays, and events that arrived more than a day after they happened,
are not steps. Their purchases count. The statement is in `session_carts.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from storepulse.streams.reduction import computed

#: The statement.
SESSION_CARTS = "session_carts"

#: The roles of an event for a cart.
ADDED, BEGAN_CHECKOUT, PURCHASED = "added", "checkout", "purchased"
#: A step that arrives later than this after it happened causes no reminder.
OLDEST_STEP = timedelta(hours=24)

#: Stream -> column of types, and their roles. The cart stream has only adds.
_KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "activity": (
        "activity_type",
        {"add_to_cart": ADDED, "checkout_start": BEGAN_CHECKOUT, "purchase": PURCHASED},
    ),
    "landing": ("event_type", {"Purchase": PURCHASED}),
}
_PERSON = {
    "visitor_id": "visitor_word",
    "customer_id": "customer_word",
    "email_hash": "email_word",
}
_OF_STEP = ("country", "consent_analytics", "consent_marketing")
_KEY = ("store_id", "session_id")
_IS_STEP, _AT, _WORD = pl.col("is_step"), pl.col("at"), pl.col("word")
_IS_PURCHASE = pl.col("kind") == PURCHASED


def session_cart_plans(fresh: pl.DataFrame, stream: str) -> dict[str, pl.LazyFrame]:
    """Return plans by statement; empty if no event of the slice touches a cart."""
    if stream in _KINDS:
        column, kinds = _KINDS[stream]
        touching = fresh.filter(pl.col(column).cast(pl.String).is_in(list(kinds)))
        kind = pl.col(column).cast(pl.String).replace_strict(kinds, return_dtype=pl.String)
    else:
        touching, kind = fresh.filter(pl.col("session_id").is_not_null()), pl.lit(ADDED)
    if not touching.height:
        return {}
    told = computed(touching.lazy().select(_columns(kind, stream)).filter(_IS_STEP | _IS_PURCHASE))
    return {SESSION_CARTS: told.lazy().group_by(_KEY).agg(_CART)} if told.height else {}


def _columns(kind: pl.Expr, stream: str) -> list[pl.Expr]:
    at = pl.min_horizontal("occurred_at", "received_at")
    word = pl.concat_str(
        at.dt.epoch("ms").cast(pl.String).str.zfill(15),
        pl.col("event_id").cast(pl.String),
        pl.lit(stream),
        separator=":",
    )
    is_late = pl.col("received_at") - pl.col("occurred_at") > OLDEST_STEP
    is_copied = pl.col("source").cast(pl.String).is_in(["import", "replay"])
    return [
        pl.col(*_KEY, "received_at"),
        at.alias("at"),
        word.alias("word"),
        kind.alias("kind"),
        ((kind != PURCHASED) & ~pl.col("is_bot") & ~is_late & ~is_copied).alias("is_step"),
        *(pl.col(name).cast(pl.String).replace("", None) for name in (*_PERSON, *_OF_STEP)),
    ]


def _of_last(name: str, is_told: pl.Expr = _IS_STEP) -> pl.Expr:
    """Return the value that belongs to the greatest word."""
    return pl.col(name).filter(is_told).sort_by(_WORD.filter(is_told)).last()


def _told_person(name: str, word: str) -> list[pl.Expr]:
    is_told = _IS_STEP & pl.col(name).is_not_null()
    return [_of_last(name, is_told), _WORD.filter(is_told).max().alias(word)]


_CART = [
    _WORD.filter(_IS_STEP).max().alias("step_word"),
    _AT.filter(_IS_STEP).max().alias("step_at"),
    _of_last("received_at").alias("step_received_at"),
    _AT.filter(_IS_STEP & (pl.col("kind") == ADDED)).max().alias("added_at"),
    _AT.filter(_IS_STEP & (pl.col("kind") == BEGAN_CHECKOUT)).max().alias("checkout_at"),
    _AT.filter(_IS_PURCHASE).max().alias("purchased_at"),
    *(part for person in _PERSON.items() for part in _told_person(*person)),
    *map(_of_last, _OF_STEP),
]
