"""Numbers for the texts of one slice: to group, join and sort by them costs a fraction of texts."""

from __future__ import annotations

import polars as pl


class Numbering:
    """Gives each distinct text a number, the same in all expressions that this makes.

    For one slice: what a text was numbered is forgotten together with this.
    """

    def __init__(self) -> None:
        self._texts = pl.Categorical(pl.Categories.random())
        # polars forgets texts once no data is of their type.
        self._kept = pl.Series(dtype=self._texts)

    def of(self, *columns: str) -> pl.Expr:
        """A 64-bit number that rows share if they share the texts of one column, or of two."""
        first, *second = (
            pl.col(column).cast(self._texts).to_physical().cast(pl.Int64) for column in columns
        )
        return first * 2**32 + second[0] if second else first
