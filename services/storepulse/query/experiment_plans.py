"""`/api/ab-testing/{store_id}/plan`: how many visitors a test needs, before it is created."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.definition import WHOLE
from storepulse.domain.experiments.planning import (
    MOST_DAYS,
    PlannedSize,
    PlannedTest,
    PlanQuestion,
    plan,
    shares_of,
)
from storepulse.experiments.measured_baseline import baseline_of
from storepulse.experiments.traffic import Traffic, read_traffic_of_snapshot
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.wire import Day, Text

router = APIRouter(
    route_class=CheckedRoute, tags=["experiments"], responses=error_responses_of(400, 401, 403, 503)
)


class PlanFilter(BaseModel):
    """The test to plan."""

    model_config = ConfigDict(extra="forbid")

    effect: float | None = Field(
        None, ge=-0.99, le=100, allow_inf_nan=False, examples=[0.1],
        description="The smallest relative effect to find: 0.1 is 10 %; left out: ask by days",
    )  # fmt: skip
    metric: Literal["share", "revenue"] = Field(
        "share", description="Visitors with an event of the source, or revenue a visitor"
    )
    source: Text = Field(
        "purchase", description="Events that are measured, such as add_to_cart or custom:NAME"
    )
    baseline: float | None = Field(
        None, gt=0, le=1e12, allow_inf_nan=False,
        description="Control's rate or mean; left out: measured in the last 14 whole days",
    )  # fmt: skip
    deviation: float | None = Field(
        None, gt=0, le=1e12, allow_inf_nan=False,
        description="Standard deviation of what one visitor spends, beside a baseline of revenue",
    )  # fmt: skip
    power: float = Field(0.8, ge=0.5, le=0.99, description="How surely the effect is found")
    alpha: float = Field(0.05, ge=0.001, le=0.2, description="The error rate that is allowed")
    split: Annotated[str, Field(max_length=200)] = Field(
        "50/50", description="Shares of control and of the variants", examples=["80/10/10"]
    )
    traffic: int = Field(
        WHOLE, ge=1, le=WHOLE, description="Visitors who take part, in basis points"
    )
    visitors_per_day: float | None = Field(
        None, gt=0, le=1e9, allow_inf_nan=False,
        description="New visitors of the test, before traffic; left out: measured",
    )  # fmt: skip
    days: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="Say also which effect a test of so many days finds"
    )
    window_hours: int = Field(72, ge=1, le=720, description="In which a visitor converts")


class MethodPlan(BaseModel):
    """What one method of decision requires."""

    visitors_by_variant: list[int] = Field(description="Control first")
    visitors: int = Field(description="All together")
    days: int | None = Field(description="Whole weeks and the window; null without visitors a day")
    critical_value: float = Field(description="Standard errors from 0 that are conclusive")

    @classmethod
    def of(cls, size: PlannedSize) -> MethodPlan:
        """The model of a size."""
        return cls(
            visitors_by_variant=list(size.by_variant),
            visitors=size.visitors,
            days=size.days,
            critical_value=size.critical,
        )


class PlannedSizes(BaseModel):
    """The sizes for both methods."""

    always_valid: MethodPlan = Field(description="Looked at as often as one likes; results go so")
    fixed: MethodPlan = Field(description="Looked at once, at the end")


class DetectableEffects(BaseModel):
    """The smallest relative effects that can be found in the given days; null: none."""

    always_valid: float | None
    fixed: float | None


class MeasuredTraffic(BaseModel):
    """The measured whole days of the store."""

    start: Day = Field(serialization_alias="from")
    end: Day = Field(serialization_alias="to", description="First day after")
    visitors: int = Field(description="Distinct over these days")
    converters: int = Field(description="Of them, with an event of the source; 0 beside a baseline")
    currency: str | None = Field(description="Of revenue: that of most purchases")

    @classmethod
    def of(cls, traffic: Traffic) -> MeasuredTraffic:
        """The model of measured traffic."""
        return cls(
            start=traffic.first_day,
            end=traffic.end_day,
            visitors=traffic.visitors_of_all,
            converters=traffic.converters,
            currency=traffic.currency,
        )


class ExperimentPlan(BaseModel):
    """A plan."""

    metric: Literal["share", "revenue"]
    baseline: float
    deviation: float | None = Field(description="Null for shares")
    effect: float | None
    visitors_per_day: float | None
    measured: MeasuredTraffic | None = Field(description="Null where nothing had to be measured")
    sizes: PlannedSizes | None = Field(description="Null without an effect")
    detectable: DetectableEffects | None = Field(description="Null without days")
    n_star: int = Field(description="Visitors of control and one variant that the test is tuned to")


class ExperimentPlanAnswer(BaseModel):
    """A plan of a test."""

    status: Literal["success"] = "success"
    data: ExperimentPlan


@router.get("/api/ab-testing/{store_id}/plan")
async def get_experiment_plan(
    request: Request,
    reader: CanRead,
    store_id: Annotated[UUID, Path(description="The store")],
    query: Annotated[PlanFilter, Query()],
) -> ExperimentPlanAnswer:
    """Visitors and days that a test needs, or the smallest effect found in some days."""
    of_store = reader.one_store(store_id)
    traffic = None
    if query.baseline is None or query.visitors_per_day is None:
        source = query.source if query.baseline is None else None
        traffic = await read_traffic_of_snapshot(database(request), of_store, source)
    question = _question_of(query, traffic)
    planned = plan(question)
    return ExperimentPlanAnswer(data=_answer_of(query, question, planned, traffic))


def _question_of(query: PlanFilter, traffic: Traffic | None) -> PlanQuestion:
    """Raises Rejected."""
    is_revenue = query.metric == "revenue"
    if query.deviation is not None and not is_revenue:
        raise Rejected("deviation", "is of revenue: a share has none of its own")
    if is_revenue and query.source != "purchase":
        raise Rejected("source", "of revenue is purchase")
    measured = traffic.visitors_a_day if traffic is not None else None
    return PlanQuestion(
        baseline=baseline_of(query.baseline, query.deviation, traffic, is_revenue=is_revenue),
        effect=query.effect,
        shares=shares_of(query.split),
        power=query.power,
        alpha=query.alpha,
        visitors_a_day=query.visitors_per_day or measured or None,
        traffic=query.traffic / WHOLE,
        days=query.days,
        window_hours=query.window_hours,
    )


def _answer_of(
    query: PlanFilter, question: PlanQuestion, planned: PlannedTest, traffic: Traffic | None
) -> ExperimentPlan:
    sizes = detectable = None
    if planned.sizes is not None:
        by_method = {name: MethodPlan.of(size) for name, size in planned.sizes.items()}
        sizes = PlannedSizes(**by_method)
    if planned.detectable is not None:
        detectable = DetectableEffects(**planned.detectable)
    return ExperimentPlan(
        metric=query.metric,
        baseline=question.baseline.value,
        deviation=question.baseline.deviation,
        effect=question.effect,
        visitors_per_day=question.visitors_a_day,
        measured=None if traffic is None else MeasuredTraffic.of(traffic),
        sizes=sizes,
        detectable=detectable,
        n_star=planned.n_star,
    )
