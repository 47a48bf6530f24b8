"""Answers to authors of experiments: the complete definition, and its state."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from storepulse.domain.experiments.definition import (
    Definition,
    Direction,
    Metric,
    MetricKind,
    Status,
    Visitors,
)
from storepulse.experiments.pages import PageRow
from storepulse.experiments.rows import PhaseRow, ShownTest, TestRow
from storepulse.query.wire import Json, Quantity, Utc, quantity_text

_WHO = "The first characters of a key, or cli"
_TAG = "One more with each change; the answer's ETag"


class OverrideShown(BaseModel):
    """A variant's changes to one slot."""

    props: Json | None
    enabled: bool | None
    component: str | None
    position: int | None


class SlotShown(BaseModel):
    """One block of a page."""

    slot_id: str
    component: str
    position: int
    enabled: bool
    props: Json


class VariantShown(BaseModel):
    """One variant."""

    variant_id: str
    weight: int = Field(description="In basis points")
    name: str
    is_control: bool
    slot_overrides: dict[str, OverrideShown]
    page_template: str | None
    slot_configuration: list[SlotShown] | None
    payload: Json


class MetricShown(BaseModel):
    """What is measured for each visitor."""

    key: str
    kind: MetricKind
    source: str | None
    currency: str | None
    cap: str | None = Field(description="A number, or auto", examples=["250.5"])
    numerator: str | None
    denominator: str | None
    direction: Direction

    @classmethod
    def of(cls, metric: Metric) -> MetricShown:
        """The model of a metric."""
        own = {name: getattr(metric, name) for name in cls.model_fields}
        cap = None if metric.cap is None else quantity_text(metric.cap)
        return cls(**{**own, "cap": "auto" if metric.auto_cap else cap})


class TargetingShown(BaseModel):
    """Who takes part in the test."""

    page_types: list[str]
    slugs: list[str]
    devices: list[str]
    countries: list[str]
    visitors: Visitors
    utm: dict[str, list[str]]


class GroupShown(BaseModel):
    """The test's range of an exclusive group."""

    group_id: str
    start: int
    end: int


class PhaseShown(BaseModel):
    """A phase with its frozen settings."""

    phase: int
    started_at: Utc
    ended_at: Utc | None
    n_star: int | None = Field(description="Planned visitors of control and one variant")
    weights: dict[str, int] = Field(description="By variant, in basis points")
    caps: dict[str, Quantity | None] = Field(
        description="By metric; null: none, also where too few had bought for an automatic one"
    )

    @classmethod
    def of(cls, row: PhaseRow) -> PhaseShown:
        """The model of a row."""
        settings = row.known_settings
        return cls(
            phase=row.phase,
            started_at=row.started_at,
            ended_at=row.ended_at,
            n_star=settings.n_star,
            weights={variant.variant_id: variant.weight for variant in settings.variants},
            caps={metric.key: metric.cap for metric in settings.metrics if metric.kind != "ratio"},
        )


class ExperimentShown(BaseModel):
    """A test: its definition, its state, and its phases."""

    test_id: UUID
    store_id: UUID
    name: str
    description: str | None
    status: Status
    priority: int
    phase: int = Field(description="The current or last one; 0: it was never started")
    winner: str | None = Field(description="The variant that a completed test declared")
    version: int = Field(description=_TAG)
    created_at: Utc
    created_by: str = Field(description=_WHO)
    updated_at: Utc
    variants: list[VariantShown]
    metrics: list[MetricShown]
    primary_metric: str
    traffic: int
    targeting: TargetingShown
    group: GroupShown | None
    alpha: float
    window_hours: int
    pre_days: int
    n_star: int | None
    baseline_rate: float | None
    relative_effect: float | None
    power: float
    phases: list[PhaseShown]

    @classmethod
    def of(cls, shown: ShownTest) -> ExperimentShown:
        """The model of a test with its phases."""
        definition = shown.row.known_definition
        said = {name: getattr(definition, name) for name in Definition.__struct_fields__}
        own = {name: getattr(shown.row, name) for name in cls.model_fields if name in _OF_ROW}
        plain = {name: plain_of(value) for name, value in (said | own).items()}
        return cls(
            **plain
            | {
                "metrics": list(map(MetricShown.of, definition.metrics)),
                "phases": list(map(PhaseShown.of, shown.phases)),
            }
        )


_OF_ROW = frozenset(field.name for field in fields(TestRow)) - {"definition"}


class ExperimentAnswer(BaseModel):
    """One test."""

    status: Literal["success"] = "success"
    data: ExperimentShown
    warnings: list[str] = Field(
        description="What the author should know: metrics that mislead, tests that meet on a page"
    )

    @classmethod
    def of(cls, shown: ShownTest) -> ExperimentAnswer:
        """The answer for a test."""
        return cls(data=ExperimentShown.of(shown), warnings=list(shown.warnings))


class ExperimentListed(BaseModel):
    """A test in a list."""

    test_id: UUID
    name: str
    status: Status
    priority: int
    phase: int
    winner: str | None
    version: int = Field(description=_TAG)
    created_at: Utc
    created_by: str = Field(description=_WHO)
    updated_at: Utc
    primary_metric: str
    variants: list[str] = Field(description="Their ids")


class ExperimentPage(BaseModel):
    """Tests of a store, newest first."""

    status: Literal["success"] = "success"
    data: list[ExperimentListed]
    next_cursor: str | None


class ExperimentRemoved(BaseModel):
    """The draft was deleted."""

    status: Literal["success"] = "success"


class PreviewShown(BaseModel):
    """The token of a link."""

    token: str = Field(description="Sent as `preview=` to the paths that pages ask")
    variant_id: str
    expires_at: Utc


class PreviewAnswer(BaseModel):
    """A preview."""

    status: Literal["success"] = "success"
    data: PreviewShown


class PageShown(BaseModel):
    """The base configuration of a page."""

    store_id: UUID
    page_type: str
    slug: str
    template: str | None
    slots: list[SlotShown]
    version: int = Field(description=_TAG)
    updated_at: Utc
    updated_by: str = Field(description=_WHO)

    @classmethod
    def of(cls, row: PageRow) -> PageShown:
        """The model of a row."""
        page = row.known_page
        own = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls(**own, template=page.template, slots=plain_of(page.slots))


class PageConfigAnswer(BaseModel):
    """One page."""

    status: Literal["success"] = "success"
    data: PageShown


class PageConfigList(BaseModel):
    """Pages of a store, by type and slug."""

    status: Literal["success"] = "success"
    data: list[PageShown]
    next_cursor: str | None


def plain_of(value: Any) -> Any:
    """Structs as objects with all fields, tuples as lists; other values unchanged."""
    if isinstance(value, msgspec.Struct):
        return {name: plain_of(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return [plain_of(one) for one in value]
    if isinstance(value, dict):
        return {name: plain_of(one) for name, one in value.items()}
    return value
