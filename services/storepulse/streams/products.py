"""What was bought, by product, according to the purchases of one slice.

An order's lines are its items. If no telling of it has items, each product that a purchase of it
names is a line, by the greatest word for that product: `quantity` units, one if it is missing, for
`value`. A purchase without an order counts on its own, in the same way.
"""

from __future__ import annotations

from typing import Any

import polars as pl

#: Statements: the first one runs between those of tellings and of orders.
ORDER_PRODUCTS = "order_products"
PRODUCT_SALES = "product_sales_daily"

_LINES = pl.List(
    pl.Struct(
        {"product_id": pl.String, "name": pl.String, "quantity": pl.Int64, "price": pl.String}
    )
)
_MONEY = pl.Decimal(38, 4)
_OF_EVENT = ("store_id", "day", "currency", "is_bot")
_SALE = (*_OF_EVENT, "product_id", "name", "purchases", "units", "revenue")
_BY_ITSELF: dict[str, Any] = {
    "name": pl.col("product_name"),
    "units": pl.col("quantity").fill_null(1).cast(pl.Int64),
    "revenue": pl.col("value").fill_null(0).cast(_MONEY),
    "currency": pl.col("currency").fill_null(""),
}


def order_products_of(tellings: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row per number of the tellings and product that a purchase without items names."""
    key = ("store_id", "number", "product_id")
    return (
        tellings.filter(
            pl.col("product_id").is_not_null()
            & pl.col("items").is_null()
            & (pl.col("kind") == "paid")
        )
        .select(*key, "word", **_BY_ITSELF)
        .sort("word")
        .unique(key, keep="last")
    )


def product_sales_of(fresh: pl.DataFrame, is_purchase: pl.Expr) -> pl.LazyFrame | None:
    """Return sales by day of the slice's purchases without an order; None if no event names a
    product."""
    purchases = fresh.lazy().filter(is_purchase & (pl.col("order_id").fill_null("") == ""))
    parts = []
    if has_values(fresh, "product_id"):
        parts.append(_sales_of_products(purchases))
    if has_values(fresh, "items"):
        parts.append(_sales_of_lists(purchases))
    if not parts:
        return None
    return (
        pl.concat(parts)
        .group_by(*_OF_EVENT, "product_id")
        .agg(pl.col("name").max(), pl.col("purchases", "units", "revenue").sum())
    )


def has_values(fresh: pl.DataFrame, column: str) -> bool:
    """Whether a slice has the column, with any value in it."""
    return column in fresh.columns and fresh[column].null_count() < fresh.height


def _sales_of_products(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """Return sales of purchases of one product without a list of items."""
    return (
        purchases.filter(pl.col("product_id").is_not_null() & pl.col("items").is_null())
        .with_columns(**_BY_ITSELF, purchases=pl.lit(1, pl.Int64))
        .select(_SALE)
    )


def _sales_of_lists(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """Return sales of purchases with a list: each counts once per product, whatever its lines."""
    revenue = pl.col("price").cast(_MONEY) * pl.col("quantity")
    return (
        purchases.filter(pl.col("items").is_not_null())
        .select(
            "store_id",
            "day",
            "is_bot",
            pl.col("currency").fill_null(""),
            pl.col("items").str.json_decode(_LINES),
        )
        .with_row_index("purchase")
        .explode("items")
        .unnest("items")
        .group_by("purchase", *_OF_EVENT, "product_id")
        .agg(
            pl.col("name").max(),
            purchases=pl.lit(1, pl.Int64),
            units=pl.col("quantity").sum(),
            revenue=revenue.sum(),
        )
        .select(_SALE)
    )
