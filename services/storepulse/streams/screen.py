"""Conditions on columns, for the streams' `screen.py`.

Each is true if a value is not obviously valid by a beacon's rule. Lengths are compared in bytes, of
which there are at least as many as characters.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.currencies import ABSURD, CURRENCIES
from storepulse.domain.emails import HASH_TEXT
from storepulse.streams.beacon import BLANKS
from storepulse.streams.order_lines import MOST_LINES
from storepulse.streams.order_numbers import PLACEHOLDER_TEXT

ID_BYTES = 255
#: Only such addresses pass without further checks; others may be valid too.
URL = r"^https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][^\s\x00-\x20\x7f]*)?$"

#: The same for referrers, including apps.
REFERRER = (
    r"^(?:https?|android-app|ios-app)://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?"
    r"(?:[/?#][^\s\x00-\x20\x7f]*)?$"
)
_PLAIN = r"[ !#-\[\]-~]"
_PRICE = (
    r"(?:0|0\.(?:[1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9])"
    r"|[1-9][0-9]{0,10}(?:\.[0-9]{1,4})?)"
)
_LINE = (
    rf'\{{"product_id":"{_PLAIN}{{1,255}}"(?:,"name":"{_PLAIN}{{1,255}}")?'
    rf',"quantity":(?:0|[1-9][0-9]{{0,8}}),"price":"{_PRICE}"\}}'
)
_LINES = rf"^\[{_LINE}(?:,{_LINE})*\]$"


def folded_name(name: pl.Expr) -> pl.Expr:
    """Fold a name like `streams.beacon.folded_type`."""
    return name.str.replace_all("_", "", literal=True).str.to_lowercase()


def is_not(column: str, pattern: str, most_bytes: int) -> pl.Expr:
    """Whether a text is not obviously of a form."""
    text = pl.col(column)
    return ~(text.str.contains(pattern) & text.str.len_bytes().is_between(1, most_bytes))


def is_no_text(column: str, most_bytes: int) -> pl.Expr:
    """Whether a text is empty, too long, or contains NUL."""
    text = pl.col(column)
    return ~text.str.len_bytes().is_between(1, most_bytes) | text.str.contains("\0", literal=True)


def is_untrimmed(column: str) -> pl.Expr:
    """Whether a text has white space at its ends."""
    text = pl.col(column)
    return text != text.str.strip_chars(BLANKS)


def is_no_order_number(column: str) -> pl.Expr:
    """Whether a text is a placeholder for an order number."""
    return pl.col(column).str.contains(PLACEHOLDER_TEXT)


def is_outside(column: str, most: int) -> pl.Expr:
    """Whether a number is below 0 or above `most`."""
    return ~pl.col(column).is_between(0, most)


def is_present(*columns: str) -> list[pl.Expr]:
    """Return, for each column, whether it has a value."""
    return [pl.col(column).is_not_null() for column in columns]


def is_no_money() -> list[pl.Expr]:
    """Return whether `value` is not an amount, and whether `currency` is not a currency."""
    value = pl.col("value")
    return [
        ~value.is_between(0, ABSURD, closed="left"),
        ~pl.col("currency").is_in(sorted(CURRENCIES)),
    ]


def is_no_view() -> pl.Expr:
    """Whether `view_id` is not a valid id."""
    return is_not("view_id", r"^[A-Za-z0-9_-]+$", 128)


def is_no_email_hash() -> pl.Expr:
    """Whether `email_hash` is not a SHA-256."""
    return is_not("email_hash", f"^{HASH_TEXT}$", 64)


def is_no_plain_lines() -> pl.Expr:
    """Whether `items` are not order lines in their usual form, with plain names."""
    text = pl.col("items")
    # Each line contains this text at least once, so the count is an upper bound of the lines.
    count = text.str.count_matches('{"product_id":', literal=True)
    return ~text.str.contains(_LINES) | (count > MOST_LINES)
