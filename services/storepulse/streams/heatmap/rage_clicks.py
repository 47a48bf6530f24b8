"""Rage clicks: the third and later of clicks that come fast and close together.

A rage click follows two other clicks of its session on its page within 30 px and 1 s; all three
were received, and arrived, within 2 s. "Follows" is the order of the partition, so the answer does
not depend on how the partition was cut into slices: the last two clicks of each session travel in
the carry, as long as a click that arrives now could still complete them. A click arrives at the
latest time of receipt that the partition has seen up to it: that never goes back, as times of
receipt do where gateways' clocks differ or spooled events come after newer ones.

Clicks from the keyboard, which are at (0, 0), and on elements that people click in series are left
out: they neither are rage clicks nor make others so.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import polars as pl

from storepulse.domain.event_keys import Mask
from storepulse.streams.heatmap.numbering import Numbering
from storepulse.streams.reduction import computed

RADIUS_PX = 30
WITHIN_MS = 1_000
RECEIVED_WITHIN_MS = 2_000
#: More rows than this travel only while a clock that is far ahead lets nothing grow old.
MOST_CARRIED = 20_000

_CARRIED = [
    "store_id", "session_id", "page", "x", "y", "occurred_at", "received_at", "arrived_at",
]  # fmt: skip
_IS_CLICK = pl.col("kind") == "click"
_FROM_KEYBOARD = (pl.col("x") == 0) & (pl.col("y") == 0)
_ARRIVED = pl.col("arrived_at").cum_max()


def find_rage_clicks(
    events: pl.DataFrame, numbering: Numbering, carry: bytes | None, in_series: pl.Series
) -> tuple[Mask, bytes | None]:
    """Which of a slice's events, in offset order, are rage clicks; and the carry to the next slice.

    The events have, beside their fields and `page`, numbers of `numbering`: `session_no` of store
    and session, `page_no` of store and page, `element_no` of the selector; `in_series` are the
    numbers of elements that are clicked in series.
    """
    judged = _IS_CLICK & ~_FROM_KEYBOARD.fill_null(value=False)
    if in_series.len():
        judged &= ~pl.col("element_no").is_in(in_series.implode())
    is_click = events.select(judged).to_series().to_numpy()
    if not is_click.any():
        return is_click, carry
    plan = events.lazy().filter(judged).with_columns(arrived_at="received_at")
    plan = plan.select(*_CARRIED, "session_no", "page_no")
    if carry:
        store_no = numbering.of("store_id")
        before = _read(carry).select(
            *_CARRIED,
            session_no=numbering.number_within(store_no, "session_id"),
            page_no=numbering.number_within(store_no, "page"),
        )
        plan = pl.concat([before.lazy(), plan])
    clicks = computed(plan.with_columns(_ARRIVED))
    rage, still_open = _find_rage(clicks)
    rage_clicks = np.zeros_like(is_click)
    rage_clicks[is_click] = rage[-is_click.sum() :]
    return rage_clicks, _write(clicks.select(_CARRIED).filter(still_open).tail(MOST_CARRIED))


def _find_rage(clicks: pl.DataFrame) -> tuple[Mask, Mask]:
    """Which clicks are rage clicks, and which a click that comes next may follow."""
    # A stable sort keeps the partition's order within each session, which now lies together.
    order = np.argsort(clicks["session_no"].to_numpy(), kind="stable")
    session, page, occurred, received, arrived = (
        clicks[name].cast(pl.Int64).to_numpy()[order]
        for name in ("session_no", "page_no", "occurred_at", "received_at", "arrived_at")
    )
    # As floats, since the square of a page's height does not fit 32 bits; nothing is near to what
    # is missing, since that is no number then.
    x, y = (clicks[name].cast(pl.Float64).to_numpy()[order] for name in ("x", "y"))

    def is_near(n: int) -> Mask:
        """Of each click but the first n, whether the n-th before it is near in place and time."""
        mask: Mask = (
            (session[n:] == session[:-n])
            & (page[n:] == page[:-n])
            & ((x[n:] - x[:-n]) ** 2 + (y[n:] - y[:-n]) ** 2 <= RADIUS_PX**2)
            & (np.abs(occurred[n:] - occurred[:-n]) <= WITHIN_MS)
            & (np.abs(received[n:] - received[:-n]) <= RECEIVED_WITHIN_MS)
            & (arrived[n:] - arrived[:-n] <= RECEIVED_WITHIN_MS)
        )
        return mask

    rage, still_open = np.zeros(len(order), dtype=np.bool_), np.empty(len(order), dtype=np.bool_)
    rage[order[2:]] = is_near(1)[1:] & is_near(2)
    still_open[order] = arrived >= arrived.max() - RECEIVED_WITHIN_MS
    still_open[order[:-2]] &= session[2:] != session[:-2]
    return rage, still_open


def _write(still_open: pl.DataFrame) -> bytes:
    """Clicks as they travel to the next slice."""
    out = BytesIO()
    still_open.write_ipc_stream(out, compression="zstd")
    return out.getvalue()


def _read(carry: bytes) -> pl.DataFrame:
    if not carry.startswith(b"ARROW1"):
        return pl.read_ipc_stream(BytesIO(carry))
    # Written before it was a stream, which takes a tenth of the time; first, without that column.
    known = pl.read_ipc(BytesIO(carry))
    if "arrived_at" in known.columns:
        return known
    return known.with_columns(arrived_at="received_at")
