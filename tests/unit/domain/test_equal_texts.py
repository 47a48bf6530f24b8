"""Texts that mean the same are one: e-mails, search terms, sources; of one and of a column."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.emails import email_hash, normalised_email, trimmed_email
from storepulse.domain.errors import Rejected
from storepulse.domain.search_terms import term_of
from storepulse.domain.sources import Utm, source_of, utm_of
from storepulse.streams.normal_forms import source, term

#: What `printf %s jane@example.com | sha256sum` says.
JANE = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"


def test_an_address_is_compared_trimmed_and_in_lower_case() -> None:
    sent = ("Jane@example.com", "jane@example.com", " JANE@EXAMPLE.COM\n")
    assert {normalised_email(text) for text in sent} == {"jane@example.com"}
    assert {email_hash(text) for text in sent} == {JANE}


def test_space_around_an_address_is_no_part_of_it() -> None:
    assert trimmed_email("e", " Jane@example.com ") == "Jane@example.com"
    assert trimmed_email("e", "  ") is None
    with pytest.raises(Rejected):
        trimmed_email("e", "jane @example.com")


@pytest.mark.parametrize("query", ["café", "cafe\u0301", "CAFE\u0301", "  Café\u00a0", "\tcafé\n"])
def test_a_term_however_it_is_typed(query: str) -> None:
    assert term_of(query) == "café"


def test_spaces_in_a_term_are_single() -> None:
    assert term_of("linen   shirt \u2003 blue") == "linen shirt blue"
    assert term_of(" \u2003 ") is None
    assert term_of("a" * 199 + " b") == "a" * 199


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.none()))
def test_terms_of_a_column(queries: list[str | None]) -> None:
    frame = pl.DataFrame({"search_query": queries}, schema={"search_query": pl.String})
    assert frame.select(term()).to_series().to_list() == [term_of(query) for query in queries]


SOURCES = [
    ("https://www.Google.com/search?q=x", "https://shop.example/", None, "google.com"),
    ("https://[::1]/x", "https://shop.example/", None, "::1"),
    ("https://[2001:DB8::1]:8443", None, None, "2001:db8::1"),
    ("android-app://com.google.android.gm/", None, None, "com.google.android.gm"),
    ("https://user@news.example:8080?x", None, None, "news.example"),
    ("https://shop.example/cart", "https://www.shop.example/checkout", None, None),
    ("https://WWW.shop.example/", "https://shop.example:8443/x", None, None),
    ("https://shop.myshopify.com/", "https://shop.example/", "shop.myshopify.com", None),
    ("https://www.shop.example/", None, "shop.example", None),
    ("https://blog.shop.example/", "https://shop.example/", None, "blog.shop.example"),
    ("mailto:jane@example.com", "https://shop.example/", None, None),
    ("https://", None, None, None),
    ("https://[", None, None, None),
    ("", "https://shop.example/", None, None),
    (None, "https://shop.example/", None, None),
]


@pytest.mark.parametrize(("referrer", "page_url", "domain", "expected"), SOURCES)
def test_the_host_of_the_referrer_is_the_source(
    referrer: str | None, page_url: str | None, domain: str | None, expected: str | None
) -> None:
    assert source_of(referrer, page_url, (domain,)) == expected


def test_sources_of_a_column() -> None:
    columns = ["referrer", "page_url", "store_domain", "expected"]
    frame = pl.DataFrame(SOURCES, schema=dict.fromkeys(columns, pl.String), orient="row")
    assert frame.select(source()).to_series().to_list() == frame["expected"].to_list()


CAMPAIGNS = [
    ("https://s.example/?utm_source=News%20Letter&utm_medium=email&utm_campaign=m%C3%BCg&a=b#x",
     Utm("News Letter", "email", "müg")),
    ("https://s.example/?UTM_Source=+a+&utm_source=b&utm_term=t&utm_content=c",
     Utm("a", None, None, "t", "c")),
    ("https://s.example/?utm_source=&utm_medium=%20", Utm()),
    ("https://s.example/#utm_source=a", Utm()),
    ("https://s.example/?" + "a=b&" * 200 + "utm_source=a", Utm()),
    ("https://s.example/?utm_source=" + "a" * 300, Utm("a" * 255)),
    (None, Utm()),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), CAMPAIGNS)
def test_utm_parameters(url: str | None, expected: Utm) -> None:
    assert utm_of(url) == expected
