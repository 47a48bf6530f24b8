"""Every event counts as seen for the first time."""

from __future__ import annotations

from typing import Any

import polars as pl

from storepulse import cli
from storepulse.agents.transaction import _KEY, SliceTransaction

_claim = SliceTransaction._claim


def claim(self: Any, cursor: Any, first: pl.DataFrame) -> pl.Series:
    _claim(self, cursor, first)
    return first.select(_KEY).to_series()


if __name__ == "__main__":
    SliceTransaction._claim = claim  # type: ignore[method-assign]
    cli.main()
