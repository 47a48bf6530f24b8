"""Column conditions for bot records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.streams.beacon import URL_CHARACTERS
from storepulse.streams.bot.beacon import TEXT_CHARACTERS
from storepulse.streams.screen import (
    ID_BYTES,
    URL,
    is_no_email_hash,
    is_no_text,
    is_not,
    is_present,
    is_untrimmed,
)

#: At most 18 digits: longer numbers may exceed 64 bits.
_CLIENT = r"^(?:0|-?[1-9][0-9]{0,17})$"


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    return [
        is_not("client_id", _CLIENT, 19),
        *(is_no_text(name, ID_BYTES) for name in ("persona", "story", "name", "customer_id")),
        is_untrimmed("customer_id"),
        is_no_text("text", TEXT_CHARACTERS),
        is_not("image_url", URL, URL_CHARACTERS),
        is_no_email_hash(),
        pl.any_horizontal(is_present("order_id", "items", "view_id")),
    ]
