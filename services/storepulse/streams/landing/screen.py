"""Column conditions for landing records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.streams.beacon import folded_type
from storepulse.streams.landing.beacon import KNOWN_TYPES
from storepulse.streams.screen import (
    ID_BYTES,
    folded_name,
    is_no_money,
    is_no_order_number,
    is_no_plain_lines,
    is_no_text,
    is_no_view,
    is_not,
    is_present,
    is_untrimmed,
)

_EVENT_NAME = r"^[A-Za-z0-9 _.-]+$"
_LANDING_PAGE = r"^[A-Za-z0-9_.~:-]+$"


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    kind = pl.col("event_type").cast(pl.String)
    name, folded_kind = folded_name(pl.col("event_name")), folded_name(kind)
    is_purchase = kind == "Purchase"
    plain = pl.when(kind == "Custom").then(
        ~name.is_in([folded_type(known) for known in KNOWN_TYPES])
    )
    return [
        is_not("event_name", _EVENT_NAME, 64),
        ~plain.otherwise(name == folded_kind),
        is_not("landing_page_id", _LANDING_PAGE, 128),
        pl.col("landing_page_id").is_in([".", ".."]),
        is_no_text("campaign_id", ID_BYTES),
        is_no_text("order_id", ID_BYTES),
        is_no_text("customer_id", ID_BYTES),
        *(is_untrimmed(name) for name in ("order_id", "customer_id")),
        is_no_order_number("order_id"),
        is_no_plain_lines(),
        is_no_view(),
        pl.any_horizontal(is_present("name", "email_hash")),
        is_no_text("screen_resolution", 64),
        *is_no_money(),
        ~is_purchase & pl.any_horizontal(is_present("value", "currency")),
    ]
