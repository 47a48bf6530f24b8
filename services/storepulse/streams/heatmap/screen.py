"""Column conditions for heatmap records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.streams.beacon import URL_CHARACTERS
from storepulse.streams.heatmap.beacon import MOBILE_BELOW, TABLET_BELOW, TALLEST
from storepulse.streams.heatmap.grid import COORDINATE
from storepulse.streams.screen import (
    URL,
    is_no_text,
    is_no_view,
    is_not,
    is_outside,
    is_present,
)


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    kind, x, y = (pl.col(name) for name in ("kind", "x", "y"))
    width, height = pl.col("viewport_width"), pl.col("document_height")
    device = (
        pl.when(width < MOBILE_BELOW).then(pl.lit("mobile"))
        .when(width < TABLET_BELOW).then(pl.lit("tablet"))
        .otherwise(pl.lit("desktop"))
    )  # fmt: skip
    return [
        is_not("page_url", URL, URL_CHARACTERS),
        is_no_text("selector", 512),
        is_no_view(),
        pl.any_horizontal(is_present("order_id", "name", "customer_id", "email_hash", "items")),
        *(
            is_outside(name, COORDINATE)
            for name in ("x", "viewport_width", "viewport_height", "element_x")
        ),
        *(is_outside(name, TALLEST) for name in ("y", "document_height", "element_y")),
        is_outside("scroll_depth", 100),
        pl.col("dwell_ms") < 0,
        x > width,
        y > height,
        pl.when(kind == "scroll")
        .then(pl.col("scroll_depth").is_null())
        .otherwise(x.is_null() | y.is_null()),
        width.is_not_null() & (pl.col("device").cast(pl.String) != device),
    ]
