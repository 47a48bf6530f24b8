"""Start parameters: what is written can be read, and nothing else can."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storepulse.domain.errors import Rejected
from storepulse.domain.start_params import StartParam, StartParamSerializer

SERIALIZER = StartParamSerializer()
ID_LETTERS = string.ascii_letters + string.digits + "_.~:-"
WIRE_LETTERS = string.ascii_letters + string.digits + "_-"
ids = (
    st.text(ID_LETTERS, min_size=1, max_size=24).filter(lambda text: text not in (".", ".."))
    | st.uuids().map(str)
    | st.integers(0, 2**64).map(str)
    | st.binary(min_size=1, max_size=12).map(bytes.hex)
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
params = st.builds(
    StartParam,
    ids,
    ids,
    st.dictionaries(names, st.text(ID_LETTERS, min_size=1, max_size=4).filter(
        lambda text: text not in (".", "..")), max_size=2),
)  # fmt: skip


def written(param: StartParam) -> str | None:
    """None for what does not fit."""
    try:
        return SERIALIZER.serialize(param)
    except Rejected as rejected:
        if rejected.field != "start_param":
            raise
        return None


def read(text: str) -> StartParam | Rejected:
    try:
        return SERIALIZER.deserialize(text)
    except Rejected as rejected:
        return rejected


@settings(max_examples=150, deadline=None)
@given(params)
def test_what_is_written_is_read_again(param: StartParam) -> None:
    text = written(param)
    if text is None:
        return
    assert re.fullmatch(r"1[A-Za-z0-9_-]{1,63}", text)
    assert SERIALIZER.deserialize(text) == param


@settings(max_examples=150, deadline=None)
@given(params, params)
def test_two_meanings_have_two_texts(one: StartParam, other: StartParam) -> None:
    text = written(one)
    assert one == other or text is None or text != written(other)


@settings(max_examples=200, deadline=None)
@given(st.text(WIRE_LETTERS, max_size=70) | st.text(max_size=70))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = read(text)
    if isinstance(found, Rejected):
        assert found.field == "start_param"
    else:
        assert SERIALIZER.serialize(found) == text


@settings(max_examples=150, deadline=None)
@given(params, st.integers(0, 63), st.sampled_from(WIRE_LETTERS))
def test_a_changed_character_is_refused_or_means_what_it_says(
    param: StartParam, place: int, letter: str
) -> None:
    text = written(param)
    if text is None or place >= len(text) or text[place] == letter:
        return
    changed = text[:place] + letter + text[place + 1 :]
    # Two bytes of checksum let one of 65,536 through; it is still no second form of the same.
    assert read(changed) != param


@pytest.mark.parametrize(
    ("param", "field"),
    [
        (StartParam("", "t"), "campaign_id"),
        (StartParam("c", "a b"), "tracking_id"),
        (StartParam("c", ".."), "tracking_id"),
        (StartParam("é", "t"), "campaign_id"),
        (StartParam("c", "t", {"Ref": "x"}), "more"),
        (StartParam("c", "t", {"ref": "x y"}), "more.ref"),
        (StartParam("c", "t", {f"n{n}": "x" for n in range(9)}), "more"),
        (StartParam("x" * 22, "y" * 22), "start_param"),
        (StartParam("x" * 128, "y"), "start_param"),
    ],
)
def test_what_has_no_form_is_refused_when_written(param: StartParam, field: str) -> None:
    with pytest.raises(Rejected) as rejected:
        SERIALIZER.serialize(param)
    assert rejected.value.field == field


def test_what_fits_exactly() -> None:
    assert len(SERIALIZER.serialize(StartParam("x" * 21, "y" * 22))) == 64
    identity = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    assert len(SERIALIZER.serialize(StartParam(identity, identity, {"ref": "1234567"}))) <= 64
