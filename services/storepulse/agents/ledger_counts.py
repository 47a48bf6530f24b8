"""The ledger's counts of a slice: by store and hour, the number of events by outcome.

Every record counts once as accepted, and once as applied, duplicate or dead. A duplicate with
different content also counts as a conflict.
"""

from __future__ import annotations

from collections import Counter

import polars as pl

from storepulse.agents.preparation import NIL_STORE, DecodedSlice
from storepulse.slices.consumer import SliceOutcome
from storepulse.streams.reduction import hour

COUNTS = ("accepted", "applied", "duplicate", "conflict", "dead")
#: Applied work that becomes usage (`own_work`).
UNMETERED = ("unmetered_events", "unmetered_bytes")


def count_events(marked: pl.DataFrame, *, is_metered: bool) -> pl.DataFrame:
    """Return the counts of decoded events; `marked` has `_fresh`, `_conflict` and `_bytes`.

    If the stream's work is not metered, the unmetered counts are 0.
    """
    applied, size = pl.col("_fresh").sum(), pl.col("_bytes").filter("_fresh").sum()
    return marked.group_by("store_id", hour("received_at")).agg(
        pl.len().alias("accepted"),
        applied.alias("applied"),
        (~pl.col("_fresh")).sum().alias("duplicate"),
        pl.col("_conflict").sum().alias("conflict"),
        pl.lit(0).alias("dead"),
        (applied if is_metered else pl.lit(0)).alias("unmetered_events"),
        (size if is_metered else pl.lit(0)).alias("unmetered_bytes"),
    )


def add_dead(counts: pl.DataFrame, prepared: DecodedSlice) -> pl.DataFrame:
    """Return the counts including those of the records set aside."""
    dead = pl.DataFrame(
        [(d.store_id or NIL_STORE, prepared.hour_of(d.index)) for d in prepared.dead_records],
        schema={"store_id": pl.String, "hour": pl.Datetime("ms", "UTC")},
        orient="row",
    ).with_columns(pl.lit(1).alias("accepted"), pl.lit(1).alias("dead"))
    return (
        pl.concat([counts, dead], how="diagonal_relaxed")
        .group_by("store_id", "hour")
        .agg(pl.col(*COUNTS, *UNMETERED).sum().cast(pl.Int64))
    )


def outcome_of(
    prepared: DecodedSlice, fresh: pl.DataFrame, counts: pl.DataFrame, redelivered: int
) -> SliceOutcome:
    """Return the slice's outcome; `counts` are those of decoded events only."""
    newest = fresh["received_at"].cast(pl.Int64).max()
    return SliceOutcome(
        applied=int(counts["applied"].sum()),
        duplicate=int(counts["duplicate"].sum()),
        conflict=int(counts["conflict"].sum()),
        dead=len(prepared.dead_records),
        redelivered=redelivered,
        newest_received_ms=newest if isinstance(newest, int) else None,
        dead_by_stage=Counter(d.stage for d in prepared.dead_records),
    )
