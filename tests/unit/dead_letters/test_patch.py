"""Patches of dead letters: what they may cost is bounded before anything is done."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED
from tests.support.ingest_records import record

from storepulse.contracts.record_json import decode_event
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.patch import (
    MAX_REASON,
    PatchTooCostly,
    parse_patch,
    patch_of,
    patched_event,
)
from storepulse.domain.errors import Rejected

Operations = list[dict[str, Any]]
TREE = [["x"] * 4] * 4
ADD = {"op": "add", "path": "/zz", "value": ["x"]}


def letter(**fields: Any) -> Letter:
    """A letter of an activity event; only its bytes are looked at."""
    made = object.__new__(Letter)
    object.__setattr__(made, "value", record("activity", 1, **fields).value)
    return made


def apply(operations: Operations, **fields: Any) -> dict[str, Any]:
    _, value = patched_event(letter(**fields), patch_of(operations))
    return decode_event(value)[1]


def into_itself(count: int) -> Operations:
    return [ADD, *[{"op": "copy", "from": "/zz", "path": "/zz/-"}] * count]


GROWTH: dict[str, Operations] = {
    "a list into itself": into_itself(18),
    "a list into itself, on and on": into_itself(199),
    "the whole event into itself": [{"op": "copy", "from": "", "path": "/zz"}] * 200,
    "the whole event into a list": [ADD, *[{"op": "copy", "from": "", "path": "/zz/0"}] * 199],
    "side by side": [
        {**ADD, "value": TREE},
        *({"op": "copy", "from": "/zz", "path": f"/zz/{n % 4}/-"} for n in range(199)),
    ],
    "deeper and deeper": [
        {"op": "add", "path": "/zz", "value": {}},
        *(
            {"op": "copy", "from": "/zz", "path": "/zz" + "/a" * (2**n)}
            for n in range(9)
        ),
    ],
    "moved down and down": [
        {"op": "add", "path": "/z0", "value": {}},
        *(
            operation
            for n in range(1, 99)
            for operation in (
                {"op": "add", "path": f"/z{n}", "value": {}},
                {"op": "move", "from": f"/z{n - 1}", "path": f"/z{n}/a"},
            )
        ),
    ],
    "large tests again and again": [
        {"op": "add", "path": "/zz", "value": ["x" * 60_000]},
        *[{"op": "copy", "from": "/zz", "path": "/zy"}] * 10,
    ],
}  # fmt: skip


@pytest.mark.parametrize("operations", GROWTH.values(), ids=GROWTH)
def test_a_patch_that_makes_too_much_is_refused_in_no_time(operations: Operations) -> None:
    patch, began = patch_of(operations), time.process_time()
    with pytest.raises(PatchTooCostly) as refused:
        patched_event(letter(), patch)
    assert time.process_time() - began < 0.5
    assert refused.value.field == "patch"


def test_a_large_event_is_repaired_like_a_small_one() -> None:
    text = "x" * 900_000
    changed = apply([{"op": "copy", "from": "/metadata", "path": "/product_name"}], metadata=text)
    assert (changed["metadata"], changed["product_name"]) == (text, text)
    assert apply([{"op": "replace", "path": "/product_name", "value": "a"}] * 200)["product_name"]


DEEP: Any = "x"
for _ in range(40):
    DEEP = [DEEP]

REFUSED: dict[str, Any] = {
    "no list": {"op": "add"},
    "no operation": ["add"],
    "over 200": [{"op": "remove", "path": "/zz"}] * 201,
    "large": [{**ADD, "value": "x" * 262_144}],
    "many values": [{**ADD, "value": [0] * 20_000}],
    "nested": [{**ADD, "value": DEEP}],
    "half a pair": [{**ADD, "value": "\ud800"}],
    "half a pair in a name": [{**ADD, "value": {"\udfff": 1}}],
    "NUL in a remark": [{**ADD, "remark": "\0"}],
    "no number": [{**ADD, "value": float("nan")}],
    "endless": [{**ADD, "value": [float("-inf")]}],
    "path is a number": [{"op": "remove", "path": 7}],
    "from is a list": [{"op": "copy", "path": "/a", "from": ["/b"]}],
    "long path": [{"op": "remove", "path": "/" + "9" * 5_000}],
    "no pointer": [{"op": "remove", "path": "zz"}],
    "bad escape": [{"op": "remove", "path": "/~2"}],
    "unknown operation": [{"op": "eval", "path": "/zz"}],
    "operation is a list": [{"op": ["add"], "path": "/zz"}],
    "no path": [{"op": "remove"}],
}


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED)
def test_a_bad_patch_is_refused_before_any_letter(document: Any) -> None:
    with pytest.raises(Rejected) as refused:
        patch_of(document)
    assert refused.value.field == "patch"
    assert len(refused.value.reason) <= MAX_REASON + 1
    refused.value.reason.encode()


@pytest.mark.parametrize(
    "text", ["", "[" * 50_000, "[NaN]", '["\\ud800"]', "9" * 5_000, '["\ud800"]', "[]x"]
)
def test_a_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        parse_patch(text)
    assert refused.value.field == "patch"


def test_a_reason_never_repeats_a_long_value() -> None:
    operation = {"op": "test", "path": "/metadata", "value": "y" * 100_000}
    with pytest.raises(Rejected) as refused:
        apply([operation], metadata="x" * 900_000)
    assert len(refused.value.reason) <= MAX_REASON + 1


_names = st.sampled_from(
    ["", "/zz", "/zz/-", "/zz/0", "/zz/99999999999999999999", "/zz/01", "/metadata", "/zz/a", "/-",
     "/page_url/0", "/event_id", "/occurred_at", "/quantity"]
)  # fmt: skip
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
_operation = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": _names},
    optional={"from": _names, "value": _values},
)


@seed(SEED)
@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(_operation, min_size=1, max_size=12))
def test_any_patch_applies_or_is_refused(operations: Operations) -> None:
    try:
        assert apply(operations)["event_id"]
    except Rejected as refused:
        refused.reason.encode()


def test_the_refusal_names_the_operation() -> None:
    with pytest.raises(PatchTooCostly, match="operation 13 is one too many"):
        apply(into_itself(18))
