"""Beginnings of ids: which ids they stand for, and what is said of others."""

from __future__ import annotations

from uuid import UUID

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.id_prefix import id_range_of, only_id, short_id_of

ONE = UUID("0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11")
OTHER = UUID("0b7c1c2e-ffff-4f59-9a40-2c1d4f1f8a11")


@pytest.mark.parametrize(
    "text", ["0b7c", "0B7C1C2E", "0b7c1c2e…", "0b7c1c2e-6f", " 0b7c1c2e6f0a ", str(ONE)]
)
def test_an_id_lies_in_the_range_of_its_beginnings(text: str) -> None:
    first, last = id_range_of(text)
    assert first <= ONE <= last
    assert not first <= UUID("0b7d0000-0000-4000-8000-000000000000") <= last


def test_a_whole_id_stands_for_itself() -> None:
    assert id_range_of(str(ONE)) == (ONE, ONE)
    assert id_range_of(short_id_of(ONE)).first == UUID("0b7c1c2e-0000-0000-0000-000000000000")


@pytest.mark.parametrize(
    "text", ["", "…", "0b7", "0b7g", "x" * 40, "0" * 33, "0b7c%", "\u0660" * 4]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        id_range_of(text)
    assert refused.value.field == "id"


def test_one_is_wanted() -> None:
    assert only_id("0b7c", [ONE], "dead letter") == ONE
    with pytest.raises(Rejected, match="there is no dead letter 0b7c"):
        only_id("0b7c", [], "dead letter")
    with pytest.raises(Rejected, match=f"{ONE}, {OTHER}"):
        only_id("0b7c", [ONE, OTHER], "dead letter")
