"""`/api/plans`, `/api/meters`, a store's plan, and `/api/usage/{store_id}/limits`.

Plans belong to the platform: they require a key with scope `admin` that is not tied to a store. A
key that is tied to a store sees that store's plan and what is left of it.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request

from storepulse.access import plan_changes
from storepulse.access.limit_use import USE_OF_STORE, use_of_rows
from storepulse.access.plan_changes import MeterRow
from storepulse.adapters.clock import system_clock
from storepulse.query.administering import administer
from storepulse.query.app_state import CanAdminister, CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.plan_models import (
    AssignedPlan,
    AssignedPlans,
    MeterAnswer,
    MeterGiven,
    MeterList,
    MeterShown,
    PlanAnswer,
    PlanGiven,
    PlanList,
    PlanShown,
    PlanToAssign,
    StoreLimitsAnswer,
    limits_of,
)

router = APIRouter(
    route_class=CheckedRoute, tags=["plans"], responses=error_responses_of(400, 401, 403, 503)
)


@router.get("/api/plans")
async def list_plans(request: Request, reader: CanAdminister) -> PlanList:
    """All plans, by name."""
    rows = await administer(request, plan_changes.list_plans)
    return PlanList(data=list(map(PlanShown.of, rows)))


@router.get("/api/plans/{plan}", responses=error_responses_of(404))
async def show_plan(request: Request, reader: CanAdminister, plan: str) -> PlanAnswer:
    """One plan with its limits."""
    row = await administer(request, lambda c: plan_changes.find_plan(c, plan))
    return PlanAnswer(data=PlanShown.of(row))


@router.put("/api/plans/{plan}", responses=error_responses_of(409))
async def change_plan(
    request: Request, reader: CanAdminister, plan: str, body: Annotated[PlanGiven, Body()]
) -> PlanAnswer:
    """Create or replace a plan. Gateways apply it within seconds."""
    limits, now = limits_of(body.limits), system_clock()
    row = await administer(
        request,
        lambda c: plan_changes.set_plan(c, reader.caller, plan, limits, now, body.description),
    )
    return PlanAnswer(data=PlanShown.of(row))


@router.delete("/api/plans/{plan}", responses=error_responses_of(404, 409))
async def remove_plan(request: Request, reader: CanAdminister, plan: str) -> PlanList:
    """Remove a plan that no store has or will have. Returns the remaining plans."""
    now = system_clock()
    await administer(request, lambda c: plan_changes.remove_plan(c, reader.caller, plan, now))
    rows = await administer(request, plan_changes.list_plans)
    return PlanList(data=list(map(PlanShown.of, rows)))


@router.get("/api/stores/{store_id}/plan", responses=error_responses_of(404))
async def show_store_plan(request: Request, reader: CanAdminister, store_id: UUID) -> AssignedPlans:
    """The past, current and future plans of a store, newest first."""
    rows = await administer(
        request, lambda c: plan_changes.list_assignments(c, reader.caller, store_id)
    )
    return AssignedPlans(data=list(map(AssignedPlan.of, rows)))


@router.put("/api/stores/{store_id}/plan", responses=error_responses_of(404))
async def change_store_plan(
    request: Request,
    reader: CanAdminister,
    store_id: UUID,
    body: Annotated[PlanToAssign, Body()],
) -> AssignedPlans:
    """Give a store a plan, or none, at once or from a given day. Scheduled later changes are
    cancelled."""
    limits, now = limits_of(body.limits), system_clock()
    rows = await administer(
        request,
        lambda c: plan_changes.assign_plan(
            c, reader.caller, store_id, body.plan, now, limits, body.from_day
        ),
    )
    return AssignedPlans(data=list(map(AssignedPlan.of, rows)))


@router.get("/api/meters")
async def list_meters(request: Request, reader: CanRead) -> MeterList:
    """The meters with a description; every other meter is a sum."""
    rows = await database(request).rows(
        plan_changes.STATEMENTS["meters"], {"count": plan_changes.MOST_METERS}
    )
    return MeterList(data=[MeterShown.of(MeterRow(**row)) for row in rows])


@router.put("/api/meters/{meter}", responses=error_responses_of(409))
async def change_meter(
    request: Request, reader: CanAdminister, meter: str, body: Annotated[MeterGiven, Body()]
) -> MeterAnswer:
    """Describe a meter. Limits use it from now on, also in the current period."""
    wanted = MeterRow(meter, body.aggregation, body.unit, body.description)
    row = await administer(request, lambda c: plan_changes.set_meter(c, reader.caller, wanted))
    return MeterAnswer(data=MeterShown.of(row))


@router.get("/api/usage/{store_id}/limits")
async def show_store_limits(request: Request, reader: CanRead, store_id: UUID) -> StoreLimitsAnswer:
    """A store's plan, its limits in the open period, and what is left of them."""
    of_store = reader.store(store_id)
    rows = await database(request).rows(USE_OF_STORE, {"store_id": of_store})
    return StoreLimitsAnswer.of(store_id, use_of_rows(rows))
