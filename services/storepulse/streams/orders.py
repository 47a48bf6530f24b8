"""Orders: all tellings of an order, from any stream, become one row of the table `orders`.

A telling is an event that reports an order. Tellings are joined by their number (`order_tellings`),
and an order is made from all of its numbers: its own and those that the shop gives as its names.
Each column is the minimum or maximum of its tellings in a total order. So tellings may arrive in
any order, repeatedly and in any slices, with the same result. A word is the text
`trust:time:event id:stream` and compares by its parts: a report with a secret key (trust 1) beats a
browser's (trust 0), then the latest counts. The currency belongs to the amount, and
`items_currency` to the items, whatever other tellings name. The statements are in `orders.sql`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from storepulse.streams.order_numbers import NUMBER_TEXT, PLACEHOLDER_TEXT

#: Frames: one row per number, one row per refund, and the numbers that changed. The statements of
#: the last one recompute the orders of these numbers.
TELLINGS = "order_tellings"
REFUNDS = "order_refunds"
ORDERS = "orders"
#: Kinds of tellings; each one outranks those before it.
KINDS = ("created", "paid", "refunded", "cancelled")

#: Columns that the greatest word decides: column -> its word.
_BY_WORD = {
    "items": "items_word",
    "session_id": "session_word",
    "visitor_id": "visitor_word",
    "customer_id": "customer_word",
    "email_hash": "email_word",
    "order_name": "name_word",
    "channel": "channel_word",
}
#: Columns of tellings that some streams lack.
_OPTIONAL: dict[str, pl.DataType] = {
    "landing_page_id": pl.String(),
    "campaign_id": pl.String(),
    "product_id": pl.String(),
    "product_name": pl.String(),
    "quantity": pl.Int32(),
    "items": pl.String(),
    "order_name": pl.String(),
    "channel": pl.String(),
    "refunded": pl.Decimal(18, 4),
    "refund_id": pl.String(),
    "refund_value": pl.Decimal(18, 4),
    "customer_id": pl.String(),
    "email_hash": pl.String(),
}
#: Columns of streams that report an order's own time besides the event's.
_ORDERED = ("ordered_at", "ordered_day")
_IS_OWN = "1"


def tellings_of(fresh: pl.DataFrame, kind: pl.Expr, stream: str) -> pl.LazyFrame:
    """Return the events of a slice that report an order, with `number`, `word` and `kind`.

    `kind` is one of KINDS, null if the event reports no order. `fresh` has the column `day`, and
    `ordered_day` besides `ordered_at`. Columns that the stream lacks are null.
    """
    absent = [name for name in _OPTIONAL if name not in fresh.columns]
    told = (
        fresh.lazy()
        .with_columns(kind.cast(pl.Enum(KINDS)).alias("kind"))
        .filter((pl.col("order_id").fill_null("") != "") & pl.col("kind").is_not_null())
        .with_columns(pl.lit(None, _OPTIONAL[name]).alias(name) for name in absent)
        .with_columns(
            number_of(pl.col("order_id")).alias("number"),
            trust=pl.col("source").cast(pl.String).is_in(["server", "import"]),
        )
    )
    if _ORDERED[0] in fresh.columns:
        is_earlier = (pl.col("ordered_at") < pl.col("occurred_at")).fill_null(value=False)
        told = told.with_columns(
            counted_at=pl.when(is_earlier).then("ordered_at").otherwise("occurred_at"),
            day=pl.when(is_earlier).then("ordered_day").otherwise("day"),
        )
    else:
        told = told.with_columns(counted_at=pl.col("occurred_at"))
    return told.with_columns(word=_word_of("occurred_at", stream, "trust")).with_columns(
        first=_word_of("counted_at", stream)
    )


def without_placeholders(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the events without placeholders in these columns of order numbers.

    See `order_numbers.is_order_number`. The gateway drops placeholders. Programs that write to
    Kafka directly may still send them, and so did earlier versions of the gateway.
    """
    for name in columns:
        numbers = frame[name]
        if numbers.null_count() == frame.height:
            continue
        is_none = numbers.str.contains(PLACEHOLDER_TEXT)
        if is_none.any():
            frame = frame.with_columns(pl.when(~is_none).then(pl.col(name)).alias(name))
    return frame


