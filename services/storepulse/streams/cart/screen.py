"""Column conditions for cart records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.streams.beacon import URL_CHARACTERS
from storepulse.streams.cart.beacon import TITLE_CHARACTERS
from storepulse.streams.screen import (
    ID_BYTES,
    URL,
    is_no_email_hash,
    is_no_text,
    is_no_view,
    is_not,
    is_present,
)

_LABEL = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_DOMAIN = rf"^{_LABEL}(?:\.{_LABEL})+$"
_LONGEST_LABEL = 63
_EMAIL = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$"
_PUBLIC_ID = r"^cart-event-[0-9]{1,16}-[0-9a-z]{7}$"


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    pictures = ("generated_image_url", "person_image_url", "clothing_image_url")
    long_label = pl.col("store_name").str.contains(rf"[^.]{{{_LONGEST_LABEL + 1}}}")
    return [
        is_not("store_name", _DOMAIN, 253) | long_label,
        is_not("public_id", _PUBLIC_ID, 40),
        *(is_not(name, URL, URL_CHARACTERS) for name in ("product_url", *pictures)),
        *(is_no_text(name, ID_BYTES) for name in ("product_id", "variant_id")),
        *(is_no_text(name, ID_BYTES) for name in ("customer_first_name", "customer_last_name")),
        is_no_text("product_title", TITLE_CHARACTERS),
        is_not("customer_email", _EMAIL, 254),
        is_no_email_hash(),
        pl.col("email_hash").is_not_null() & pl.col("customer_email").is_null(),
        is_no_view(),
        pl.any_horizontal(is_present("order_id", "name", "customer_id", "items")),
    ]
