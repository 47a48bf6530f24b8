"""One rule says what page a URL is: of one URL and of a column of them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.pages import page_of
from storepulse.streams.heatmap.rollup import page

REST = st.text(st.sampled_from("a/?#:@é\n\r \x00😀%.\u2028"), max_size=12)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", "/"), ("https://a.example?x=/y", "/"), ("http://a/b/?c#d", "/b/"),
        ("HTTPS://a.example:1/b#c?d", "/b"), ("https://a//b", "//b"), ("https://a/é b", "/é b"),
    ],
)  # fmt: skip
def test_the_path_is_the_page(url: str, expected: str) -> None:
    assert page_of(url) == expected


@given(st.sampled_from(["http://", "HTTPS://", "https://shop.example/", ""]), REST)
def test_both_say_the_same(begin: str, rest: str) -> None:
    url = begin + rest
    (column,) = pl.DataFrame({"page_url": [url]}).select(page()).to_series().to_list()
    assert page_of(url) == column
