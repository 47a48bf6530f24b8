"""Ordering keys: the events of one order, else of one session, must arrive in order."""

from __future__ import annotations

import polars as pl

from storepulse.streams.registry import STREAMS

#: Priorities as numbers in the queue; lower ones are sent first.
PRIORITIES = {"high": 0, "normal": 1, "low": 2}


def ordering_key(stream: str) -> pl.Expr:
    """The ordering key of each event, text; null if the event has neither order nor session.

    The prefix distinguishes an order from a session of the same name. Keys include the store,
    because shops use the same order numbers.
    """
    session = pl.format("{}:session:{}", pl.col("store_id").cast(pl.String), pl.col("session_id"))
    order = STREAMS[stream].order_field
    if order is None:
        return session.alias("ordering_key")
    of_order = pl.format("{}:order:{}", pl.col("store_id").cast(pl.String), pl.col(order))
    return pl.coalesce(of_order, session).alias("ordering_key")
