"""One rule says what page a URL is: of one URL and of a column of them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.errors import Rejected
from storepulse.domain.pages import PATTERN_CHARACTERS, page_of, page_pattern
from storepulse.exactness.model import pages
from storepulse.streams.normal_forms import page

REST = st.text(st.sampled_from("a/?#:@é\n\r \x00😀%2fFcC3bB.*\u2028"), max_size=12)
BEGIN = st.sampled_from(["http://", "HTTPS://", "https://shop.example/"])
PATTERNS = st.lists(st.sampled_from(["/a/*", "/*/a", "/*", "/a/*/c", "/a"]), max_size=3)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example", "/"), ("https://a.example?x=/y", "/"), ("http://a/b/?c#d", "/b"),
        ("HTTPS://a.example:1/b#c?d", "/b"), ("https://a//b", "//b"), ("https://a/%", "/%25"),
        ("https://a/é b", "/%C3%A9%20b"), ("https://a/a%2fb", "/a%2Fb"), ("https://a/%7Ex", "/~x"),
        ("https://a/%FF", "/%FF"), ("https://a///", "/"), ("(other)", "/"), ("/a", "/"),
    ],
)  # fmt: skip
def test_the_path_is_the_page(url: str, expected: str) -> None:
    assert page_of(url) == expected


def test_however_a_path_is_written_it_is_one_page() -> None:
    paths = ("/m%C3%BCg", "/m%c3%bcg", "/müg", "/müg/", "/%6d%C3%BCg//")
    assert {page_of(f"https://a.example{path}") for path in paths} == {"/m%C3%BCg"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/products/mug", "/products/*"), ("/products/mug/red/", "/products/*"),
        ("/products", "/products"), ("/products/", "/products"), ("/sale/x/cup", "/sale/*/cup"),
        ("/sale/x/y/cup", "/sale/x/y/cup"), ("/m%c3%bcg/1", "/m%C3%BCg/*"), ("/", "/"),
    ],
)  # fmt: skip
def test_the_first_pattern_that_matches_takes_the_place_of_the_path(
    path: str, expected: str
) -> None:
    patterns = ("/products/*", "/products/mug", "/sale/*/cup", "/m%C3%BCg/*")
    assert page_of(f"https://a.example{path}", patterns) == expected


def test_a_pattern_has_the_form_of_pages() -> None:
    assert page_pattern("p", "/müg/*/") == "/m%C3%BCg/*"
    for text in ("", "products/*", "/a*", "/a?b", "/a#b", "/\0", "/" + "a" * PATTERN_CHARACTERS):
        with pytest.raises(Rejected):
            page_pattern("p", text)


@given(BEGIN, REST, PATTERNS)
def test_both_say_the_same(begin: str, rest: str, patterns: list[str]) -> None:
    frame = pl.DataFrame(
        {"page_url": [begin + rest] * 2, "page_patterns": ["\n".join(patterns) or None, None]},
        schema_overrides={"page_patterns": pl.String},
    )
    plain, own = page_of(begin + rest), page_of(begin + rest, tuple(patterns))
    assert frame.select(page()).to_series().to_list() == [own, plain]
    assert frame.select(page(patterns=None)).to_series().to_list() == [plain, plain]
    assert pages.page_of(begin + rest) == plain


def test_no_url_has_no_page_and_the_others_are_a_page_of_their_own() -> None:
    frame = pl.DataFrame({"page_url": [None, "(other)"], "page_patterns": ["/*", "/*"]})
    assert frame.select(page()).to_series().to_list() == [None, "(other)"]
