"""Models of `/api/plans`, `/api/meters`, a store's plan and its limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from storepulse.access.limit_use import LimitUse, StoreUse
from storepulse.access.plan_changes import MeterRow, PlanRow, StorePlanRow
from storepulse.domain.currencies import decimal_of
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import Aggregation, Level, PlanLimit
from storepulse.query.wire import Day, Quantity, Utc


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    if not isinstance(value, str):
        return value
    try:
        return decimal_of("", value)
    except Rejected as rejected:
        raise ValueError(rejected.reason) from None


#: 0 or more, with at most 4 decimals.
Amount = Annotated[Decimal, BeforeValidator(_number), Field(strict=False, ge=0)]
_SOFT = "From here on the sender is warned; null: never"
_HARD = "From here on events are refused with 402; null: never"


class LimitGiven(BaseModel):
    """The limits of a meter's use in a period."""

    model_config = ConfigDict(extra="forbid", strict=True)

    soft: Amount | None = Field(None, description=_SOFT, examples=["80000"])
    hard: Amount | None = Field(None, description=_HARD, examples=["100000"])


LimitsGiven = Annotated[
    dict[str, LimitGiven],
    Field(description="By meter", examples=[{"event": {"soft": "80000", "hard": "100000"}}]),
]


def limits_of(given: dict[str, LimitGiven]) -> dict[str, PlanLimit]:
    """The request's limits as domain values."""
    return {meter: PlanLimit(limit.soft, limit.hard) for meter, limit in given.items()}


class LimitShown(BaseModel):
    """A stored limit."""

    soft: Quantity | None = Field(description=_SOFT)
    hard: Quantity | None = Field(description=_HARD)

    @classmethod
    def of(cls, limits: dict[str, PlanLimit]) -> dict[str, LimitShown]:
        """Limits by meter."""
        return {meter: cls(soft=limit.soft, hard=limit.hard) for meter, limit in limits.items()}


class PlanGiven(BaseModel):
    """A plan. Meters that it does not name are unlimited."""

    model_config = ConfigDict(extra="forbid", strict=True)

    description: str | None = Field(None, max_length=2_000)
    limits: LimitsGiven = {}


class PlanShown(BaseModel):
    """A plan with its limits."""

    plan: str
    description: str | None
    limits: dict[str, LimitShown] = Field(description="By meter")
    created_at: Utc
    created_by: str = Field(description="The first characters of a key, or cli")
    updated_at: Utc

    @classmethod
    def of(cls, row: PlanRow) -> PlanShown:
        """The model of a row."""
        own = {name: getattr(row, name) for name in cls.model_fields if name != "limits"}
        return cls(**own, limits=LimitShown.of(row.limits))


class PlanAnswer(BaseModel):
    """One plan."""

    status: Literal["success"] = "success"
    data: PlanShown


class PlanList(BaseModel):
    """All plans, by name."""

    status: Literal["success"] = "success"
    data: list[PlanShown]


class PlanToAssign(BaseModel):
    """The plan to give to a store."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan: str | None = Field(max_length=200, description="Null: none, and no limit")
    from_day: Annotated[date, Field(strict=False)] | None = Field(
        None, description="Its first day, by the store's zone; left out: at once"
    )
    limits: LimitsGiven = Field({}, description="In place of the plan's, by meter")


class AssignedPlan(BaseModel):
    """A store's plan from an instant on."""

    plan: str | None = Field(description="Null: none, and no limit")
    from_at: Utc
    limits: dict[str, LimitShown] = Field(description="In place of the plan's, by meter")
    assigned_at: Utc
    assigned_by: str = Field(description="The first characters of a key, or cli")

    @classmethod
    def of(cls, row: StorePlanRow) -> AssignedPlan:
        """The model of a row."""
        own = {name: getattr(row, name) for name in cls.model_fields if name != "limits"}
        return cls(**own, limits=LimitShown.of(row.limits))


class AssignedPlans(BaseModel):
    """The plans of a store, newest first, including future ones."""

    status: Literal["success"] = "success"
    data: list[AssignedPlan]


class MeterGiven(BaseModel):
    """How a meter counts."""

    model_config = ConfigDict(extra="forbid", strict=True)

    aggregation: Aggregation = Field(
        "sum", description="The figure of a period that limits are held against"
    )
    unit: str | None = Field(None, max_length=1_000, examples=["images"])
    description: str | None = Field(None, max_length=2_000)


class MeterShown(BaseModel):
    """How a meter counts."""

    meter: str
    aggregation: Aggregation
    unit: str | None
    description: str | None
    is_built_in: bool = Field(description="Whether Storepulse counts it itself")

    @classmethod
    def of(cls, row: MeterRow) -> MeterShown:
        """The model of a row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class MeterAnswer(BaseModel):
    """One meter."""

    status: Literal["success"] = "success"
    data: MeterShown


class MeterList(BaseModel):
    """The meters with a description; every other meter is a sum."""

    status: Literal["success"] = "success"
    data: list[MeterShown]


class MeterUse(BaseModel):
    """A limit of a store, and the use of it in the period."""

    meter: str
    aggregation: Aggregation
    unit: str | None
    soft: Quantity | None = Field(description=_SOFT)
    hard: Quantity | None = Field(description=_HARD)
    used: Quantity
    remaining: Quantity | None = Field(description="Until the hard limit; null without one")
    reached: Level | None = Field(description="The limit that is reached, the hard one first")

    @classmethod
    def of(cls, use: LimitUse) -> MeterUse:
        """The model of a limit's use."""
        own = {name: getattr(use, name) for name in cls.model_fields if name != "reached"}
        return cls(**own, reached=use.level)


class StoreLimits(BaseModel):
    """The limits of a store in the open period."""

    store_id: UUID
    plan: str | None = Field(description="Null: the store has none, and no limit")
    plan_since: Utc | None
    period: Day = Field(description="Its first day: a month of the store's calendar")
    starts_at: Utc
    ends_at: Utc = Field(description="Exclusive; what is used begins at 0 then")
    limits: list[MeterUse] = Field(description="By meter; a meter without a limit is left out")


class StoreLimitsAnswer(BaseModel):
    """The limits of a store."""

    status: Literal["success"] = "success"
    data: StoreLimits

    @classmethod
    def of(cls, store_id: UUID, use: StoreUse) -> StoreLimitsAnswer:
        """The answer for a store's use."""
        shown = StoreLimits(
            store_id=store_id,
            plan=use.plan,
            plan_since=use.plan_since,
            period=use.period,
            starts_at=use.starts_at,
            ends_at=use.ends_at,
            limits=list(map(MeterUse.of, use.limits)),
        )
        return cls(data=shown)
