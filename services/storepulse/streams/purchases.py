"""What the events of one slice tell: of orders, of their refunds and products, of products sold
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
    """Plans by statement, in the order of execution, of a stream whose purchases are paid orders;
    `fresh` has the column `day`.

    A plan costs as much as some hundred events: what no event can tell of has none.
    """
    kind = pl.when(is_purchase).then(pl.lit("paid"))
    plans = order_plans(fresh, kind, stream)
    sales = product_sales_of(fresh, is_purchase)
    return plans if sales is None else plans | {PRODUCT_SALES: sales}


def order_plans(fresh: pl.DataFrame, kind: pl.Expr, stream: str) -> dict[str, pl.LazyFrame]:
    """Plans by statement, in the order of execution, of what events tell of orders.

    `kind` is what the event tells: created, paid, refunded, cancelled, or null for nothing. Of a
    refund `items` are what came back.
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
