"""Tests that change one property of a page, as their authors are told."""

from __future__ import annotations

from typing import Any

import pytest

from storepulse.domain.experiments.definition import (
    Definition,
    ExclusiveGroup,
    Metric,
    Slot,
    SlotOverride,
    Targeting,
    Variant,
)
from storepulse.domain.experiments.meetings import Meeting, PageTest, conflicts

CONTROL = Variant("control", "As it is", 5_000, is_control=True)
PURCHASES = Metric("purchases", "binary", source="purchase")
TITLE = {"hero": SlotOverride(props={"title": "Sale", "image": {"src": "/b.png"}})}


def page_test(
    test_id: str, overrides: Any = None, priority: int = 0, weight: int = 5_000, **more: Any
) -> PageTest:
    looks = {
        name: more.pop(name) for name in ("page_template", "slot_configuration") if name in more
    }
    variant = Variant("b", "B", weight, slot_overrides=overrides or {}, **looks)
    definition = Definition((CONTROL, variant), (PURCHASES,), "purchases", **more)
    return PageTest(test_id, priority, definition)


def test_one_property_with_two_values_is_a_conflict_which_the_higher_priority_wins() -> None:
    other = {"hero": SlotOverride(props={"title": "Hi", "subtitle": "x"})}
    found = conflicts([page_test("a", TITLE, 1), page_test("b", other, 2)])
    assert found == [Meeting("hero", "props.title", "b", "a")]
    equal = conflicts([page_test("a", TITLE), page_test("b", other)])
    assert equal == [Meeting("hero", "props.title", "a", "b")]


@pytest.mark.parametrize(
    "other",
    [
        {"hero": SlotOverride(props={"title": "Sale"})},
        {"hero": SlotOverride(props={"subtitle": "x"})},
        {"feed": SlotOverride(props={"title": "Hi"})},
        {"hero": SlotOverride(props={"image": {"alt": "B"}})},
        {},
    ],
)
def test_equal_values_and_other_properties_are_none(other: dict[str, SlotOverride]) -> None:
    assert conflicts([page_test("a", TITLE), page_test("b", other)]) == []


@pytest.mark.parametrize(
    ("other", "property_name"),
    [
        ({"hero": SlotOverride(props={"image": None})}, "props.image.src"),
        ({"hero": SlotOverride(props={"image": {"src": "/c.png"}})}, "props.image.src"),
    ],
)
def test_a_part_of_a_property_is_it_too(other: dict[str, SlotOverride], property_name: str) -> None:
    (found,) = conflicts([page_test("a", TITLE, 1), page_test("b", other)])
    assert found == Meeting("hero", property_name, "a", "b")


def test_templates_and_layouts_meet() -> None:
    layout = (Slot("top", "Video"),)
    redesign = page_test("a", priority=2, page_template="wide", slot_configuration=layout)
    found = conflicts([redesign, page_test("b", TITLE, page_template="slim")])
    assert sorted(found, key=lambda one: one.property) == [
        Meeting(None, "page_template", "a", "b"),
        Meeting(None, "slot_configuration", "a", "b"),
    ]
    weaker = page_test("a", slot_configuration=layout)
    assert conflicts([weaker, page_test("b", TITLE, 1)]) == []


OTHER = {"hero": SlotOverride(props={"title": "Hi"})}


@pytest.mark.parametrize(
    ("ours", "theirs", "meets"),
    [
        ({"targeting": Targeting(page_types=("home",))}, {}, True),
        (
            {"targeting": Targeting(page_types=("home",))},
            {"targeting": Targeting(page_types=("cart",))},
            False,
        ),
        (
            {"targeting": Targeting(visitors="new")},
            {"targeting": Targeting(visitors="returning")},
            False,
        ),
        ({"targeting": Targeting(visitors="new")}, {}, True),
        (
            {"group": ExclusiveGroup("g", 0, 5_000)},
            {"group": ExclusiveGroup("g", 5_000, 10_000)},
            False,
        ),
        (
            {"group": ExclusiveGroup("g", 0, 5_000)},
            {"group": ExclusiveGroup("h", 5_000, 10_000)},
            True,
        ),
    ],
)
def test_tests_that_share_no_visitor_never_meet(
    ours: dict[str, Any], theirs: dict[str, Any], meets: bool
) -> None:
    found = conflicts([page_test("a", TITLE, **ours), page_test("b", OTHER, **theirs)])
    assert bool(found) is meets


def test_a_variant_that_nobody_gets_meets_nothing() -> None:
    assert conflicts([page_test("a", TITLE, weight=0), page_test("b", OTHER)]) == []
