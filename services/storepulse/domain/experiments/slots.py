"""Pages with the variants of tests merged in.

Tests apply in the order of their priority, so that the higher one wins for a property; of equal
priorities the test with the smaller id wins. A variant's own layout (`slot_configuration`) replaces
all slots so far, and its `slot_overrides` change single slots. `props` are merged deeply, but only
objects; lists and all other values, including null, are replaced. A missing slot is added if the
override has a component: at its position, else at the end.

A product feed has the shape of its images, `aspect_ratio`; their width and height are derived from
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from storepulse.domain.experiments.definition import (
    Definition,
    Page,
    Slot,
    SlotOverride,
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


def merged_page(page: Page, applied: Iterable[Applied]) -> Page:
    """The page with these variants, its slots in order."""
    template = page.template
    slots = {slot.slot_id: slot for slot in page.slots}
    for _, _, variant in weakest_first(applied):
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
    """Whether any variant with weight changes this page."""
    plain = merged_page(page, ())
    return any(
        merged_page(page, (Applied(0, "", variant),)) != plain
        for variant in definition.variants
        if variant.weight
    )


def merged_props(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two objects. If both have an object it is merged, otherwise `above` counts."""
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            value = merged_props(known, value)  # noqa: PLW2901 - as it is merged
        merged[name] = value
    return merged


class Ranked(Protocol):
    """A test, or a variant of one that applies."""

    @property
    def priority(self) -> int: ...
    @property
    def test_id(self) -> str: ...


_Ranked = TypeVar("_Ranked", bound=Ranked)


def weakest_first(tests: Iterable[_Ranked]) -> list[_Ranked]:
    """Tests in the order in which they apply. Of equal priorities the smaller id comes last and
    wins."""
    by_id = sorted(tests, key=lambda test: test.test_id, reverse=True)
    return sorted(by_id, key=lambda test: test.priority)


def _overridden(slots: Mapping[str, Slot], slot_id: str, override: SlotOverride) -> Slot | None:
    """A slot with an override; None if there is no slot and no component."""
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
