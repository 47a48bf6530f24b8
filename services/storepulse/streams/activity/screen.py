"""Column conditions for activity records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.streams.beacon import URL_CHARACTERS
from storepulse.streams.screen import (
    ID_BYTES,
    REFERRER,
    URL,
    is_no_email_hash,
    is_no_money,
    is_no_order_number,
    is_no_plain_lines,
    is_no_text,
    is_no_view,
    is_not,
    is_untrimmed,
)


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    return [
        is_not("page_url", URL, URL_CHARACTERS),
        is_not("referrer", REFERRER, URL_CHARACTERS),
        is_no_text("product_id", ID_BYTES),
        is_no_text("product_name", 1000),
        is_no_text("search_query", 512),
        pl.col("quantity") < 0,
        *is_no_money(),
        *(is_no_text(name, ID_BYTES) for name in ("order_id", "name", "customer_id")),
        *(is_untrimmed(name) for name in ("order_id", "customer_id")),
        is_no_email_hash(),
        is_no_order_number("order_id"),
        is_no_plain_lines(),
        is_no_view(),
    ]
