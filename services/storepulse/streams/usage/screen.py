"""Column conditions for usage records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.domain.plans import METER_CHARACTERS, METER_TEXT, PATHS
from storepulse.streams.screen import is_not, is_outside, is_present

#: Larger ones are judged one by one.
_PLAIN_QUANTITY = 10**11
_OF_OTHER_STREAMS = (
    "order_id", "name", "customer_id", "email_hash", "items", "view_id",
)  # fmt: skip


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    return [
        is_not("meter", f"^{METER_TEXT}$", METER_CHARACTERS),
        pl.col("meter").is_in(list(PATHS)),
        is_outside("quantity", _PLAIN_QUANTITY),
        pl.any_horizontal(is_present(*_OF_OTHER_STREAMS)),
    ]