def number_of(number: pl.Expr) -> pl.Expr:
    """Return order numbers in the form for comparison: `order_numbers.bare_number` of each."""
    return pl.coalesce(number.str.extract(NUMBER_TEXT, 1), number)


def numbers_of(tellings: pl.LazyFrame, *, has_names: bool) -> pl.LazyFrame:
    """Return one row per number: what its tellings report, or that it is a name of an order."""
    is_refund = pl.col("kind") == "refunded"
    rows = tellings.with_columns(
        items=pl.when(~is_refund).then("items"),
        named_order=pl.when(pl.col("order_name").is_not_null()).then("number"),
        named_word=pl.when(pl.col("order_name").is_not_null()).then(pl.lit(_IS_OWN)),
    )
    if has_names:
        names = tellings.select(
            "store_id",
            number_of(pl.col("order_name")).alias("number"),
            named_order=pl.col("number"),
            named_word=pl.lit("0:") + pl.col("word"),
        ).filter(pl.col("number") != pl.col("named_order"))
        rows = pl.concat([rows, names], how="diagonal")
    named_by = pl.col("named_word")
    return (
        rows.group_by("store_id", "number")
        .agg(
            pl.col("named_order")
            .filter(named_by.is_not_null())
            .sort_by(_said_of("named_word"))
            .last(),
            named_by.max(),
            *_first_told(),
            *_best_of("amount", "value"),
            _of_best("currency", "value"),
            *(part for name in _BY_WORD for part in _best_of(name, name)),
            _of_best("currency", "items").alias("items_currency"),
            pl.col("refunded").max(),
            pl.col("kind").max().cast(pl.String).alias("status"),
            pl.col("counted_at").filter("trust").min().alias("told_at"),
            pl.col("counted_at").filter(~pl.col("trust")).min().alias("seen_at"),
            pl.col("is_bot").min(),
        )
        .with_columns(order_id=pl.coalesce("named_order", "number"))
    )


def refunds_of(tellings: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row per refund in the tellings; its greatest word counts."""
    return (
        tellings.filter(pl.col("refund_id").is_not_null() & pl.col("refund_value").is_not_null())
        .sort("word")
        .unique(("store_id", "number", "refund_id"), keep="last")
        .select(
            "store_id", "number", "refund_id", pl.col("refund_value").alias("amount"), "currency",
            "items", "word",
        )
    )  # fmt: skip


def _word_of(time: str, stream: str, *before: str) -> pl.Expr:
    trust = [pl.col(name).cast(pl.Int8) for name in before]
    padded = pl.col(time).dt.epoch("ms").cast(pl.String).str.zfill(15)
    event = pl.col("event_id").cast(pl.String)
    return pl.concat_str(*trust, padded, event, pl.lit(stream), separator=":")


def _first_told() -> list[pl.Expr]:
    first = pl.col("first")
    placed = [
        part
        for name, word in (("landing_page_id", "landing_word"), ("campaign_id", "campaign_word"))
        for part in (
            pl.col(name).filter(_is_said(name)).sort_by(first.filter(_is_said(name))).first(),
            first.filter(_is_said(name)).min().alias(word),
        )
    ]
    return [
        pl.col("counted_at").min(),
        # Null for a number that occurs only as the name of another order.
        pl.col("day").filter(_is_said("first")).sort_by(first.filter(_is_said("first"))).first(),
        first.min().alias("first_word"),
        *placed,
    ]


def _best_of(name: str, column: str) -> list[pl.Expr]:
    """Return the value of the greatest word with a value, and that word."""
    word = pl.col("word").filter(_is_said(column)).max()
    return [_of_best(column, column).alias(name), word.alias(_BY_WORD.get(name, f"{name}_word"))]


def _of_best(name: str, column: str) -> pl.Expr:
    """Return the value of `name` at the greatest word that has a value of `column`."""
    said = _is_said(column)
    return pl.col(name).filter(said).sort_by(pl.col("word").filter(said)).last()


def _said_of(column: str) -> pl.Expr:
    return pl.col(column).filter(_is_said(column))


def _is_said(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()
