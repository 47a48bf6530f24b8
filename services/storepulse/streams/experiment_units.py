"""Reducer of experiment units: who was exposed, and who did what, in the events of one slice.

An event belongs to the unit that it names: `v:` and its visitor, else `s:` and its session. The
store's column `experiment_sources` lists the sources that its tests measure; only their events are
kept. Of several events for one order the earliest counts, by time and then by id, so that the order
of arrival, slices and copies do not matter. An event's time is when it happened, at the latest when
it was received.

Robots' events do not count. Robots may be exposed, and their unit is then counted as a bot.
Exposures are kept whatever the store's column says, because it may be updated a moment later. A
unit's exposures to one variant share one id, so repeats are reduced again: they may be earlier, or
belong to another session. The statements are in `experiment_units.sql`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

import polars as pl

from storepulse.streams.orders import number_of
from storepulse.streams.products import has_values
from storepulse.streams.reduction import computed

#: Frames: events, exposures, and all units and orders that these name. The statements of the last
#: one update the units' figures.
UNIT_EVENTS = "unit_events"
EXPOSURES = "exposures"
UNITS = "experiment_units"

#: Stream -> column of types -> source of the events of a type. The cart stream has only adds.
_SOURCES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "activity": (
        "activity_type",
        {
            name: name
            for name in (
                "page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start",
                "purchase", "search",
            )
        },
    ),
    "landing": ("event_type", {"AddToCart": "add_to_cart", "Purchase": "purchase"}),
    "cart": ("", {"": "cart_add"}),
    "order": ("event_type", {"created": "purchase", "paid": "purchase"}),
    "campaign": ("event_type", {"ORDER_CREATED": "purchase", "ORDER_PAID": "purchase"}),
    "experiment": ("event_type", {"Conversion": "conversion"}),
}  # fmt: skip
#: Stream -> the type whose events have a name of their own, the prefix of their source, and the
#: column with the name.
_NAMED: Mapping[str, tuple[str, str, str]] = {
    "activity": ("custom", "custom:", "name"),
    "landing": ("Custom", "custom:", "event_name"),
    "experiment": ("Metric", "metric:", "metric"),
}
STREAMS = frozenset(_SOURCES)
#: The stream whose events may be exposures.
EXPOSING_STREAM = "experiment"
#: Columns that some streams lack.
_OPTIONAL: Mapping[str, pl.DataType] = {
    "order_id": pl.String(),
    "value": pl.Decimal(18, 4),
    "currency": pl.String(),
    "test_id": pl.String(),
}
_EVENT_COLUMNS = (
    "store_id", "source", "key", "event_id", "unit", "happened_at", "value", "currency", "test_id",
    "variant_id",
)  # fmt: skip
_KEY = ("store_id", "source", "key")
_VISITOR, _SESSION, _ORDER, _EVENT = "v:", "s:", "o:", "e:"

_AT = pl.min_horizontal("occurred_at", "received_at")
_VISITOR_ID = pl.col("visitor_id").replace("", None)
_SESSION_ID = pl.col("session_id").replace("", None)
_UNIT = pl.coalesce(pl.lit(_VISITOR) + _VISITOR_ID, pl.lit(_SESSION) + _SESSION_ID).alias("unit")
_IS_WANTED = pl.col("experiment_sources").list.contains(pl.col("source"))


def unit_tables(
    fresh: pl.DataFrame, stream: str, repeated: pl.DataFrame | None = None
) -> dict[str, pl.DataFrame]:
    """Return frames by name, in execution order, to run after all others of the slice.

    Empty if no event names a unit. `fresh` has the column `experiment_sources`, null if a store has
    none. `repeated`: events that were applied before.
    """
    found = {UNIT_EVENTS: _events_of(fresh, stream)}
    if stream == EXPOSING_STREAM:
        told = [fresh] if repeated is None else [fresh, repeated]
        found[EXPOSURES] = pl.concat([_exposures_of(frame) for frame in told])
    tables = {name: frame for name, frame in found.items() if frame is not None and frame.height}
    return {**tables, UNITS: _named_units(tables)} if tables else {}


def types_of(stream: str, sources: Collection[str]) -> list[str]:
    """Return the types of a stream's events that may have one of these sources."""
    _, by_type = _SOURCES[stream]
    types = [kind for kind, source in by_type.items() if source in sources]
    if stream in _NAMED:
        kind, prefix, _ = _NAMED[stream]
        types += [kind] if any(source.startswith(prefix) for source in sources) else []
    return types


