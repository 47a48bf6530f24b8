"""Column versions of the rules for pages, search terms, event names, sources and e-mails in
`domain.pages.page_of`, `domain.search_terms.term_of`, `domain.event_names.event_name_of`,
`domain.sources.source_of` and `domain.emails.normalised_email`.

polars handles plain pages, as almost all are; the function handles the others, once per distinct
text. The column `page_patterns` has the store's patterns, one per line, and `store_domain` the
store's domain. Both are null for most stores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from storepulse.domain.emails import normalised_email as normalised_email_of
from storepulse.domain.event_names import event_name_of
from storepulse.domain.folding import OTHER
from storepulse.domain.pages import PLAIN_URL, ROOT, page_of
from storepulse.domain.search_terms import term_of
from storepulse.domain.sources import source_of

_PLAIN = r"^[ -~]*$"


def page(url: str = "page_url", patterns: str | None = "page_patterns") -> pl.Expr:
    """Return the page of each URL; null for null, `(other)` for `(other)`."""
    columns = [pl.col(url), pl.lit(None, pl.String) if patterns is None else pl.col(patterns)]
    return pl.map_batches(
        columns, lambda given: _pages(given[0], given[1]), return_dtype=pl.String
    ).alias("page")


def _pages(urls: pl.Series, patterns: pl.Series) -> pl.Series:
    pages = urls.str.extract(PLAIN_URL, 1).str.strip_chars_end("/")
    is_root = (pages == "").fill_null(value=False)
    if is_root.any():
        pages = pages.set(is_root, ROOT)
    is_open = pages.is_null() & urls.is_not_null()
    has_patterns = patterns.null_count() < len(patterns)
    if has_patterns:
        if len(patterns) == 1:
            patterns = patterns.new_from_index(0, len(urls))
        is_open |= patterns.is_not_null() & urls.is_not_null()
    rows = is_open.arg_true()
    if not len(rows):
        return pages
    given = [column.gather(rows) for column in ((urls, patterns) if has_patterns else (urls,))]
    return pages.scatter(rows, _by_distinct(given, _page_of_row, pl.String()))


def _page_of_row(row: tuple[Any, ...]) -> str:
    url, *patterns = row
    if url == OTHER:
        return OTHER
    return page_of(url, tuple(patterns[0].split("\n")) if patterns and patterns[0] else ())


def term(query: str = "search_query") -> pl.Expr:
    """Return the search term of each query; null if nothing was typed."""
    return pl.map_batches(
        [query],
        lambda given: _by_distinct(given, _term_of_row, pl.String()),
        return_dtype=pl.String,
    ).alias("term")


def _term_of_row(row: tuple[Any, ...]) -> str | None:
    return term_of(row[0])


def event_name(name: str = "name") -> pl.Expr:
    """Return the name under which each custom event counts; empty if it has none."""
    return pl.map_batches(
        [name],
        lambda given: _by_distinct(given, _event_name_of_row, pl.String()),
        return_dtype=pl.String,
    ).alias("event_name")


def _event_name_of_row(row: tuple[Any, ...]) -> str:
    return event_name_of(row[0])


def normalised_email(email: str = "customer_email") -> pl.Expr:
    """Return each address in normalised form; null for null."""
    return pl.map_batches([email], lambda given: _emails(given[0]), return_dtype=pl.String).alias(
        "normalised_email"
    )


def _emails(emails: pl.Series) -> pl.Series:
    plain = emails.str.strip_chars().str.to_lowercase()
    rows = (emails.str.len_bytes() != emails.str.len_chars()).fill_null(value=False).arg_true()
    if not len(rows):
        return plain
    return plain.scatter(rows, _by_distinct([emails.gather(rows)], _email_of_row, pl.String()))


def _email_of_row(row: tuple[Any, ...]) -> str:
    return normalised_email_of(row[0])


def source(
    referrer: str = "referrer",
    page_url: str = "page_url",
    domain: str | None = "store_domain",
) -> pl.Expr:
    """Return the source of each event; null for the shop itself, and if no host can be read."""
    columns = [referrer, page_url, *([] if domain is None else [domain])]
    return pl.map_batches(
        columns,
        lambda given: _by_distinct(
            given, lambda row: source_of(row[0], row[1], row[2:]), pl.String()
        ),
        return_dtype=pl.String,
    ).alias("source")


def _by_distinct(
    given: Any, rule: Callable[[tuple[Any, ...]], Any], dtype: pl.DataType
) -> pl.Series:
    """Return the rule's value for each row, computed once per distinct row."""
    longest = max(len(column) for column in given)
    lists = [
        (column.new_from_index(0, longest) if len(column) < longest else column).to_list()
        for column in given
    ]
    known: dict[tuple[Any, ...], Any] = {}
    values = []
    for row in zip(*lists, strict=True):
        if row not in known:
            known[row] = rule(row)
        values.append(known[row])
    return pl.Series(values, dtype=dtype)
