"""What must arrive in order: the events of one order, else of one session."""

from __future__ import annotations

import polars as pl

from storepulse.streams.registry import STREAMS

#: What is sent first, as a number in the queue.
PRIORITIES = {"high": 0, "normal": 1, "low": 2}


def ordering_key(stream: str) -> pl.Expr:
    """The key of each event, text; null where nothing ties it to another event.

    The prefix keeps an order and a session of the same name apart. Keys carry the store, since
    shops number their orders alike.
    """
    session = pl.format("{}:session:{}", pl.col("store_id").cast(pl.String), pl.col("session_id"))
    order = STREAMS[stream].order_field
    if order is None:
        return session.alias("ordering_key")
    of_order = pl.format("{}:order:{}", pl.col("store_id").cast(pl.String), pl.col(order))
    return pl.coalesce(of_order, session).alias("ordering_key")
