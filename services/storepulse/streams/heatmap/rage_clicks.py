"""Rage clicks: the third and later of clicks that come fast and close together.

A click is a rage click if two or more clicks of its session on its page went before it within 1 s
and within 30 px of it. What went before is said by `occurred_at`, then by the event's id, not by
the order of arrival: a click may become a rage click by one that arrives after it.

Two clicks see each other if they are close on the partition too: they arrived within 60 s, at most
MOST_CARRIED clicks apart, and at most MOST_OF_A_PAGE clicks of their session and page apart. A
click arrives at the latest time of receipt that the partition has seen up to it: that never goes
back, as times of receipt do where gateways' clocks differ or spooled events come after newer ones.
So the answer does not depend on how the partition was cut into slices, nor, within these bounds, on
the order of arrival. The clicks that one that arrives now could see travel in the carry.

Clicks from the keyboard, which are at (0, 0), and on elements that people click in series are left
out: they neither are rage clicks nor make others so.
"""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from storepulse.domain.event_keys import Mask
from storepulse.streams.heatmap.numbering import TEXTS, Numbering
from storepulse.streams.reduction import computed

RADIUS_PX = 30
WITHIN_MS = 1_000
ARRIVED_WITHIN_MS = 60_000
#: No more clicks than these travel: those of a minute at 300 a second on one partition.
MOST_CARRIED = 20_000
#: Bounds the work for a session that clicks without end.
MOST_OF_A_PAGE = 256
#: As many clicks before it make a click a rage click.
ENOUGH = 2

_PLACE = ["store_id", "page", "selector", "device", "is_bot", "occurred_at"]
_CARRIED = [*_PLACE, "session_id", "event_id", "x", "y", "arrived_at", "before"]
#: Few distinct texts among many rows: these travel as a dictionary.
_REPEATED = pl.col("store_id", "page", "selector", "session_id", "device").cast(pl.Categorical)
_AS_TEXT = pl.col(pl.Categorical).cast(pl.String)
_FROM_KEYBOARD = (pl.col("x") == 0) & (pl.col("y") == 0)
_JUDGED = ((pl.col("kind") == "click") & ~_FROM_KEYBOARD).fill_null(value=False)
_ARRIVED = pl.col("arrived_at").cum_max()

_Rows = npt.NDArray[np.intp]


class RageClicks(NamedTuple):
    """`rage`: which of a slice's events are rage clicks. `earlier`: clicks of slices before that
    are rage clicks from now on. `carry`: to the next slice."""

    rage: Mask
    earlier: pl.DataFrame
    carry: bytes | None


def find_rage_clicks(
    events: pl.DataFrame, numbering: Numbering, carry: bytes | None, in_series: pl.Series
) -> RageClicks:
    """Judges a slice's events, in offset order.

    The events have, beside their fields and `page`, the number of `numbering` of their selector,
    `element_no`; `in_series` are the numbers of elements that are clicked in series.
    """
    judged = _JUDGED
    if in_series.len():
        judged &= ~pl.col("element_no").is_in(in_series.implode())
    is_click = events.select(judged).to_series().to_numpy()
    if not is_click.any():
        return RageClicks(is_click, pl.DataFrame(), carry)
    plan = events.lazy().filter(pl.Series(is_click)).with_columns(
        pl.col("device").cast(pl.String), arrived_at="received_at", before=pl.lit(0, pl.UInt8)
    )  # fmt: skip
    plan = plan.select(_CARRIED)
    carried = 0
    if carry:
        known = pl.read_ipc_stream(BytesIO(carry)).with_columns(_AS_TEXT)
        carried = known.height
        plan = pl.concat([known.lazy(), plan])
    group = numbering.of("session_id") * TEXTS + numbering.of("page")
    clicks = computed(plan.with_columns(_ARRIVED, group=group, store_no=numbering.of("store_id")))
    before = _count_before(clicks, carried)
    is_rage = before >= ENOUGH
    newly = is_rage[:carried] & (clicks["before"].to_numpy()[:carried] < ENOUGH)
    rage = np.zeros_like(is_click)
    rage[is_click] = is_rage[carried:]
    clicks = clicks.with_columns(before=pl.Series(np.minimum(before, ENOUGH).astype(np.uint8)))
    earlier = clicks.head(carried).filter(pl.Series(newly)) if newly.any() else pl.DataFrame()
    return RageClicks(rage, earlier, _carry_of(clicks))


def _count_before(clicks: pl.DataFrame, carried: int) -> npt.NDArray[np.int64]:
    """How many clicks go before each; among the `carried` first ones that was counted, up to
    ENOUGH."""
    # A stable sort keeps the partition's order within each group, which now lies together.
    order: _Rows = np.argsort(clicks["group"].to_numpy(), kind="stable")
    group, store, occurred, arrived = (
        clicks[name].cast(pl.Int64).to_numpy()[order]
        for name in ("group", "store_no", "occurred_at", "arrived_at")
    )
    # As floats, since the square of a page's height does not fit 32 bits; nothing is near to what
    # is missing, since that is no number then.
    x, y = (clicks[name].cast(pl.Float64).to_numpy()[order] for name in ("x", "y"))
    before = np.zeros(len(order), dtype=np.int64)
    later = np.flatnonzero(order >= carried)
    ranks: npt.NDArray[np.int64] | None = None
    for lag in range(1, MOST_OF_A_PAGE + 1):
        later = later[later >= lag]
        later = later[
            (group[later] == group[later - lag])
            & (arrived[later] - arrived[later - lag] <= ARRIVED_WITHIN_MS)
        ]
        if not len(later):
            break
        i = later[np.abs(occurred[later] - occurred[later - lag]) <= WITHIN_MS]
        j = i - lag
        near = (
            ((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= RADIUS_PX**2)
            & (store[i] == store[j])
            & (order[i] - order[j] <= MOST_CARRIED)
        )
        i, j = i[near], j[near]
        if not len(i):
            continue
        follows = occurred[i] > occurred[j]
        if (tied := occurred[i] == occurred[j]).any():
            if ranks is None:
                ranks = clicks["event_id"].rank("dense").to_numpy().astype(np.int64)[order]
            follows |= tied & (ranks[i] > ranks[j])
        np.add.at(before, np.where(follows, i, j), 1)
    counted = clicks["before"].to_numpy().astype(np.int64)
    counted[order] += before
    return counted


def _carry_of(clicks: pl.DataFrame) -> bytes:
    """The clicks that one that arrives next could see, as they travel to the next slice."""
    oldest = pl.col("arrived_at").last() - pl.duration(milliseconds=ARRIVED_WITHIN_MS)
    plan = clicks.lazy().select(_CARRIED).filter(pl.col("arrived_at") >= oldest)
    kept = computed(plan.tail(MOST_CARRIED).with_columns(_REPEATED))
    out = BytesIO()
    kept.write_ipc_stream(out, compression="zstd")
    return out.getvalue()
