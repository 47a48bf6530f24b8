"""Which events a destination wants, by column, and whether one may still be sent to it."""

from __future__ import annotations

import polars as pl

from storepulse.destinations.rules.model import Destination, Event
from storepulse.streams.derived_rows import DERIVED_TYPES
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE

_CONSENT_COLUMNS = {"analytics": "consent_analytics", "marketing": "consent_marketing"}


def event_type(stream: str) -> pl.Expr:
    """The type of each event, text, as filters name it; of custom events the shop's own name,
    and of derived events theirs."""
    types = STREAMS[stream].types
    column = types.column
    named = pl.lit(types.names[0]) if column is None else pl.col(column).cast(pl.String)
    if types.own_column is not None:
        # Known types have one name however they were spelt; only custom events bring their own.
        named = pl.when(named == OWN_TYPE).then(pl.col(types.own_column)).otherwise(named)
    if stream in DERIVED_TYPES:
        is_derived, derived = DERIVED_TYPES[stream]
        named = pl.when(is_derived).then(derived.cast(pl.String)).otherwise(named)
    return named.alias("event_type")


def matching(destination: Destination, stream: str, frame: pl.DataFrame) -> pl.Expr:
    """True for each event that the destination's filters want.

    `frame` has the columns of the stream's schema. Whether the destination is active is the
    caller's question.
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
    """Why the event must not go to the destination as it is declared now; None where it may.

    Asked at every send: a destination may have come to ask for more consent, or for no bots, since
    its events were queued.
    """
    for purpose in sorted(destination.consent):
        stated = event.value.get(_CONSENT_COLUMNS[purpose])
        if stated != "granted":
            return f"consent to {purpose} is {stated or 'unknown'}"
    if event.value.get("is_bot") and not destination.include_bots:
        return "the destination does not take robots' events"
    return None


# `pl.lit` alone has one row, whatever the frame; these have the frame's.
def _every_event() -> pl.Expr:
    return pl.col("event_id").is_not_null()


def _no_event() -> pl.Expr:
    return pl.col("event_id").is_null()
