"""Pieces of sessions: what the events of one slice tell of each session.

A piece is a run of a session id's events without a gap of over 30 minutes. The database joins
pieces with the sessions that it has; see `sessions` in rollup.sql. A value that one event decides
carries that event's time and id, so that any slicing and any order of arrival end alike:

- entry and exit page: of the first and the last event that has a page;
- source, UTM values and country: of the origin, the first event that has a page or a referrer.

Events of one moment are ordered by their ids.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from storepulse.domain.sources import NO_UTM, Utm, utm_of
from storepulse.streams.activity.funnel import FUNNEL
from storepulse.streams.normal_forms import page, source
from storepulse.streams.reduction import computed, count_where, events

SESSION_GAP = timedelta(minutes=30)
#: Most characters of a source and of a UTM value. They are the key of an index, whose entries take
#: at most 2,704 bytes.
SOURCE_LENGTH = 200
UTM_LENGTH = 200

_KEY = ["store_id", "session_id"]
# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_HAS_PAGE = pl.col("page_url").is_not_null()
_STEP = pl.lit(0, pl.Int16)
for _bit, _name in enumerate(FUNNEL):
    _TOOK = pl.when(pl.col("activity_type") == _name)
    _STEP = _TOOK.then(pl.lit(1 << _bit, pl.Int16)).otherwise(_STEP)
_ORDERED = [
    (pl.col("occurred_at").diff().over(_KEY) > SESSION_GAP)
    .fill_null(value=True)
    .cum_sum()
    .alias("piece"),
    _STEP.alias("step"),
    pl.int_range(pl.len(), dtype=pl.UInt32).alias("place"),
]
_PIECE = [
    pl.col("occurred_at").first().alias("started_at"),
    pl.col("occurred_at").last().alias("ended_at"),
    pl.col("day").first(),
    pl.col("visitor_id").max(),
    pl.col("step").bitwise_or().alias("steps"),
    count_where(pl.col("activity_type") == "page_view", "pages"),
    events("events"),
    pl.col("is_bot").any(),
    pl.when(_HAS_PAGE).then("place").min().alias("entry"),
    pl.when(_HAS_PAGE).then("place").max().alias("exit"),
    pl.when(_HAS_PAGE | pl.col("referrer").is_not_null()).then("place").min().alias("origin"),
]


def sessions(frame: pl.LazyFrame) -> pl.DataFrame:
    """The pieces of a slice's events, in the columns of the table `sessions`."""
    ordered = computed(
        frame.select(
            *_KEY, "occurred_at", "event_id", "day", "visitor_id", "activity_type", "page_url",
            "referrer", "country", "is_bot",
        )
        .sort(*_KEY, "occurred_at", "event_id")
        .with_columns(_ORDERED)
    )  # fmt: skip
    pieces = computed(
        ordered.lazy().group_by(*_KEY, "piece", maintain_order=True).agg(_PIECE).drop("piece")
    )
    taken = pieces.with_columns(_values_taken(ordered, pieces))
    taken = taken.with_columns(_ORIGIN_SITE, *_utm_columns(taken["origin_url"]))
    return computed(taken.lazy().select(_COLUMNS).with_columns(_CUT))


def _values_taken(ordered: pl.DataFrame, pieces: pl.DataFrame) -> list[pl.Series]:
    """The values of each piece's entry, exit and origin."""
    wanted = {
        "entry": {"occurred_at": "entry_at", "event_id": "entry_event_id", "page_url": "entry_url"},
        "exit": {"occurred_at": "exit_at", "event_id": "exit_event_id", "page_url": "exit_url"},
        "origin": {
            "occurred_at": "origin_at", "event_id": "origin_event_id", "page_url": "origin_url",
            "referrer": "referrer", "country": "country",
        },
    }  # fmt: skip
    return [
        ordered[column].gather(pieces[event]).alias(name)
        for event, names in wanted.items()
        for column, name in names.items()
    ]


def _utm_columns(urls: pl.Series) -> list[pl.Series]:
    """The UTM values of the pieces' origins. Few have some, and each distinct URL is read once."""
    known = dict.fromkeys(urls.filter(urls.str.contains("(?i)utm_")))
    values = {url: utm_of(url) for url in known}
    columns = zip(*(values.get(url, NO_UTM) for url in urls), strict=True)
    return [pl.Series(name, column, pl.String) for name, column in zip(_UTM, columns, strict=True)]


_UTM = [f"utm_{field}" for field in Utm._fields]
# The shop itself is known by its host, and there are far fewer hosts than pages.
_ORIGIN_SITE = pl.col("origin_url").str.extract(r"^([^/?#]*//[^/?#]*)", 1).alias("origin_site")
_COLUMNS = [
    *_KEY, "started_at", "ended_at", "day", "visitor_id", "steps", "pages", "events", "is_bot",
    "entry_at", "entry_event_id", page("entry_url", patterns=None).alias("entry_page"),
    "exit_at", "exit_event_id", page("exit_url", patterns=None).alias("exit_page"),
    "origin_at", "origin_event_id",
    source("referrer", "origin_site", domain=None).str.slice(0, SOURCE_LENGTH), *_UTM, "country",
]  # fmt: skip
# What is compared without regard to case, as hosts are, and what is not.
_CUT = [
    *(pl.col(n).str.to_lowercase().str.slice(0, UTM_LENGTH) for n in ("utm_source", "utm_medium")),
    pl.col("utm_campaign", "utm_term", "utm_content").str.slice(0, UTM_LENGTH),
]
