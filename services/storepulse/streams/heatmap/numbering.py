"""Numbers for what one slice tells apart: to group, join and sort by a number costs a fraction of
doing so by text or by several columns."""

from __future__ import annotations

import polars as pl

#: More than the texts of a slice.
TEXTS = 2**32


class Numbering:
    """Gives each distinct text a number, the same in all expressions that this makes.

    For one slice: what a text was numbered is forgotten together with this.
    """

    def __init__(self) -> None:
        self._texts = pl.Categorical(pl.Categories.random())
        # polars forgets texts once no data is of their type.
        self._kept = pl.Series(dtype=self._texts)

    def of(self, column: str) -> pl.Expr:
        """The number, below TEXTS, of a column's text."""
        return pl.col(column).cast(self._texts).to_physical().cast(pl.Int64)

    def number_within(self, number: pl.Expr, column: str) -> pl.Expr:
        """One number for another, such as a store's, and a column's text."""
        return one_number(number, (self.of(column), TEXTS))


def one_number(first: pl.Expr, *others: tuple[pl.Expr, int]) -> pl.Expr:
    """A 64-bit number for several of them; of each but the first with how many values it has."""
    number = first.cast(pl.Int64)
    for other, values in others:
        number = number * values + other.cast(pl.Int64)
    return number
