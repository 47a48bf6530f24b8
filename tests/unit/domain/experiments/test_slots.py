"""Pages with variants merged in, by examples."""

from __future__ import annotations

from typing import Any

import pytest

from storepulse.domain.experiments.definition import (
    Definition,
    Metric,
    Page,
    Slot,
    SlotOverride,
    Variant,
)
from storepulse.domain.experiments.slots import Applied, changes_page, merged_page, merged_props

HERO = Slot(
    "hero",
    "Hero",
    0,
    props={
        "title": "Hello",
        "image": {"src": "/a.png", "alt": "A"},
        "tags": ["new", "old"],
    },
)
FEED = Slot("feed", "ProductFeed", 1, props={"aspect_ratio": "1:1"})
HOME = Page("standard", (HERO, FEED))
PURCHASES = Metric("purchases", "binary", source="purchase")


def variant(**changes: Any) -> Variant:
    overrides = {name: SlotOverride(**change) for name, change in changes.pop("slots", {}).items()}
    return Variant("b", "B", 10_000, slot_overrides=overrides, **changes)


def seen(*applied: Variant | Applied, page: Page = HOME) -> Page:
    tests = [
        one if isinstance(one, Applied) else Applied(0, str(at), one)
        for at, one in enumerate(applied)
    ]
    return merged_page(page, tests)


def slot(page: Page, slot_id: str) -> Slot:
    return next(one for one in page.slots if one.slot_id == slot_id)


def test_without_variants_a_page_is_as_it_is_stored() -> None:
    page = seen()
    assert (page.template, [one.slot_id for one in page.slots]) == ("standard", ["hero", "feed"])
    assert slot(page, "hero") == HERO


