"""Matches events with a destination's filters by column, and checks single events at each send."""

from __future__ import annotations

import polars as pl

from storepulse.destinations.rules.model import Destination, Event
from storepulse.streams.derived_rows import DERIVED_TYPES
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE

_CONSENT_COLUMNS = {"analytics": "consent_analytics", "marketing": "consent_marketing"}


def event_type(stream: str) -> pl.Expr:
    """The type of each event, text, as filters name it: the shop's own name for custom events, and
    the derived name for derived events."""
    types = STREAMS[stream].types
    column = types.column
    named = pl.lit(types.names[0]) if column is None else pl.col(column).cast(pl.String)
    if types.own_column is not None:
        # Known types have one canonical name; only custom events have their own.
        named = pl.when(named == OWN_TYPE).then(pl.col(types.own_column)).otherwise(named)
    if stream in DERIVED_TYPES:
        is_derived, derived = DERIVED_TYPES[stream]
        named = pl.when(is_derived).then(derived.cast(pl.String)).otherwise(named)
    return named.alias("event_type")


def matching(destination: Destination, stream: str, frame: pl.DataFrame) -> pl.Expr:
    """True for each event that the destination's filters match.

    `frame` has the columns of the stream's schema. Ignores the destination's status.
    """
    if destination.streams and stream not in destination.streams:
        return _no_event()
    wanted = [_every_event()]
    if destination.store_id is not None:
        wanted.append(pl.col("store_id").cast(pl.String) == destination.store_id)
    if destination.types:
        wanted.append(event_type(stream).is_in(sorted(destination.types)))
    if not destination.include_bots:
        wanted.append(~pl.col("is_bot"))
    for purpose in sorted(destination.consent):
        column = _CONSENT_COLUMNS[purpose]
        if column not in frame.columns:
            return _no_event()
        wanted.append(pl.col(column).cast(pl.String) == "granted")
    return pl.all_horizontal(wanted).fill_null(value=False)


def may_send(destination: Destination, event: Event) -> str | None:
    """Why the event may not be sent to the destination as declared now, or None.

    Checked at every send: the destination may require more consent, or exclude bots, since the
    event was queued.
    """
    for purpose in sorted(destination.consent):
        stated = event.value.get(_CONSENT_COLUMNS[purpose])
        if stated != "granted":
            return f"consent to {purpose} is {stated or 'unknown'}"
    if event.value.get("is_bot") and not destination.include_bots:
        return "the destination does not take robots' events"
    return None


# `pl.lit` alone has one row; these have as many rows as the frame.
def _every_event() -> pl.Expr:
    return pl.col("event_id").is_not_null()


def _no_event() -> pl.Expr:
    return pl.col("event_id").is_null()
