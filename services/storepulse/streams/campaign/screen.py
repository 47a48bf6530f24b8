"""Column conditions for campaign records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.streams.beacon import folded_type
from storepulse.streams.campaign.beacon import EVENT_NAME_TEXT, KNOWN_TYPES, START_PARAM_TEXT
from storepulse.streams.screen import (
    ID_BYTES,
    folded_name,
    is_no_email_hash,
    is_no_money,
    is_no_order_number,
    is_no_plain_lines,
    is_no_text,
    is_not,
    is_present,
    is_untrimmed,
)

_ID = r"^[A-Za-z0-9_.~:-]+$"
#: Longer ones are judged one by one.
_TELEGRAM_ID = r"^-?[1-9][0-9]{0,17}$"


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    kind = pl.col("event_type").cast(pl.String)
    name = folded_name(pl.col("event_name"))
    is_own = ~name.is_in([folded_type(known) for known in KNOWN_TYPES])
    return [
        is_not("event_name", f"^{EVENT_NAME_TEXT}$", 64),
        ~pl.when(kind == "Custom").then(is_own).otherwise(name == folded_name(kind)),
        *(is_not(column, _ID, 128) for column in ("campaign_id", "tracking_id")),
        pl.any_horizontal(pl.col("campaign_id", "tracking_id").is_in([".", ".."])),
        is_not("start_param", f"^{START_PARAM_TEXT}$", 64),
        is_not("telegram_id", _TELEGRAM_ID, 19),
        *(is_no_text(column, ID_BYTES) for column in ("order_id", "customer_id")),
        *(is_untrimmed(column) for column in ("order_id", "customer_id")),
        is_no_email_hash(),
        is_no_order_number("order_id"),
        is_no_plain_lines(),
        *is_no_money(),
        pl.any_horizontal(is_present("name", "view_id")),
    ]
