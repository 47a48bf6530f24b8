"""Conditions on columns that a stream's `screen.py` is made of: each is true where a value is not
plainly as a beacon's rule wants it. Lengths are asked in bytes, of which there are at least as many
as characters."""

from __future__ import annotations

import polars as pl

from storepulse.domain.currencies import ABSURD, CURRENCIES

ID_BYTES = 255
#: Only such addresses pass without a look: others may be right as well.
URL = r"^https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][^\s\x00-\x20\x7f]*)?$"

#: The same of referrers, also of apps.
REFERRER = (
    r"^(?:https?|android-app|ios-app)://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?"
    r"(?:[/?#][^\s\x00-\x20\x7f]*)?$"
)


def is_not(column: str, pattern: str, most_bytes: int) -> pl.Expr:
    """Whether a text is not plainly of a form."""
    text = pl.col(column)
    return ~(text.str.contains(pattern) & text.str.len_bytes().is_between(1, most_bytes))


def is_no_text(column: str, most_bytes: int) -> pl.Expr:
    """Whether a text is empty, long, or holds NUL."""
    text = pl.col(column)
    return ~text.str.len_bytes().is_between(1, most_bytes) | text.str.contains("\0", literal=True)


def is_outside(column: str, most: int) -> pl.Expr:
    """Whether a number is below 0 or above `most`."""
    return ~pl.col(column).is_between(0, most)


def is_present(*columns: str) -> list[pl.Expr]:
    """Of each column, whether it holds a value."""
    return [pl.col(column).is_not_null() for column in columns]


def is_no_money() -> list[pl.Expr]:
    """Whether `value` is no amount, and whether `currency` is no currency."""
    value = pl.col("value")
    return [
        ~value.is_between(0, ABSURD, closed="left"),
        ~pl.col("currency").is_in(sorted(CURRENCIES)),
    ]
