"""Names of custom events: what is one name, and what stays apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.event_names import NAME_CHARACTERS, NO_NAME, event_name_of
from storepulse.exactness.model import custom_events as model

TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(" \t\u3000e\u0301é")))


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        ("signup", "signup"),
        ("  newsletter \t signup\n", "newsletter signup"),
        ("cafe\u0301", "caf\u00e9"),
        ("caf\u00e9", "caf\u00e9"),
        ("お気に入り\u3000追加", "お気に入り 追加"),
        ("a" * 300, "a" * 255),
        ("a" * 254 + " b", "a" * 254),
        ("   ", NO_NAME),
        ("", NO_NAME),
        (None, NO_NAME),
        ("</script>", "</script>"),
        ("/quiz/3", "/quiz/3"),
    ],
)
def test_the_name_under_which_an_event_counts(sent: str | None, counted: str) -> None:
    assert event_name_of(sent) == counted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Signup", "signup"),
        ("お気に入り追加", "お気に入り削除"),
        ("カート", "かーと"), ("ﾊ", "ハ"),
        ("cafe", "café"), ("\u0430", "a"), ("👗", "👗\ufe0f"),
    ],
)  # fmt: skip
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    assert event_name_of(one) != event_name_of(other)


@given(TEXTS)
def test_a_name_is_its_own_name_and_bounded(text: str) -> None:
    name = event_name_of(text)
    assert event_name_of(name) == name
    assert len(name) <= NAME_CHARACTERS
    assert (
        event_name_of(unicodedata.normalize("NFD", text)[:NAME_CHARACTERS]) == event_name_of(text)
        or len(unicodedata.normalize("NFD", text)) > NAME_CHARACTERS
    )


@given(TEXTS)
def test_the_plain_model_says_the_same(text: str) -> None:
    assert model.event_name_of(text) == event_name_of(text)
