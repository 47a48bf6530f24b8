"""Which reducer serves which stream. A new stream adds its line here and nothing else in agents."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from storepulse.streams.activity import rollup as activity
from storepulse.streams.cart import rollup as cart
from storepulse.streams.heatmap import rollup as heatmap
from storepulse.streams.landing import rollup as landing
from storepulse.streams.reduction import Reduction

#: Fresh events in offset order, and what the slice before left to know; no I/O, no clock.
Reducer = Callable[[pl.DataFrame, bytes | None], Reduction]

REDUCERS: dict[str, Reducer] = {
    "activity": activity.reduce,
    "heatmap": heatmap.reduce,
    "cart": cart.reduce,
    "landing": landing.reduce,
}
