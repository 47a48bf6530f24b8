"""Requests of authors of experiments. The domain's rules define which values are valid."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from storepulse.domain.experiments import previews
from storepulse.domain.experiments.authored import AuthoredPage, AuthoredTest, read
from storepulse.domain.experiments.definition import Direction, MetricKind, Status, Visitors
from storepulse.domain.experiments.names import DEVICES, ID_TEXT
from storepulse.query.store_models import PageFilter
from storepulse.query.wire import Instant, Json

_ID = {"pattern": f"^{ID_TEXT}$"}
#: The pattern is in the document only: the domain's rules give better error messages.
Id = Annotated[str, Field(json_schema_extra=_ID)]


class _Part(BaseModel):
    """A part of a body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def sent_fields(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class OverrideGiven(_Part):
    """A variant's changes to one slot; null keeps the slot's value."""

    props: Json | None = Field(None, description="Merged deeply into the slot's")
    enabled: bool | None = None
    component: str | None = None
    position: int | None = Field(None, ge=0)


class SlotGiven(_Part):
    """One block of a page."""

    slot_id: Id = Field(examples=["hero"])
    component: str = Field(examples=["Banner"])
    position: int = Field(0, ge=0)
    enabled: bool = True
    props: Json | None = None


class PageGiven(_Part):
    """The base configuration of a page."""

    template: str | None = None
    slots: list[SlotGiven] = Field([], max_length=200)

    def authored(self) -> AuthoredPage:
        """The page as a domain value. Raises Rejected."""
        return read(self.sent_fields(), AuthoredPage)


class VariantGiven(_Part):
    """One variant."""

    variant_id: Id = Field(examples=["green"])
    weight: int = Field(
        ge=0, le=10_000, description="Its share in basis points: 5000 is half. All add up to 10000"
    )
    name: str | None = Field(None, description="For people; by default the id")
    is_control: bool = Field(
        False, description="The others are held against it. Without one it is the first variant"
    )
    slot_overrides: dict[str, OverrideGiven] | None = Field(None, description="By slot")
    page_template: str | None = None
    slot_configuration: list[SlotGiven] | None = Field(
        None, description="Replaces the layout of the page"
    )
    payload: Json | None = Field(None, description="For the page that asks; means nothing here")


class MetricGiven(_Part):
    """What is measured for each visitor."""

    key: Id = Field(examples=["bought"])
    kind: MetricKind = Field(
        description="binary: whether an event came; count: how many; sum: of their values;"
        " ratio: of two other metrics"
    )
    source: str | None = Field(
        None,
        examples=["purchase"],
        description="purchase, add_to_cart, cart_add, page_view, product_view, checkout_start,"
        " search, remove_from_cart, conversion, custom:<name> or metric:<name>",
    )
    currency: str | None = Field(None, description="Required for sums of prices", examples=["EUR"])
    cap: float | str | None = Field(
        None,
        description="A visitor's total counts up to it: a number, null for none, auto for the 99th"
        " percentile of buyers when the phase begins. Left out, sums of purchases have auto",
    )
    numerator: str | None = Field(None, description="Of a ratio: the key of a metric")
    denominator: str | None = Field(None, description="Of a ratio: the key of a metric")
    direction: Direction = Field("increase", description="Which change is better")


class TargetingGiven(_Part):
    """Who takes part in the test; an empty list includes everyone."""

    page_types: list[str] = []
    slugs: list[str] = []
    devices: list[str] = Field([], description=f"Of {', '.join(DEVICES)}")
    countries: list[str] = Field([], description="ISO 3166 codes", examples=[["DE", "AT"]])
    visitors: Visitors = "all"
    utm: dict[str, list[str]] = Field(
        {}, description="Of source, medium, campaign, term, content: the values that count"
    )


class GroupGiven(_Part):
    """The test's range of an exclusive group: tests of one group share no visitor."""

    group_id: Id
    start: int = Field(ge=0, lt=10_000, description="The first bucket")
    end: int = Field(ge=1, le=10_000, description="The first bucket behind the range")


class ExperimentGiven(_Part):
    """A complete test; null means the default."""

    name: str = Field(examples=["Green button"])
    variants: list[VariantGiven] = Field(description="2 to 10")
    metrics: list[MetricGiven] = Field(description="1 to 20")
    description: str | None = None
    priority: int = Field(
        0, description="Where two tests change one property of a page, the greater one wins"
    )
    primary_metric: str | None = Field(
        None, description="The metric that decides; by default the first that is not a ratio"
    )
    traffic: int | None = Field(
        None, description="Share of visitors who take part, in basis points; default 10000"
    )
    targeting: TargetingGiven | None = None
    group: GroupGiven | None = None
    alpha: float | None = Field(None, description="0.001 to 0.2; default 0.05")
    window_hours: int | None = Field(
        None, description="How long after first seeing a variant events count; default 72"
    )
    pre_days: int | None = Field(None, description="Days before that are compared with; default 14")
    n_star: int | None = Field(
        None, description="Planned visitors of control and one variant; default: by the traffic"
    )
    baseline_rate: float | None = Field(None, description="Of the plan: the control's rate")
    relative_effect: float | None = Field(None, description="Of the plan: 0.1 is 10 % more")
    power: float | None = Field(None, description="Of the plan; default 0.8")

    def authored(self) -> AuthoredTest:
        """The test as a domain value. Raises Rejected."""
        return read(self.sent_fields(), AuthoredTest)


class StartGiven(BaseModel):
    """When a test began to run."""

    model_config = ConfigDict(extra="forbid")

    started_at: Instant | None = Field(
        None,
        description="Of a draft whose variants visitors have seen since then already, told later:"
        " within the last 30 days. null: it begins now",
    )


class WinnerGiven(BaseModel):
    """How to end a test."""

    model_config = ConfigDict(extra="forbid", strict=True)

    winner: str | None = Field(
        None, description="The variant that everybody gets from now on; null: the page as it was"
    )


class PreviewGiven(BaseModel):
    """Which variant to show, and for how long."""

    model_config = ConfigDict(extra="forbid", strict=True)

    variant_id: str
    expires_in: int = Field(
        previews.USUAL_SECONDS, ge=60, le=previews.LONGEST_SECONDS, description="Seconds"
    )


class ExperimentFilter(PageFilter):
    """Which tests."""

    status: Status | None = Field(None, description="Of this status only")
