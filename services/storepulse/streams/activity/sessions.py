"""Pieces of sessions: what the events of one slice contribute to each session.

A piece is a run of a session id's events without a gap of over 30 minutes. The database joins
pieces with stored sessions; see `sessions` in rollup.sql. A value that one event decides is stored
with that event's time and id, so that the result does not depend on slices or order of arrival:

- entry and exit page: of the first and the last event with a page;
- source, UTM values and country: of the origin, the first event with a page or a referrer.

Events at the same time are ordered by id.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from storepulse.domain.sources import Utm, utm_of
from storepulse.streams.activity.funnel import FUNNEL
from storepulse.streams.normal_forms import source
from storepulse.streams.reduction import computed, count_where, events

SESSION_GAP = timedelta(minutes=30)
#: Maximum characters of a source and of a UTM value. They are part of an index key, which has at
#: most 2,704 bytes.
SOURCE_LENGTH = 200
UTM_LENGTH = 200

_KEY = ["store_id", "session_id"]
# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_HAS_PAGE = pl.col("page").is_not_null()
_STEP = pl.lit(0, pl.Int16)
for _bit, _name in enumerate(FUNNEL):
    _TOOK = pl.when(pl.col("activity_type") == _name)
    _STEP = _TOOK.then(pl.lit(1 << _bit, pl.Int16)).otherwise(_STEP)
_CHANGES = [pl.col(name) != pl.col(name).shift() for name in _KEY]
_PAUSES = pl.col("occurred_at").diff() > SESSION_GAP
_ORDERED = [
    pl.any_horizontal(*_CHANGES, _PAUSES).fill_null(value=True).cum_sum().alias("piece"),
    _STEP.alias("step"),
    pl.int_range(pl.len(), dtype=pl.UInt32).alias("place"),
]
_PIECE = [
    pl.col(*_KEY, "day", "store_domain").first(),
    pl.col("occurred_at").first().alias("started_at"),
    pl.col("occurred_at").last().alias("ended_at"),
    pl.col("visitor_id").max(),
    pl.col("step").bitwise_or().alias("steps"),
    count_where(pl.col("activity_type") == "page_view", "pages"),
    events("events"),
    pl.col("is_bot").any(),
    pl.when(_HAS_PAGE).then("place").min().alias("entry"),
    pl.when(_HAS_PAGE).then("place").max().alias("exit"),
    pl.when(_HAS_PAGE | pl.col("referrer").is_not_null()).then("place").min().alias("origin"),
]
#: The columns that a piece takes from its entry, its exit and its origin, by its own column names.
_TAKEN = {
    "entry": {"entry_at": "occurred_at", "entry_event_id": "event_id", "entry_page": "page"},
    "exit": {"exit_at": "occurred_at", "exit_event_id": "event_id", "exit_page": "page"},
    "origin": {
        "origin_at": "occurred_at", "origin_event_id": "event_id", "origin_url": "page_url",
        "referrer": "referrer", "country": "country",
    },
}  # fmt: skip


def sessions(frame: pl.LazyFrame) -> pl.DataFrame:
    """Return the pieces of a slice's events, in the columns of the table `sessions`.

    `frame` has the columns `day`, `store_domain` and `page`.
    """
    ordered = computed(
        frame.select(
            *_KEY, "occurred_at", "event_id", "day", "store_domain", "visitor_id", "activity_type",
            "page_url", "page", "referrer", "country", "is_bot",
        )
        .sort(*_KEY, "occurred_at", "event_id")
        .with_columns(_ORDERED)
    )  # fmt: skip
    pieces = computed(ordered.lazy().group_by("piece", maintain_order=True).agg(_PIECE))
    taken = ordered.select(
        pl.col(column).gather(pieces[event]).alias(name)
        for event, names in _TAKEN.items()
        for name, column in names.items()
    )
    joined = pieces.hstack([*taken, *_utm_columns(taken["origin_url"])])
    return computed(joined.lazy().with_columns(_ORIGIN_SITE).select(_COLUMNS).with_columns(_CUT))


def _utm_columns(urls: pl.Series) -> list[pl.Series]:
    """Return the UTM values of the pieces' origins. Each distinct URL is read once."""
    lists: list[list[str | None]] = [[None] * len(urls) for _ in _UTM]
    found: dict[str, Utm] = {}
    for row, url in enumerate(urls.to_list()):
        if url is None or not ("utm_" in url or "utm_" in url.lower()):
            continue
        if url not in found:
            found[url] = utm_of(url)
        for values, value in zip(lists, found[url], strict=True):
            values[row] = value
    return [pl.Series(name, values, pl.String) for name, values in zip(_UTM, lists, strict=True)]


_UTM = [f"utm_{field}" for field in Utm._fields]
# The shop itself is recognized by its host, and there are far fewer hosts than pages.
_ORIGIN_SITE = pl.col("origin_url").str.extract(r"^([^/?#]*//[^/?#]*)", 1).alias("origin_site")
_COLUMNS = [
    *_KEY, "started_at", "ended_at", "day", "visitor_id", "steps", "pages", "events", "is_bot",
    "entry_at", "entry_event_id", "entry_page", "exit_at", "exit_event_id", "exit_page",
    "origin_at", "origin_event_id",
    source("referrer", "origin_site").str.slice(0, SOURCE_LENGTH), *_UTM, "country",
]  # fmt: skip
# The first two are compared case-insensitively, like hosts; the others are not.
_CUT = [
    *(pl.col(n).str.to_lowercase().str.slice(0, UTM_LENGTH) for n in ("utm_source", "utm_medium")),
    pl.col("utm_campaign", "utm_term", "utm_content").str.slice(0, UTM_LENGTH),
]
