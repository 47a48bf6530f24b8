"""Whoever waits in vain is told what for; a wait that always ended well would prove nothing."""

from __future__ import annotations

import pytest
from tests.support.waiting import until


def test_the_first_true_answer_is_given() -> None:
    answers = iter([0, None, "", 7, 8])
    assert until(lambda: next(answers)) == 7


def test_who_waits_in_vain_is_told_what_for() -> None:
    with pytest.raises(AssertionError, match="a bus"):
        until(lambda: False, "a bus", seconds=0.01)
    with pytest.raises(AssertionError, match="2 of 3"):
        until(lambda: 0, lambda: f"{1 + 1} of 3", seconds=0.01)


def test_an_error_is_no_answer_where_it_is_ignored() -> None:
    answers = iter(["", "1"])
    assert until(lambda: int(next(answers)), ignoring=ValueError) == 1
    with pytest.raises(ValueError, match="invalid literal"):
        until(lambda: int("x"), seconds=0.01, ignoring=ValueError)
    with pytest.raises(ValueError, match="invalid literal"):
        until(lambda: int("x"))
