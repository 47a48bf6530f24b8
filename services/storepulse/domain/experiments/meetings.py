"""Conflicts between tests that change the same pages, for their authors.

Two tests meet if a visitor may be in both, on one page. They meet on a property that both change to
different values, or of which one is a part of the other. The stronger test's layout conflicts with
all of the weaker one's changes of slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from storepulse.domain.experiments.definition import Definition, SlotOverride, Targeting
from storepulse.domain.experiments.slots import weakest_first


class PageTest(NamedTuple):
    """The parts of a test that affect pages."""

    test_id: str
    priority: int
    definition: Definition


class Meeting(NamedTuple):
    """Two tests that change one property. `slot_id` is None for the page itself.

    `property`: such as `props.title`, `enabled`, `page_template`, `slot_configuration`.
    """

    slot_id: str | None
    property: str
    winner: str
    loser: str


#: A test's changes of pages: (slot, property) -> the values of its variants.
_Said = dict[tuple[str | None, str], list[Any]]


def conflicts(tests: Iterable[PageTest]) -> list[Meeting]:
    """The conflicts between pairs of tests that one visitor can be in."""
    said = [(test, _said_by(test.definition)) for test in weakest_first(tests)]
    found: list[Meeting] = []
    for at, (strong, of_strong) in enumerate(said):
        for weak, of_weak in said[:at]:
            if _can_meet(strong.definition, weak.definition):
                found += _conflicts_of(strong.test_id, of_strong, weak.test_id, of_weak)
    return found


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


def _conflicts_of(strong: str, of_strong: _Said, weak: str, of_weak: _Said) -> Iterator[Meeting]:
    """The conflicts of a pair. The stronger test's layout conflicts with all of the weaker one's
    slots."""
    if (None, "slot_configuration") in of_strong and any(
        slot_id is not None or name == "slot_configuration" for slot_id, name in of_weak
    ):
        yield Meeting(None, "slot_configuration", strong, weak)
        of_weak = {key: value for key, value in of_weak.items() if key == (None, "page_template")}
    for (slot_id, name), values in of_strong.items():
        for (other_slot, other_name), others in of_weak.items():
            if slot_id != other_slot or not _overlap(name, other_name):
                continue
            if name != other_name or any(value != other for value in values for other in others):
                yield Meeting(slot_id, name, strong, weak)
                break


def _overlap(name: str, other: str) -> bool:
    """Whether the properties are equal, or one is a part of the other."""
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
