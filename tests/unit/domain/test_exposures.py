"""Units of tests, and the ids of exposures."""

from __future__ import annotations

import uuid
from itertools import product

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.exposures import EXPOSURE_NAMESPACE, exposure_id, unit_of

STORE = "11111111-1111-4111-8111-111111111111"
OTHER_STORE = "22222222-2222-4222-8222-222222222222"
TEST = "33333333-3333-4333-8333-333333333333"


@pytest.mark.parametrize(
    ("visitor", "session", "unit"),
    [
        ("a", None, "v:a"),
        ("a", "b", "v:a"),
        (None, "b", "s:b"),
        ("", "b", "s:b"),
        ("s:b", "b", "v:s:b"),
    ],
)
def test_the_unit_is_the_visitor_else_the_session(
    visitor: str | None, session: str | None, unit: str
) -> None:
    assert unit_of(visitor, session) == unit


@pytest.mark.parametrize("nobody", [None, ""])
def test_without_visitor_and_session_there_is_no_unit(nobody: str | None) -> None:
    with pytest.raises(Rejected):
        unit_of(nobody, nobody)


def test_the_id_is_the_standard_librarys_uuid5() -> None:
    name = f"{STORE}:{TEST}:2:v:Zoë:blue"
    assert exposure_id(STORE, TEST, 2, "v:Zoë", "blue") == str(uuid.uuid5(EXPOSURE_NAMESPACE, name))
    assert uuid.uuid5(uuid.NAMESPACE_URL, "urn:storepulse:exposure") == EXPOSURE_NAMESPACE


def test_whatever_differs_gives_another_id() -> None:
    said = product((STORE, OTHER_STORE), (TEST, STORE), (1, 2, 11), ("v:a", "s:a"), ("x", "1", "y"))
    ids = [exposure_id(*exposure) for exposure in said]
    assert len(set(ids)) == len(ids) == 72
