"""Orders: every telling of an order, by whichever stream, becomes one row of the table `orders`.

Each column is the least or the greatest of its tellings by a total order, so tellings may come in
any order, any number of times and in any slices: the row ends alike. A word is the text
`trust:time:event id:stream`, and compares as its parts do. What a secret key says (trust 1) stands
above what a browser says (trust 0); then the latest counts. The upsert is in `orders.sql`.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

#: The statement and the staged table of tellings.
ORDERS = "orders"
Kind = Literal["created", "paid", "refunded", "cancelled"]

#: What is told by the best word: column -> its word.
_BY_WORD = {
    "items": "items_word",
    "session_id": "session_word",
    "visitor_id": "visitor_word",
    "customer_id": "customer_word",
    "email_hash": "email_word",
}
_KEY = ("store_id", "order_id")
_IS_BOT = pl.col("is_bot").all()


def orders_of(fresh: pl.DataFrame, tellings: pl.Expr, stream: str, kind: Kind) -> pl.LazyFrame:
    """One row for each order of a slice. `tellings`: which of the events tell of an order.

    `fresh` has the column `day`; columns of an order that the stream does not have are null.
    """
    named = (pl.col("order_id").fill_null("") != "") & tellings
    return (
        fresh.lazy()
        .with_columns(
            pl.lit(None, pl.String).alias(name)
            for name in ("landing_page_id", "campaign_id")
            if name not in fresh.columns
        )
        .filter(named)
        .with_columns(_word_of(stream))
        .with_columns(first=pl.col("word").str.slice(2))
        .group_by(_KEY)
        .agg(
            *_first_told(),
            *_best_of("amount", "value"),
            *_currency_of(),
            *_others_said(),
            pl.col("is_bot").all(),
        )
        .with_columns(status=pl.lit(kind))
    )


def _word_of(stream: str) -> pl.Expr:
    trust = pl.col("source").cast(pl.String).is_in(["server", "import"]).cast(pl.Int8)
    time = pl.col("occurred_at").dt.epoch("ms").cast(pl.String).str.zfill(15)
    event = pl.col("event_id").cast(pl.String)
    return pl.concat_str(trust, time, event, pl.lit(stream), separator=":").alias("word")


def _first_told() -> list[pl.Expr]:
    named = pl.col("landing_page_id").is_not_null()
    by_time = pl.col("first").filter(named)
    return [
        pl.col("occurred_at").min().alias("counted_at"),
        pl.col("day").min(),
        pl.col("first").min().alias("first_word"),
        *(
            pl.col(name).filter(named).sort_by(by_time).first()
            for name in ("landing_page_id", "campaign_id")
        ),
        by_time.min().alias("landing_word"),
    ]


def _best_of(name: str, column: str) -> list[pl.Expr]:
    """The value of the greatest word that says one, and that word."""
    said = pl.col(column).is_not_null()
    words = pl.col("word").filter(said)
    return [
        pl.col(column).filter(said).sort_by(words).last().alias(name),
        words.max().alias(_BY_WORD.get(name, f"{name}_word")),
    ]


def _currency_of() -> list[pl.Expr]:
    """The currency goes with the amount, whoever else names one."""
    said = pl.col("value").is_not_null()
    words = pl.col("word").filter(said)
    return [pl.col("currency").filter(said).sort_by(words).last()]


def _others_said() -> list[pl.Expr]:
    return [part for name in _BY_WORD for part in _best_of(name, name)]
