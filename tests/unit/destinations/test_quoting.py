"""Receivers' words, inert."""

from __future__ import annotations

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.destinations.rules.quoting import quote


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 🛒", "plain ü 🛒"),
        ("two\r\nlines\tand", "two  lines and"),
        ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        ("nul\x00", "nul\ufffd"),
        ("half \ud800 a pair", "half \ufffd a pair"),
        ("\x9b31m", "\ufffd31m"),
        ("x" * 2000, "x" * 1024),
        ("", ""),
    ],
)
def test_words(text: str, shown: str) -> None:
    assert quote(text) == shown


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(st.text(st.characters(), max_size=60), st.integers(0, 40))
def test_any_words_can_be_stored(text: str, longest: int) -> None:
    shown = quote(text, longest)
    assert len(shown) <= longest
    assert shown.encode().decode() == shown
    assert shown.isprintable() or not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
