"""Customers: what the events of any stream say about who somebody is.

An event names identities, from the weakest kind to the strongest: an order, a visitor, a tracking
id, a Telegram id, an e-mail address, a shop's customer id. The event is about its strongest
identity, and each weaker one is linked to that. Of all links of an identity the one with the
greatest word counts. A word is the text `is person:time:event id:stream`; a tracking id identifies
a click, not a person, so a link to one counts only if there is no other. An order's word is
`kind:trust:time:event id:stream`. An order may have several numbers, each in its bare form an
identity of its own; the greatest word of all of them decides whom the order belongs to. The time
seen, names and campaign of an event are stored with its strongest identity. Maximum and minimum do
not depend on order, slices or copies, so neither do the tables.

Robots' events say nothing about people. They may change an order, and so the figures of its owner.
The statements are in `customers.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl

from storepulse.domain.identities import PLACEHOLDERS, TELEGRAM_PERSON
from storepulse.streams.normal_forms import normalised_email
from storepulse.streams.orders import KINDS, number_of
from storepulse.streams.products import has_values
from storepulse.streams.reduction import computed

#: Statements in execution order, after those of orders.
IDENTITIES = "identities"
IDENTITY_LINKS = "identity_links"

#: Kind of identity, weakest first -> the columns that may have one; the first with a value counts.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "order": ("order_id",),
    "visitor": ("visitor_id",),
    "tracking": ("tracking_id",),
    "telegram": ("client_id", "telegram_id"),
    "email": ("email_hash",),
    "customer": ("customer_id",),
}
#: Kinds that may be a customer when nothing stronger is known.
_CUSTOMERS = ("tracking", "telegram", "email", "customer")
#: An event with none of these columns names no customer or order.
_TELLING = tuple(column for kind in ("order", *_CUSTOMERS) for column in _COLUMNS[kind])
#: Stream -> column and values of the events that report the order that they name. Events of other
#: streams do not.
_TELLS_OF_ORDER: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "activity": ("activity_type", ("purchase",)),
    "landing": ("event_type", ("Purchase",)),
    "campaign": ("event_type", ("ORDER_CREATED", "ORDER_PAID")),
    "order": ("event_type", KINDS),
}
_FIRST_NAME = ("customer_first_name", "first_name")
_LAST_NAME = ("customer_last_name", "last_name")

_WORD = [
    pl.col("occurred_at").dt.epoch("ms").cast(pl.String).str.zfill(15),
    pl.col("event_id").cast(pl.String),
]
_TRUST = pl.col("source").cast(pl.String).is_in(["server", "import"]).cast(pl.Int8)
_KEY = ("store_id", "kind", "value")
_TARGET = ("to_kind", "to_value")


def customer_plans(fresh: pl.DataFrame, stream: str) -> dict[str, pl.LazyFrame]:
    """Return plans by statement, in execution order; empty if no event names a customer or order.

    Columns that the stream lacks are null. A plan costs as much as some hundred events, so plans
    cover only the kinds of identities that occur.
    """
    if not any(has_values(fresh, column) for column in _TELLING):
        return {}
    is_telling, columns, names_somebody = _told_events(tuple(fresh.columns), stream)
    # Few events name anybody; words are computed only for these.
    told = computed(fresh.lazy().filter(is_telling).select(columns).filter(names_somebody))
    kinds = tuple(kind for kind in _COLUMNS if has_values(told, kind))
    if not kinds:
        return {}
    rows = told.lazy()
    parts = [
        rows.filter(is_named).with_columns(target).select(columns)
        for is_named, target, columns in _identities(kinds)
    ]
    each = computed(pl.concat(parts))
    plans = {IDENTITIES: each.lazy().group_by(_KEY).agg(_IDENTITY)}
    links = each.filter(_IS_LINK)
    if links.height:
        plans[IDENTITY_LINKS] = links.lazy().group_by(*_KEY, *_TARGET).agg(_LINK)
    return plans


# Expressions are made once: for a small slice, making them costs as much as evaluating them.
@cache
def _told_events(columns: tuple[str, ...], stream: str) -> tuple[pl.Expr, list[pl.Expr], pl.Expr]:
    """Return which events may name a customer or an order, their columns, and which of them do.

    The columns include one for each kind of identity.
    """
    telling = [pl.col(name).is_not_null() for name in _TELLING if name in columns]
    taken = [
        pl.col("store_id"),
        pl.col("occurred_at"),
        pl.concat_str(*_WORD, pl.lit(stream), separator=":").alias("word"),
        _TRUST.alias("trust"),
        *(_identity(columns, kind, stream) for kind in _COLUMNS),
        _first_text(columns, _FIRST_NAME).alias("first_name"),
        _first_text(columns, _LAST_NAME).alias("last_name"),
        _first_text(columns, ("campaign_id",)).alias("campaign_id"),
        _email_text(columns),
    ]
    named = [pl.col(kind).is_not_null() for kind in ("order", *_CUSTOMERS)]
    return pl.any_horizontal(telling), taken, pl.any_horizontal(named)


def _first_text(columns: tuple[str, ...], names: tuple[str, ...]) -> pl.Expr:
    """Return the first non-empty value of the columns; null if there is none."""
    texts = [pl.col(name).cast(pl.String).replace("", None) for name in names if name in columns]
    return pl.coalesce(*texts) if texts else pl.lit(None, pl.String)


def _identity(columns: tuple[str, ...], kind: str, stream: str) -> pl.Expr:
    """Return the identity of a kind that each event names, in a column of the kind's name."""
    text = _first_text(columns, _COLUMNS[kind])
    if kind == "order":
        if stream not in _TELLS_OF_ORDER:
            return pl.lit(None, pl.String).alias(kind)
        column, values = _TELLS_OF_ORDER[stream]
        is_telling = pl.col(column).cast(pl.String).is_in(values)
        return pl.when(is_telling).then(number_of(text)).alias(kind)
    is_one = ~pl.col("is_bot")
    if kind == "telegram":
        is_one &= text.str.contains(TELEGRAM_PERSON)
    elif kind != "email":
        is_one &= ~text.str.to_lowercase().is_in(list(PLACEHOLDERS))
    if kind == "visitor":
        # A bot's client may also send its Telegram user as the visitor.
        is_one &= ~text.eq_missing(_first_text(columns, _COLUMNS["telegram"]))
    return pl.when(is_one).then(text).alias(kind)


