"""Tests and pages as authors write them: the fields of the JSON, with their types only.

`authoring.py` and `authored_pages.py` check their values.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from storepulse.domain.errors import REQUIRED, Rejected, reason_of_type
from storepulse.domain.experiments.definition import Direction, MetricKind, Visitors

T = TypeVar("T")

_PLACE = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`\Z")
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]*)`")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")
#: The maximum length of a path or a reason in an answer.
_MOST_SAID = 300


class Authored(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of an author's input; unknown fields are refused."""


class AuthoredOverride(Authored):
    """A variant's change of one slot."""

    props: dict[str, Any] | None = None
    enabled: bool | None = None
    component: str | None = None
    position: int | None = None


class AuthoredSlot(Authored):
    """One block of a page."""

    slot_id: str
    component: str
    position: int = 0
    enabled: bool = True
    props: dict[str, Any] | None = None


class AuthoredPage(Authored):
    """The base configuration of a page."""

    template: str | None = None
    slots: list[AuthoredSlot] = []


class AuthoredVariant(Authored):
    """One variant; `weight` in basis points."""

    variant_id: str
    weight: int
    name: str | None = None
    is_control: bool = False
    slot_overrides: dict[str, AuthoredOverride] | None = None
    page_template: str | None = None
    slot_configuration: list[AuthoredSlot] | None = None
    payload: dict[str, Any] | None = None


class AuthoredMetric(Authored):
    """One metric; `cap` is a number, "auto" or null."""

    key: str
    kind: MetricKind
    source: str | None = None
    currency: str | None = None
    cap: float | str | msgspec.UnsetType | None = msgspec.UNSET
    numerator: str | None = None
    denominator: str | None = None
    direction: Direction = "increase"


class AuthoredTargeting(Authored):
    """Whom the test is for."""

    page_types: list[str] = []
    slugs: list[str] = []
    devices: list[str] = []
    countries: list[str] = []
    visitors: Visitors = "all"
    utm: dict[str, list[str]] = {}


class AuthoredGroup(Authored):
    """A range of an exclusive group's buckets."""

    group_id: str
    start: int
    end: int


class AuthoredTest(Authored):
    """A complete test; None means the default."""

    name: str
    variants: list[AuthoredVariant]
    metrics: list[AuthoredMetric]
    description: str | None = None
    priority: int = 0
    primary_metric: str | None = None
    traffic: int | None = None
    targeting: AuthoredTargeting | None = None
    group: AuthoredGroup | None = None
    alpha: float | None = None
    window_hours: int | None = None
    pre_days: int | None = None
    n_star: int | None = None
    baseline_rate: float | None = None
    relative_effect: float | None = None
    power: float | None = None


def read(document: Any, kind: type[T]) -> T:
    """Convert parsed JSON to an author's input. Raises Rejected with the field's path."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _rejected_of(str(error)) from None


def _rejected_of(text: str) -> Rejected:
    """Convert msgspec's message to field and reason."""
    place = _PLACE.search(text)
    path = _INDEX.sub(r".\1", place["path"]).lstrip(".") if place else ""
    reason = text[: place.start()] if place else text
    named = _NAMED.fullmatch(reason)
    if named:
        path = f"{path}.{named['name']}" if path else named["name"]
        known = named["what"].startswith("missing")
        reason = REQUIRED if known else "is not a field of this object"
    elif reason.startswith("Invalid enum value"):
        reason = f"is not a known value: {reason.removeprefix('Invalid enum value ')}"
    else:
        reason = reason_of_type(reason)
    return Rejected(path[:_MOST_SAID] or "body", reason[:_MOST_SAID])
