"""Numbers for the texts of one slice: grouping, joining and sorting by a number is much cheaper
than by text or by several columns."""

from __future__ import annotations

import polars as pl

#: An upper bound for the texts of a slice.
TEXTS = 2**32


class Numbering:
    """Assigns each distinct text a number, the same in all expressions that this makes.

    For one slice: the numbers are discarded together with this object.
    """

    def __init__(self) -> None:
        self._texts = pl.Categorical(pl.Categories.random())
        # polars forgets texts once no data has their type.
        self._kept = pl.Series(dtype=self._texts)

    def of(self, column: str) -> pl.Expr:
        """Return an expression for the number, below TEXTS, of a column's text."""
        return pl.col(column).cast(self._texts).to_physical().cast(pl.Int64)

    def number_within(self, number: pl.Expr, column: str) -> pl.Expr:
        """Return one number for another number, such as a store's, and a column's text."""
        return one_number(number, (self.of(column), TEXTS))


def one_number(first: pl.Expr, *others: tuple[pl.Expr, int]) -> pl.Expr:
    """Combine several numbers into a 64-bit one; `others` come with their number of values."""
    number = first.cast(pl.Int64)
    for other, values in others:
        number = number * values + other.cast(pl.Int64)
    return number
