"""What authors are told though it is allowed: a metric that misleads, tests that meet on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from storepulse.domain.experiments.definition import Definition, SlotOverride
from storepulse.domain.experiments.metric_sources import PURCHASE

MOST_TOLD = 20


class NamedTest(NamedTuple):
    """A test as others see it."""

    name: str
    priority: int
    definition: Definition


def warnings_of(test: NamedTest, running: Sequence[NamedTest]) -> list[str]:
    """What to tell the author of a test, beside which others are running or paused."""
    told = list(_of_metrics(test.definition))
    for other in running:
        told += _of_meeting(test, other)
    return told[:MOST_TOLD]


def changed_properties(definition: Definition) -> set[str]:
    """What the variants of a test change of a page: `slots.hero.props.title`, `template`."""
    changed: set[str] = set()
    for variant in definition.variants:
        if variant.page_template is not None:
            changed.add("template")
        if variant.slot_configuration is not None:
            changed.add("slots")
        for slot_id, override in variant.slot_overrides.items():
            changed.update(_of_override(f"slots.{slot_id}", override))
    return changed


def _of_metrics(definition: Definition) -> Iterator[str]:
    if definition.metric.kind == "ratio":
        yield (
            f"{definition.primary_metric} decides and is a ratio: it looks at those alone who have"
            " its denominator, such as buyers, whom the variant itself may change"
        )
    for metric in definition.metrics:
        has_cap = metric.auto_cap or metric.cap is not None
        if metric.kind == "sum" and metric.source == PURCHASE and not has_cap:
            yield f"{metric.key} has no cap: a few large orders may hide what a variant does"


def _of_meeting(test: NamedTest, other: NamedTest) -> Iterator[str]:
    if not _may_share_visitors(test.definition, other.definition):
        return
    shared = _shared(changed_properties(test.definition), changed_properties(other.definition))
    if not shared:
        return
    first = max(test, other, key=lambda one: one.priority)
    wins = f"{first.name} wins" if test.priority != other.priority else "the smaller id wins"
    yield f"{', '.join(sorted(shared))} is also changed by the test {other.name}: {wins}"


def _may_share_visitors(one: Definition, other: Definition) -> bool:
    if one.group and other.group and one.group.group_id == other.group.group_id:
        return False
    return all(
        not mine or not theirs or set(mine) & set(theirs)
        for mine, theirs in (
            (one.targeting.page_types, other.targeting.page_types),
            (one.targeting.slugs, other.targeting.slugs),
            (one.targeting.devices, other.targeting.devices),
            (one.targeting.countries, other.targeting.countries),
        )
    )


def _shared(mine: Iterable[str], theirs: Iterable[str]) -> set[str]:
    """Properties that both change, or of which one lies in what the other replaces."""
    return {
        max(a, b, key=len)
        for a in mine
        for b in theirs
        if a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")
    }


def _of_override(place: str, override: SlotOverride) -> Iterator[str]:
    for name in ("enabled", "component", "position"):
        if getattr(override, name) is not None:
            yield f"{place}.{name}"
    yield from _leaves(f"{place}.props", override.props or {})


def _leaves(place: str, values: Mapping[str, Any]) -> Iterator[str]:
    left: list[tuple[str, Mapping[str, Any]]] = [(place, values)]
    while left:
        inside, found = left.pop()
        for name, value in found.items():
            if isinstance(value, Mapping) and value:
                left.append((f"{inside}.{name}", value))
            else:
                yield f"{inside}.{name}"
