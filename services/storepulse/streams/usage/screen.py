"""Which usage records may break a rule of the beacon, asked by column."""

from __future__ import annotations

import polars as pl

from storepulse.streams.screen import ID_BYTES, is_no_text


def suspicions() -> list[pl.Expr]:
    """Conditions one of which every record meets that breaks a rule of the beacon."""
    return [is_no_text("subject_id", ID_BYTES)]
