"""Pages with the variants of tests merged in.

Rules: tests apply in the order of their priority, so that on one property the higher one wins; of
equal priorities the test with the smaller id. A variant's own layout (`slot_configuration`) takes
the place of whatever stands there until then, its `slot_overrides` change single slots: `props` are
merged deeply, objects alone; lists and all other values, null too, are replaced. A slot that is
not there is added, where the override says its component: at its position, else at the end.

A block of a product feed says the shape of its images, `aspect_ratio`; their width and height
follow from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from storepulse.domain.experiments.definition import (
    Definition,
    Page,
    Slot,
    SlotOverride,
    Targeting,
    Variant,
)

IMAGE_WIDTH = 300
#: Height of an image of that width, by the shape.
IMAGE_HEIGHTS = {"1:1": 300, "4:5": 375, "3:4": 400, "2:3": 450}


class Applied(NamedTuple):
    """The variant of a test that a visitor sees."""

    priority: int
    test_id: str
    variant: Variant


class PageTest(NamedTuple):
    """A test as far as it says what pages look like."""

    test_id: str
    priority: int
    definition: Definition


class Conflict(NamedTuple):
    """Two tests that change one property. `slot_id` None: of the page itself. `property`:
    `props.title`, `enabled`, `page_template`, `slot_configuration`."""

    slot_id: str | None
    property: str
    winner: str
    loser: str


def merged_page(page: Page, applied: Iterable[Applied]) -> Page:
    """The page as it is with these variants, its slots in their order."""
    template = page.template
    slots = {slot.slot_id: slot for slot in page.slots}
    for _, _, variant in _weakest_first(applied):
        if variant.page_template is not None:
            template = variant.page_template
        if variant.slot_configuration is not None:
            slots = {slot.slot_id: slot for slot in variant.slot_configuration}
        for slot_id, override in variant.slot_overrides.items():
            slot = _overridden(slots, slot_id, override)
            if slot is not None:
                slots[slot_id] = slot
    ordered = sorted(slots.values(), key=lambda slot: slot.position)
    return Page(template, tuple(map(_with_image_size, ordered)))


def changes_page(page: Page, definition: Definition) -> bool:
    """Whether any variant that visitors get makes another page of this one."""
    plain = merged_page(page, ())
    return any(
        merged_page(page, (Applied(0, "", variant),)) != plain
        for variant in definition.variants
        if variant.weight
    )


def merged_props(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two objects as one. Where both have an object they are merged, else `above` counts."""
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            value = merged_props(known, value)  # noqa: PLW2901 - as it is merged
        merged[name] = value
    return merged


def conflicts(tests: Iterable[PageTest]) -> list[Conflict]:
    """What pairs of tests change both, where a visitor can meet both: for their authors."""
    said = [(test, _said_by(test.definition)) for test in _weakest_first(tests)]
    found: list[Conflict] = []
    for at, (strong, of_strong) in enumerate(said):
        for weak, of_weak in said[:at]:
            if _can_meet(strong.definition, weak.definition):
                found += _conflicts_of(strong.test_id, of_strong, weak.test_id, of_weak)
    return found


#: What a test says of pages: (slot, property) -> the values of its variants.
_Said = dict[tuple[str | None, str], list[Any]]
_Ranked = TypeVar("_Ranked", Applied, PageTest)


def _weakest_first(tests: Iterable[_Ranked]) -> list[_Ranked]:
    """Of equal priorities the smaller id comes last, and wins."""
    by_id = sorted(tests, key=lambda test: test.test_id, reverse=True)
    return sorted(by_id, key=lambda test: test.priority)


def _overridden(slots: Mapping[str, Slot], slot_id: str, override: SlotOverride) -> Slot | None:
    """A slot with an override; None where there is none and it says no component."""
    slot = slots.get(slot_id)
    if slot is None:
        if override.component is None:
            return None
        end = max((other.position for other in slots.values()), default=-1) + 1
        slot = Slot(slot_id, override.component, end)
    return Slot(
        slot_id=slot_id,
        component=slot.component if override.component is None else override.component,
        position=slot.position if override.position is None else override.position,
        enabled=slot.enabled if override.enabled is None else override.enabled,
        props=slot.props if override.props is None else merged_props(slot.props, override.props),
    )


def _with_image_size(slot: Slot) -> Slot:
    ratio = slot.props.get("aspect_ratio")
    height = IMAGE_HEIGHTS.get(ratio) if isinstance(ratio, str) else None
    if height is None:
        return slot
    size = {"image_width": IMAGE_WIDTH, "image_height": height}
    return msgspec.structs.replace(slot, props={**slot.props, **size})


def _said_by(definition: Definition) -> _Said:
    said: _Said = {}
    for variant in definition.variants:
        if not variant.weight:
            continue
        if variant.page_template is not None:
            said.setdefault((None, "page_template"), []).append(variant.page_template)
        if variant.slot_configuration is not None:
            said.setdefault((None, "slot_configuration"), []).append(variant.slot_configuration)
        for slot_id, override in variant.slot_overrides.items():
            for name, value in _properties_of(override):
                said.setdefault((slot_id, name), []).append(value)
    return said


def _properties_of(override: SlotOverride) -> Iterator[tuple[str, Any]]:
    for name in ("enabled", "component", "position"):
        value = getattr(override, name)
        if value is not None:
            yield name, value
    yield from _leaves("props", override.props or {})


def _leaves(path: str, props: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in props.items():
        if isinstance(value, dict) and value:
            yield from _leaves(f"{path}.{name}", value)
        else:
            yield f"{path}.{name}", value


def _conflicts_of(strong: str, of_strong: _Said, weak: str, of_weak: _Said) -> Iterator[Conflict]:
    """The stronger test's layout is in the way of all that the weaker one says of slots."""
    if (None, "slot_configuration") in of_strong and any(
        slot_id is not None or name == "slot_configuration" for slot_id, name in of_weak
    ):
        yield Conflict(None, "slot_configuration", strong, weak)
        of_weak = {key: value for key, value in of_weak.items() if key == (None, "page_template")}
    for (slot_id, name), values in of_strong.items():
        for (other_slot, other_name), others in of_weak.items():
            if slot_id != other_slot or not _overlap(name, other_name):
                continue
            if name != other_name or any(value != other for value in values for other in others):
                yield Conflict(slot_id, name, strong, weak)
                break


def _overlap(name: str, other: str) -> bool:
    """Whether one property is the other one, or a part of it."""
    return name == other or name.startswith(f"{other}.") or other.startswith(f"{name}.")


def _can_meet(one: Definition, other: Definition) -> bool:
    """Whether one visitor may be in both tests, on one page."""
    ours, theirs = one.group, other.group
    if ours is not None and theirs is not None and ours.group_id == theirs.group_id:
        return ours.start < theirs.end and theirs.start < ours.end
    return _share(one.targeting, other.targeting)


def _share(one: Targeting, other: Targeting) -> bool:
    lists = (
        (one.page_types, other.page_types),
        (one.slugs, other.slugs),
        (one.devices, other.devices),
        (one.countries, other.countries),
    )
    if any(ours and theirs and not set(ours) & set(theirs) for ours, theirs in lists):
        return False
    return one.visitors == other.visitors or "all" in (one.visitors, other.visitors)