def _email_text(columns: tuple[str, ...]) -> pl.Expr:
    if "customer_email" not in columns:
        return pl.lit(None, pl.String).alias("email_text")
    return normalised_email().alias("email_text")


@cache
def _identities(kinds: tuple[str, ...]) -> list[tuple[pl.Expr, list[pl.Expr], list[pl.Expr]]]:
    """Return, for each kind: which events name one, its target, and its row.

    `kinds`: those that occur in the slice, weakest first.
    """
    return [
        (pl.col(kind).is_not_null(), _target(kinds[place + 1 :]), _row(kind))
        for place, kind in enumerate(kinds)
    ]


def _target(stronger: tuple[str, ...]) -> list[pl.Expr]:
    """Return the strongest identity of an event among these kinds, which are weakest first."""
    ranked = stronger[::-1]
    to_kind = [pl.when(pl.col(one).is_not_null()).then(pl.lit(one)) for one in ranked]
    nobody = pl.lit(None, pl.String)
    return [
        pl.coalesce(*to_kind, nobody).alias("to_kind"),
        pl.coalesce(*ranked, nobody).alias("to_value"),
    ]


def _row(kind: str) -> list[pl.Expr]:
    """Return the row of an event's identity of a kind."""
    is_linked = pl.col("to_kind").is_not_null()
    strength = pl.col("to_kind").replace_strict(
        [*_COLUMNS], [str(number) for number in range(len(_COLUMNS))], return_dtype=pl.String
    )
    said = [strength, pl.col("trust")]
    if kind != "order":
        said = [(pl.col("to_kind") != "tracking").cast(pl.Int8)]
    word = pl.concat_str(*said, "word", separator=":")
    of_event = pl.when(~is_linked & pl.lit(kind != "order"))
    names_person = pl.any_horizontal(pl.col("first_name", "last_name").is_not_null())
    has_campaign = pl.col("campaign_id").is_not_null()
    return [
        pl.col("store_id"),
        pl.col("occurred_at"),
        pl.lit(kind).alias("kind"),
        pl.col(kind).alias("value"),
        pl.col(*_TARGET),
        pl.when(is_linked).then(word).alias("link_word"),
        of_event.then("occurred_at").alias("seen_at"),
        (pl.col("email_text") if kind == "email" else pl.lit(None, pl.String)).alias("email"),
        of_event.then("first_name").alias("first_name"),
        of_event.then("last_name").alias("last_name"),
        of_event.then(pl.when(names_person).then("word")).alias("name_word"),
        of_event.then("campaign_id").alias("campaign_id"),
        of_event.then(pl.when(has_campaign).then("tracking")).alias("tracking_id"),
        of_event.then(pl.when(has_campaign).then("word")).alias("campaign_word"),
        (~is_linked & pl.lit(kind in _CUSTOMERS)).alias("is_customer"),
    ]


def _of_greatest(word: str, *names: str) -> list[pl.Expr]:
    """Return the values that belong to the greatest word, and the word."""
    said = pl.col(word).is_not_null()
    order = pl.col(word).filter(said)
    return [*(pl.col(name).filter(said).sort_by(order).last() for name in names), order.max()]


_IDENTITY = [
    *_of_greatest("link_word", *_TARGET),
    pl.col("seen_at").min().alias("first_seen"),
    pl.col("seen_at").max().alias("last_seen"),
    pl.col("email").max(),
    *_of_greatest("name_word", "first_name", "last_name"),
    *_of_greatest("campaign_word", "campaign_id", "tracking_id"),
    pl.col("is_customer").any(),
]
_IS_LINK = pl.col("to_kind").is_not_null() & (pl.col("kind") != "order")
_LINK = [pl.col("link_word").max().alias("word"), pl.col("occurred_at").max().alias("told_at")]