def test_props_of_the_hero_are_merged_deeply() -> None:
    hero = slot(
        seen(variant(slots={"hero": {"props": {"title": "Sale", "image": {"src": "/b.png"}}}})),
        "hero",
    )
    assert hero.props == {
        "title": "Sale",
        "image": {"src": "/b.png", "alt": "A"},
        "tags": ["new", "old"],
    }
    assert HERO.props["image"] == {"src": "/a.png", "alt": "A"}, "the page itself was changed"


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"b": None, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": {"c": {"d": 1}}}}, {"a": {"b": {"c": {"e": 2}}}},
         {"a": {"b": {"c": {"d": 1, "e": 2}}}}),
        ({"__proto__": {"x": 1}}, {"__proto__": {"y": 2}}, {"__proto__": {"x": 1, "y": 2}}),
    ],
)  # fmt: skip
def test_objects_are_merged_and_all_else_is_replaced(
    below: dict[str, Any], above: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert merged_props(below, above) == merged


def test_trust_badges_are_added_where_they_are_wanted() -> None:
    badges = {"component": "TrustBadges", "props": {"count": 3}}
    page = seen(variant(slots={"badges": badges}))
    assert [one.slot_id for one in page.slots] == ["hero", "feed", "badges"]
    page = seen(variant(slots={"badges": badges | {"position": 0}}))
    assert [one.slot_id for one in page.slots] == ["hero", "badges", "feed"]
    assert slot(page, "badges") == Slot("badges", "TrustBadges", 0, True, {"count": 3})


def test_an_override_of_a_slot_that_is_not_there_needs_a_component() -> None:
    assert seen(variant(slots={"nowhere": {"props": {"a": 1}}})) == seen()


def test_slots_are_switched_off_moved_and_drawn_by_others() -> None:
    page = seen(
        variant(slots={"hero": {"enabled": False, "position": 9}, "feed": {"component": "Grid"}})
    )
    assert [one.slot_id for one in page.slots] == ["feed", "hero"]
    assert not slot(page, "hero").enabled
    assert slot(page, "feed").component == "Grid"
    off = Page(None, (Slot("hero", "Hero", enabled=False),))
    assert slot(seen(variant(slots={"hero": {"enabled": True}}), page=off), "hero").enabled


def test_a_full_redesign_takes_the_place_of_all_slots() -> None:
    layout = (
        Slot("top", "Video", 1),
        Slot("list", "ProductFeed", 0, props={"aspect_ratio": "2:3"}),
    )
    page = seen(
        variant(
            page_template="wide",
            slot_configuration=layout,
            slots={"top": {"props": {"autoplay": True}}, "hero": {"props": {"title": "gone"}}},
        )
    )
    assert page.template == "wide"
    assert [one.slot_id for one in page.slots] == ["list", "top"]
    assert slot(page, "top").props == {"autoplay": True}
    assert slot(page, "list").props["image_height"] == 450


def test_of_two_tests_the_higher_priority_wins_on_each_property() -> None:
    strong = variant(slots={"hero": {"props": {"title": "strong"}}})
    weak = variant(slots={"hero": {"props": {"title": "weak", "subtitle": "weak"}}})
    for applied in (
        (Applied(5, "a", strong), Applied(1, "b", weak)),
        (Applied(1, "b", weak), Applied(5, "a", strong)),
    ):
        props = slot(seen(*applied), "hero").props
        assert (props["title"], props["subtitle"]) == ("strong", "weak")


def test_of_equal_priorities_the_smaller_id_wins() -> None:
    one = Applied(0, "aaa", variant(page_template="one"))
    other = Applied(0, "aab", variant(page_template="other"))
    assert seen(one, other).template == seen(other, one).template == "one"


def test_a_stronger_redesign_leaves_nothing_of_a_weaker_tests_slots() -> None:
    layout = Applied(2, "a", variant(slot_configuration=(Slot("top", "Video"),)))
    badge = variant(slots={"badge": {"component": "Badge"}})
    assert [one.slot_id for one in seen(layout, Applied(1, "b", badge)).slots] == ["top"]
    assert [one.slot_id for one in seen(layout, Applied(3, "b", badge)).slots] == ["top", "badge"]


@pytest.mark.parametrize(
    ("ratio", "height"), [("1:1", 300), ("4:5", 375), ("3:4", 400), ("2:3", 450)]
)
def test_the_size_of_images_follows_from_their_shape(ratio: str, height: int) -> None:
    feed = slot(seen(variant(slots={"feed": {"props": {"aspect_ratio": ratio}}})), "feed")
    assert feed.props == {"aspect_ratio": ratio, "image_width": 300, "image_height": height}


@pytest.mark.parametrize("ratio", ["16:9", None, 1, ["1:1"], {}])
def test_other_shapes_say_no_size(ratio: Any) -> None:
    page = Page(None, (Slot("feed", "ProductFeed", props={"aspect_ratio": ratio}),))
    assert slot(seen(page=page), "feed").props == {"aspect_ratio": ratio}


def definition(*variants: Variant) -> Definition:
    return Definition(variants, (PURCHASES,), "purchases")


@pytest.mark.parametrize(
    ("changes", "is_changed"),
    [
        ({}, False),
        ({"payload": {"a": 1}}, False),
        ({"page_template": "wide"}, True),
        ({"page_template": "standard"}, False),
        ({"slots": {"hero": {"props": {"title": "Sale"}}}}, True),
        ({"slots": {"hero": {"props": {"title": "Hello"}}}}, False),
        ({"slots": {"nowhere": {"enabled": True}}}, False),
        ({"slots": {"badge": {"component": "Badge"}}}, True),
        ({"slot_configuration": ()}, True),
    ],
)
def test_a_test_touches_a_page_that_its_variants_change(
    changes: dict[str, Any], is_changed: bool
) -> None:
    control = Variant("a", "A", 0, is_control=True)
    assert changes_page(HOME, definition(control, variant(**changes))) is is_changed


def test_a_variant_that_nobody_gets_touches_no_page() -> None:
    control = Variant("a", "A", 10_000, is_control=True)
    nobodys = Variant("b", "B", 0, page_template="wide")
    assert not changes_page(HOME, definition(control, nobodys))
