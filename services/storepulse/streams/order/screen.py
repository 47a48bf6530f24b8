"""Column conditions for order records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.domain.currencies import ABSURD
from storepulse.streams.order.beacon import CALENDAR, CHANNEL_CHARACTERS
from storepulse.streams.order_numbers import NUMBER_TEXT
from storepulse.streams.screen import (
    ID_BYTES,
    is_no_email_hash,
    is_no_money,
    is_no_order_number,
    is_no_plain_lines,
    is_no_text,
    is_present,
    is_untrimmed,
)

_IDS = ("order_id", "order_name", "refund_id", "landing_page_id", "campaign_id", "customer_id")


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    is_refund = pl.col("event_type").cast(pl.String) == "refunded"
    has_id, has_value, has_total, has_items = is_present(
        "refund_id", "refund_value", "refunded", "items"
    )
    ordered = pl.col("ordered_at").dt.timestamp("ms")
    return [
        *(is_no_text(name, ID_BYTES) for name in _IDS),
        *(is_untrimmed(name) for name in _IDS),
        pl.col("order_id").str.contains(NUMBER_TEXT),
        *(is_no_order_number(name) for name in ("order_id", "order_name", "refund_id")),
        ~ordered.is_between(*CALENDAR, closed="left"),
        *is_no_money(),
        *(
            ~pl.col(name).is_between(0, ABSURD, closed="left")
            for name in ("refunded", "refund_value")
        ),
        is_no_text("channel", CHANNEL_CHARACTERS),
        is_no_email_hash(),
        is_no_plain_lines(),
        pl.when(is_refund)
        .then(pl.when(has_id).then(~has_value).otherwise(has_value | has_items | ~has_total))
        .otherwise(has_id | has_value),
        pl.any_horizontal(is_present("name", "view_id")),
    ]
