"""Rage clicks: the third and later of clicks that come fast and close together.

A rage click follows two other clicks of its session on its page within 30 px and 1 s; all three
were received, and arrived, within 2 s. "Follows" is the order of the partition, so the answer does
not depend on how the partition was cut into slices: the last two clicks of each session travel in
the carry, as long as a click that arrives now could still complete them. A click arrives at the
latest time of receipt that the partition has seen up to it: that never goes back, as times of
receipt do where gateways' clocks differ or spooled events come after newer ones.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import polars as pl

RADIUS_PX = 30
WITHIN = timedelta(seconds=1)
RECEIVED_WITHIN = timedelta(seconds=2)
#: More rows than this travel only while a clock that is far ahead lets nothing grow old.
MOST_CARRIED = 20_000

_CARRIED = [
    "store_id", "session_id", "page", "x", "y", "occurred_at", "received_at", "arrived_at",
]  # fmt: skip
_ARRIVED = pl.col("received_at").cum_max().alias("arrived_at")


def _same_session(n: int) -> pl.Expr:
    """Whether the row n places before is of the same session."""
    session, store = pl.col("session_id"), pl.col("store_id")
    return (session == session.shift(n)) & (store == store.shift(n))


def _near(n: int) -> pl.Expr:
    """Whether the session's n-th click before this one is near in place and time."""

    def apart(column: str) -> pl.Expr:
        return pl.col(column) - pl.col(column).shift(n)

    def px(column: str) -> pl.Expr:
        # The square of a page's height does not fit 32 bits.
        place = pl.col(column).cast(pl.Int64)
        return (place - place.shift(n)) ** 2

    return (
        _same_session(n)
        & (px("x") + px("y") <= RADIUS_PX**2)
        & (apart("occurred_at").abs() <= WITHIN)
        & (apart("received_at").abs() <= RECEIVED_WITHIN)
        & (apart("arrived_at") <= RECEIVED_WITHIN)
        & (pl.col("page") == pl.col("page").shift(n))
    )


_RAGE = (_near(1) & _near(2)).fill_null(value=False).alias("rage")
_STILL_OPEN = ~_same_session(-2).fill_null(value=False) & (
    pl.col("arrived_at") >= pl.col("arrived_at").max() - RECEIVED_WITHIN
)


def judged(clicks: pl.LazyFrame, carry: bytes | None) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The clicks of a slice, in offset order, with column `rage`; and those that the next slice
    must know, to be given as `carry` to `written`."""
    clicks = clicks.with_columns(_ARRIVED)
    before = clicks.select(_CARRIED).limit(0)
    if carry:
        known = _read(carry)
        newest = pl.lit(known["arrived_at"].max(), dtype=known.schema["arrived_at"])
        clicks = clicks.with_columns(pl.max_horizontal("arrived_at", newest))
        before = known.lazy()
    # A stable sort keeps the partition's order within each session, which now lies together.
    ordered = pl.concat(
        [before.with_columns(carried=True), clicks.with_columns(carried=False)], how="diagonal"
    ).sort("session_id", "store_id", maintain_order=True)
    still_open = ordered.select(_CARRIED).filter(_STILL_OPEN)
    return (
        ordered.with_columns(_RAGE).filter(~pl.col("carried")),
        still_open.sort("arrived_at", maintain_order=True).tail(MOST_CARRIED),
    )


def written(still_open: pl.DataFrame) -> bytes:
    """Clicks as they travel to the next slice."""
    out = BytesIO()
    still_open.write_ipc(out, compression="zstd")
    return out.getvalue()


def _read(carry: bytes) -> pl.DataFrame:
    known = pl.read_ipc(BytesIO(carry))
    if "arrived_at" in known.columns:
        return known
    # Written before there was such a time.
    return known.with_columns(arrived_at="received_at")