def _events_of(fresh: pl.DataFrame, stream: str) -> pl.DataFrame | None:
    if not has_values(fresh, "experiment_sources"):
        return None
    wanted = fresh.filter(pl.col("experiment_sources").is_not_null() & ~pl.col("is_bot"))
    told = computed(
        wanted.lazy()
        .with_columns(_source_of(stream))
        .filter(_IS_WANTED)
        .select(_event_columns(tuple(fresh.columns), stream))
        .filter(pl.col("unit").is_not_null())
    )
    return told.sort("happened_at", "event_id").unique(_KEY, keep="first", maintain_order=True)


# Expressions are made once: for a small slice, making them costs as much as evaluating them.
@cache
def _source_of(stream: str) -> pl.Expr:
    column, by_type = _SOURCES[stream]
    if not column:
        return pl.lit(by_type[""]).alias("source")
    kind = pl.col(column).cast(pl.String)
    source = kind.replace_strict(by_type, default=None, return_dtype=pl.String)
    if stream in _NAMED:
        named, prefix, name = _NAMED[stream]
        source = pl.when(kind == named).then(pl.lit(prefix) + pl.col(name)).otherwise(source)
    return source.alias("source")


@cache
def _event_columns(columns: tuple[str, ...], stream: str) -> list[pl.Expr]:
    """Return the table's columns; those that a stream lacks are null.

    A cart's `variant_id` is a product's and is not taken."""

    def column(name: str) -> pl.Expr:
        kind = _OPTIONAL[name]
        return (pl.col(name) if name in columns else pl.lit(None, kind)).alias(name)

    number = number_of(column("order_id").replace("", None))
    key = pl.coalesce(pl.lit(_ORDER) + number, pl.lit(_EVENT) + pl.col("event_id").cast(pl.String))
    is_exposing = stream == EXPOSING_STREAM
    given = {
        "source": pl.col("source"),
        "store_id": pl.col("store_id"),
        "key": key.alias("key"),
        "event_id": pl.col("event_id").cast(pl.String),
        "unit": _UNIT,
        "happened_at": _AT.alias("happened_at"),
        "value": column("value"),
        "currency": column("currency"),
        "test_id": column("test_id"),
        "variant_id": pl.col("variant_id")
        if is_exposing
        else pl.lit(None, pl.String).alias("variant_id"),
    }
    return [given[name] for name in _EVENT_COLUMNS]


def _exposures_of(fresh: pl.DataFrame) -> pl.DataFrame:
    return (
        fresh.filter(pl.col("event_type").cast(pl.String) == "Exposure")
        .select(
            "store_id", "test_id", "phase", _UNIT, _SESSION_ID.alias("session_id"), "variant_id",
            _AT.alias("at"), "is_bot",
        )
        .drop_nulls(("phase", "unit", "variant_id"))
    )  # fmt: skip


def _named_units(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return, by store, the units and orders in the frames, and the sessions of exposures."""
    parts = []
    if UNIT_EVENTS in tables:
        events = tables[UNIT_EVENTS]
        is_order = pl.col("key").str.starts_with(_ORDER)
        parts += [
            events.select("store_id", "unit"),
            events.filter(is_order).select("store_id", pl.col("key").alias("unit")),
        ]
    if EXPOSURES in tables:
        exposures = tables[EXPOSURES]
        sessions = exposures.filter(pl.col("session_id").is_not_null())
        parts += [
            exposures.select("store_id", "unit"),
            sessions.select("store_id", (pl.lit(_SESSION) + pl.col("session_id")).alias("unit")),
        ]
    return pl.concat(parts).unique()
