"""`/api/plans`, `/api/meters`, a store's plan, and `/api/usage/{store_id}/limits`.

Plans are the platform's: keys with scope `admin` that are tied to no store. A key that is tied to a
store sees which plan it has, and what is left of it.
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
    """Makes a plan, or replaces what it says; gateways judge by it within seconds."""
    limits, now = limits_of(body.limits), system_clock()
    row = await administer(
        request,
        lambda c: plan_changes.set_plan(c, reader.caller, plan, limits, now, body.description),
    )
    return PlanAnswer(data=PlanShown.of(row))


@router.delete("/api/plans/{plan}", responses=error_responses_of(404, 409))
async def remove_plan(request: Request, reader: CanAdminister, plan: str) -> PlanList:
    """Removes a plan that no store has or will have, and answers those that are left."""
    now = system_clock()
    await administer(request, lambda c: plan_changes.remove_plan(c, reader.caller, plan, now))
    rows = await administer(request, plan_changes.list_plans)
    return PlanList(data=list(map(PlanShown.of, rows)))


@router.get("/api/stores/{store_id}/plan", responses=error_responses_of(404))
async def show_store_plan(request: Request, reader: CanAdminister, store_id: UUID) -> AssignedPlans:
    """The plans that a store has, had and will have, the newest first."""
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
    """Gives a store a plan, or none, at once or from a day of its own. Changes that were to begin
    later are given up."""
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
    """The meters that are described; every other one is a sum."""
    rows = await database(request).rows(
        plan_changes.STATEMENTS["meters"], {"count": plan_changes.MOST_METERS}
    )
    return MeterList(data=[MeterShown.of(MeterRow(**row)) for row in rows])


@router.put("/api/meters/{meter}", responses=error_responses_of(409))
async def change_meter(
    request: Request, reader: CanAdminister, meter: str, body: Annotated[MeterGiven, Body()]
) -> MeterAnswer:
    """Says what a meter counts; limits are held against it from now on, in this period too."""
    wanted = MeterRow(meter, body.aggregation, body.unit, body.description)
    row = await administer(request, lambda c: plan_changes.set_meter(c, reader.caller, wanted))
    return MeterAnswer(data=MeterShown.of(row))


@router.get("/api/usage/{store_id}/limits")
async def show_store_limits(request: Request, reader: CanRead, store_id: UUID) -> StoreLimitsAnswer:
    """The plan of a store, its limits in the period that is open, and what is left of them."""
    of_store = reader.store(store_id)
    rows = await database(request).rows(USE_OF_STORE, {"store_id": of_store})
    return StoreLimitsAnswer.of(store_id, use_of_rows(rows))
