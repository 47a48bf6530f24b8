"""Plans for the orders, refunds and products in the events of one slice, and for products sold
without an order."""

from __future__ import annotations

import polars as pl

from storepulse.streams.orders import (
    ORDERS,
    REFUNDS,
    TELLINGS,
    numbers_of,
    refunds_of,
    tellings_of,
)
from storepulse.streams.products import (
    ORDER_PRODUCTS,
    PRODUCT_SALES,
    has_values,
    order_products_of,
    product_sales_of,
)
from storepulse.streams.reduction import computed


def purchase_plans(
    fresh: pl.DataFrame, is_purchase: pl.Expr, stream: str
) -> dict[str, pl.LazyFrame]:
    """Return plans by statement, in execution order, for a stream whose purchases are paid orders.

    `fresh` has the column `day`. A plan costs as much as some hundred events, so there are none for
    missing kinds of data.
    """
    kind = pl.when(is_purchase).then(pl.lit("paid"))
    plans = order_plans(fresh, kind, stream)
    sales = product_sales_of(fresh, is_purchase)
    return plans if sales is None else plans | {PRODUCT_SALES: sales}


def order_plans(fresh: pl.DataFrame, kind: pl.Expr, stream: str) -> dict[str, pl.LazyFrame]:
    """Return plans by statement, in execution order, for tellings of orders.

    `kind` is the telling: created, paid, refunded, cancelled, or null if there is none. The `items`
    of a refund are the returned ones.
    """
    if not has_values(fresh, "order_id"):
        return {}
    has_names = has_values(fresh, "order_name")
    told = tellings_of(fresh, kind, stream)
    numbers = computed(numbers_of(told, has_names=has_names)).lazy()
    plans = {TELLINGS: numbers}
    if has_values(fresh, "refund_id"):
        plans[REFUNDS] = refunds_of(told)
    if has_values(fresh, "product_id"):
        plans[ORDER_PRODUCTS] = order_products_of(told)
    return plans | {ORDERS: numbers.select("store_id", "number")}
