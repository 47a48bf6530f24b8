"""Orders: every telling of an order, by whichever stream, becomes one row of the table `orders`.

Each column is the least or the greatest of its tellings by a total order, so tellings may come in
any order, any number of times and in any slices: the row ends alike. A word is the text
`trust:time:event id:stream`, and compares as its parts do. What a secret key says (trust 1) stands
above what a browser says (trust 0); then the latest counts. The currency goes with the amount, and
`items_currency` with the items, whoever else names one. The upsert is in `orders.sql`.
"""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

#: The statement and the staged table of tellings.
ORDERS = "orders"
Kind = Literal["created", "paid", "refunded", "cancelled"]
#: The later one stays.
_STATUS = pl.Enum(get_args(Kind))

#: What is told by the best word: column -> its word.
_BY_WORD = {
    "items": "items_word",
    "session_id": "session_word",
    "visitor_id": "visitor_word",
    "customer_id": "customer_word",
    "email_hash": "email_word",
}
#: Columns of tellings that not every stream has.
_OPTIONAL = {
    "landing_page_id": pl.String(),
    "campaign_id": pl.String(),
    "product_id": pl.String(),
    "product_name": pl.String(),
    "quantity": pl.Int32(),
}


def tellings_of(fresh: pl.DataFrame, is_telling: pl.Expr, stream: str) -> pl.LazyFrame:
    """The events of a slice that tell of an order, each with its `word`.

    `fresh` has the column `day`; columns of an order that the stream does not have are null.
    """
    absent = [name for name in _OPTIONAL if name not in fresh.columns]
    return (
        fresh.lazy()
        .filter((pl.col("order_id").fill_null("") != "") & is_telling)
        .with_columns(
            _word_of(stream), *(pl.lit(None, _OPTIONAL[name]).alias(name) for name in absent)
        )
        .with_columns(first=pl.col("word").str.slice(2))
    )


def orders_of(tellings: pl.LazyFrame, kind: Kind | pl.Expr) -> pl.LazyFrame:
    """One row for each order of the tellings, of one kind or each of the kind that `kind` says."""
    status = pl.lit(kind) if isinstance(kind, str) else kind
    return tellings.group_by("store_id", "order_id").agg(
        *_first_told(),
        *_best_of("amount", "value"),
        _of_best("currency", "value"),
        *(part for name in _BY_WORD for part in _best_of(name, name)),
        _of_best("currency", "items").alias("items_currency"),
        pl.col("is_bot").all(),
        status.cast(_STATUS).max().cast(pl.String).alias("status"),
    )


def _word_of(stream: str) -> pl.Expr:
    trust = pl.col("source").cast(pl.String).is_in(["server", "import"]).cast(pl.Int8)
    time = pl.col("occurred_at").dt.epoch("ms").cast(pl.String).str.zfill(15)
    event = pl.col("event_id").cast(pl.String)
    return pl.concat_str(trust, time, event, pl.lit(stream), separator=":").alias("word")


def _first_told() -> list[pl.Expr]:
    named, credited = (pl.col(n).is_not_null() for n in ("landing_page_id", "campaign_id"))
    by_time, by_credit = (pl.col("first").filter(told) for told in (named, credited))
    return [
        pl.col("occurred_at").min().alias("counted_at"),
        pl.col("day").sort_by("first").first(),
        pl.col("first").min().alias("first_word"),
        *(
            pl.col(name).filter(named).sort_by(by_time).first()
            for name in ("landing_page_id", "campaign_id")
        ),
        by_time.min().alias("landing_word"),
        pl.col("campaign_id")
        .filter(credited)
        .sort_by(by_credit)
        .first()
        .alias("credited_campaign_id"),
        by_credit.min().alias("credited_word"),
    ]


def _best_of(name: str, column: str) -> list[pl.Expr]:
    """The value of the greatest word that says one, and that word."""
    word = pl.col("word").filter(pl.col(column).is_not_null()).max()
    return [_of_best(column, column).alias(name), word.alias(_BY_WORD.get(name, f"{name}_word"))]


def _of_best(name: str, column: str) -> pl.Expr:
    """The value that goes with the greatest word that says something of `column`."""
    said = pl.col(column).is_not_null()
    return pl.col(name).filter(said).sort_by(pl.col("word").filter(said)).last()
