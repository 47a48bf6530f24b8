"""What the purchases of one slice tell: of orders, of their lines, of products sold without one."""

from __future__ import annotations

import polars as pl

from storepulse.streams.orders import ORDERS, orders_of, tellings_of
from storepulse.streams.products import (
    ORDER_LINES,
    PRODUCT_SALES,
    has_values,
    order_lines_of,
    product_sales_of,
)


def purchase_plans(
    fresh: pl.DataFrame, is_purchase: pl.Expr, stream: str
) -> dict[str, pl.LazyFrame]:
    """Plans by statement, in the order of execution; `fresh` has the column `day`.

    A plan costs as much as some hundred events: what no event can tell of has none.
    """
    plans: dict[str, pl.LazyFrame] = {}
    if has_values(fresh, "order_id"):
        told = tellings_of(fresh, is_purchase, stream)
        plans |= {ORDERS: orders_of(told, "paid"), ORDER_LINES: order_lines_of(told)}
    sales = product_sales_of(fresh, is_purchase)
    return plans if sales is None else plans | {PRODUCT_SALES: sales}
