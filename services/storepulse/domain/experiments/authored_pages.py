"""Pages and slots as authors may write them.

A page has at most 200 slots, each with its own id. Props are an object of at most 64 KiB. Their
`aspect_ratio` is one of four.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from storepulse.domain import json_values
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.authored import AuthoredOverride, AuthoredPage, AuthoredSlot
from storepulse.domain.experiments.definition import Page, Slot, SlotOverride
from storepulse.domain.experiments.names import SLUG_CHARACTERS, is_id, is_page_type
from storepulse.domain.experiments.slots import IMAGE_HEIGHTS

ASPECT_RATIOS = tuple(IMAGE_HEIGHTS)
MOST_SLOTS = 200
MOST_POSITION = 10_000
PROPS_BYTES = 65_536
COMPONENT_CHARACTERS = 128


def page_of(authored: AuthoredPage) -> Page:
    """A page's base configuration. Raises Rejected."""
    template = authored.template
    if template is not None:
        template = check_label("template", template, COMPONENT_CHARACTERS)
    return Page(template, slots_of("slots", authored.slots))


def slots_of(field: str, authored: Sequence[AuthoredSlot]) -> tuple[Slot, ...]:
    """Slots in the author's order. Raises Rejected."""
    if len(authored) > MOST_SLOTS:
        raise Rejected(field, f"has more than {MOST_SLOTS} slots")
    ids: set[str] = set()
    slots = []
    for index, slot in enumerate(authored):
        place = f"{field}.{index}"
        slot_id = check_id(f"{place}.slot_id", slot.slot_id)
        if slot_id in ids:
            raise Rejected(f"{place}.slot_id", "is used twice")
        ids.add(slot_id)
        slots.append(
            Slot(
                slot_id,
                check_label(f"{place}.component", slot.component, COMPONENT_CHARACTERS),
                _check_position(f"{place}.position", slot.position),
                slot.enabled,
                _check_props(f"{place}.props", slot.props or {}),
            )
        )
    return tuple(slots)


def overrides_of(field: str, authored: dict[str, AuthoredOverride]) -> dict[str, SlotOverride]:
    """A variant's changes, by slot. Raises Rejected."""
    if len(authored) > MOST_SLOTS:
        raise Rejected(field, f"has more than {MOST_SLOTS} slots")
    overrides = {}
    for slot_id, change in authored.items():
        place = f"{field}.{check_id(field, slot_id)}"
        component, position, props = change.component, change.position, change.props
        if component is not None:
            component = check_label(f"{place}.component", component, COMPONENT_CHARACTERS)
        if position is not None:
            _check_position(f"{place}.position", position)
        if props is not None:
            _check_props(f"{place}.props", props)
        overrides[slot_id] = SlotOverride(props, change.enabled, component, position)
    return overrides


def check_page_place(page_type: str, slug: str) -> None:
    """Raise Rejected if this is not the place of a page."""
    check_page_type("page_type", page_type)
    check_label("slug", slug, SLUG_CHARACTERS)


def check_page_type(field: str, page_type: str) -> str:
    """A valid type of pages. Raises Rejected."""
    if is_page_type(page_type) is None:
        raise Rejected(field, "must be 1 to 64 small letters, digits, _ or -, no sign in front")
    return page_type


def check_id(field: str, text: str) -> str:
    """A valid id of a variant, a slot, a metric or a group. Raises Rejected."""
    if is_id(text) is None:
        raise Rejected(field, "must be 1 to 64 letters, digits, _ or -")
    return text


def check_label(field: str, text: str, most: int) -> str:
    """A line of text without surrounding white space. Raises Rejected."""
    stripped = text.strip()
    if not 0 < len(stripped) <= most:
        raise Rejected(field, f"must have 1 to {most} characters")
    if not stripped.isprintable():
        raise Rejected(field, "holds a character that cannot be printed")
    return stripped


def check_free_object(field: str, value: dict[str, Any]) -> dict[str, Any]:
    """An object without meaning here. Raises Rejected if it cannot be stored."""
    json_values.check_storable(field, value)
    if json_values.depth(value) > json_values.NESTING:
        raise Rejected(field, f"is nested deeper than {json_values.NESTING}")
    if len(msgspec.json.encode(value)) > PROPS_BYTES:
        raise Rejected(field, f"is larger than {PROPS_BYTES} bytes")
    return value


def _check_props(field: str, props: dict[str, Any]) -> dict[str, Any]:
    check_free_object(field, props)
    if "aspect_ratio" in props and props["aspect_ratio"] not in ASPECT_RATIOS:
        raise Rejected(f"{field}.aspect_ratio", f"must be one of {', '.join(ASPECT_RATIOS)}")
    return props


def _check_position(field: str, position: int) -> int:
    if not 0 <= position <= MOST_POSITION:
        raise Rejected(field, f"must be 0 to {MOST_POSITION}")
    return position
