"""Rage clicks: the third and later of clicks that are fast and close together.

A click is a rage click if two or more clicks of its session on its page precede it within 1 s and
within 30 px. Precedence is by `occurred_at`, then by the event's id, not by the order of arrival: a
click may become a rage click through one that arrives later.

Two clicks are compared only if they are also close on the partition: they arrived within 60 s, at
most MOST_CARRIED clicks apart, and at most MOST_OF_A_PAGE clicks of their session and page apart.
A click's arrival time is the maximum time of receipt on the partition so far, which never
decreases. Times of receipt may decrease if gateways' clocks differ or spooled events come after
newer ones. So the result does not depend on how the partition was cut into slices, nor, within
these bounds, on the order of arrival. The carry contains the clicks that a new one could be
compared with.

Keyboard clicks, which are at (0, 0), and clicks on elements that people click in series are
ignored: they are not rage clicks and make no others so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from storepulse.domain.event_keys import Mask
from storepulse.streams.heatmap.carried_clicks import TEXTS, CarriedClicks, numbers_of

RADIUS_PX = 30
WITHIN_MS = 1_000
ARRIVED_WITHIN_MS = 60_000
#: The maximum of carried clicks: those of a minute at 300 a second on one partition.
MOST_CARRIED = 20_000
#: Bounds the work for a session with endless clicks.
MOST_OF_A_PAGE = 256
#: How many preceding clicks make a click a rage click.
ENOUGH = 2

_FROM_KEYBOARD = (pl.col("x") == 0) & (pl.col("y") == 0)
_IS_POINT = pl.col("x").is_not_null() & pl.col("y").is_not_null()
_JUDGED = ((pl.col("kind") == "click") & _IS_POINT & ~_FROM_KEYBOARD).fill_null(value=False)

_Rows = npt.NDArray[np.intp]


class RageClicks(NamedTuple):
    """`rage`: which of a slice's events are rage clicks.

    `earlier`: clicks of earlier slices that are rage clicks from now on. `carry`: for the next
    slice.
    """

    rage: Mask
    earlier: pl.DataFrame
    carry: bytes | None


def find_rage_clicks(events: pl.DataFrame, carry: bytes | None, in_series: pl.Series) -> RageClicks:
    """Find the rage clicks among a slice's events, which are in offset order.

    Besides their fields, the events have their `page` and `element_no`, a number of their selector.
    `in_series`: numbers of elements that are clicked in series.
    """
    judged = _JUDGED
    if in_series.len():
        judged &= ~pl.col("element_no").is_in(in_series.implode())
    is_click = events.select(judged).to_series()
    rage = np.zeros(events.height, dtype=np.bool_)
    if not is_click.any():
        return RageClicks(rage, pl.DataFrame(), carry)
    known = CarriedClicks.read(carry)
    clicks = events.filter(is_click)
    carried = known.numbers.height
    numbers = pl.concat([known.numbers, numbers_of(clicks)]).with_columns(
        pl.col("arrived").cum_max()
    )
    before = _count_before(numbers, carried)
    is_rage = before >= ENOUGH
    rage[is_click.to_numpy()] = is_rage[carried:]
    newly = is_rage[:carried] & (known.numbers["before"].to_numpy() < ENOUGH)
    earlier = known.select(pl.Series(newly)) if newly.any() else pl.DataFrame()
    numbers = numbers.with_columns(before=pl.Series(np.minimum(before, ENOUGH).astype(np.uint8)))
    texts = clicks.select(TEXTS).with_columns(pl.col("device").cast(pl.String))
    oldest = numbers["arrived"][-1] - ARRIVED_WITHIN_MS
    visible = numbers.height - int(numbers["arrived"].search_sorted(oldest))
    kept = known.extend(numbers, texts).keep_last(min(visible, MOST_CARRIED))
    return RageClicks(rage, earlier, kept.write())


def _count_before(clicks: pl.DataFrame, carried: int) -> npt.NDArray[np.int64]:
    """Return how many clicks precede each.

    Among the first `carried` clicks that was counted before, up to ENOUGH.
    """
    # Most groups have no new click.
    touched = clicks["group"].is_in(clicks["group"][carried:].unique().implode())
    at = touched.arg_true().to_numpy().astype(np.intp)
    # A stable sort keeps the partition's order within each group and makes groups contiguous.
    order: _Rows = at[np.argsort(clicks["group"].to_numpy()[at], kind="stable")]
    group, high, low, occurred, arrived = (
        clicks[name].to_numpy()[order]
        for name in ("group", "id_high", "id_low", "occurred", "arrived")
    )
    # Floats, because the square of a page's height does not fit into 32 bits.
    x, y = (clicks[name].cast(pl.Float64).to_numpy()[order] for name in ("x", "y"))
    before = np.zeros(len(order), dtype=np.int64)
    later = np.flatnonzero(order >= carried)
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
        near = ((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= RADIUS_PX**2) & (
            order[i] - order[j] <= MOST_CARRIED
        )
        i, j = i[near], j[near]
        is_greater = (high[i] > high[j]) | ((high[i] == high[j]) & (low[i] > low[j]))
        follows = (occurred[i] > occurred[j]) | ((occurred[i] == occurred[j]) & is_greater)
        np.add.at(before, np.where(follows, i, j), 1)
    counted = clicks["before"].to_numpy().astype(np.int64)
    counted[order] += before
    return counted
