"""`/api/ab-testing/{store_id}/test/{test_id}/results`: a test's results, in total and by day."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from storepulse.adapters.http.errors import RequestRefused
from storepulse.experiments.results import (
    NoResults,
    read_days_of_snapshot,
    read_results_of_snapshot,
)
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.experiment_result_models import ExperimentDaysAnswer, ExperimentResultsAnswer
from storepulse.query.wire import Text

router = APIRouter(
    route_class=CheckedRoute, tags=["experiments"], responses=error_responses_of(400, 401, 403, 503)
)


class ResultsFilter(BaseModel):
    """Which phase."""

    model_config = ConfigDict(extra="forbid")

    phase: int | None = Field(None, ge=1, le=2**31 - 1, description="Default: the last one")


class ResultDaysFilter(ResultsFilter):
    """Which phase, and which of its metrics."""

    metric: Text | None = Field(None, description="Its key. Default: the one that decides")


@router.get("/api/ab-testing/{store_id}/test/{test_id}/results", responses=error_responses_of(404))
async def get_experiment_results(
    request: Request,
    reader: CanRead,
    store_id: Annotated[UUID, Path(description="The store")],
    test_id: Annotated[UUID, Path(description="A test of it")],
    query: Annotated[ResultsFilter, Query()],
) -> ExperimentResultsAnswer:
    """Visitors, figures and verdict of a phase: always valid, for one look, Bayesian and CUPED."""
    of_store = reader.one_store(store_id)
    try:
        found = await read_results_of_snapshot(database(request), of_store, test_id, query.phase)
    except NoResults as error:
        raise RequestRefused(404, str(error), "NOT_FOUND") from None
    return ExperimentResultsAnswer.of(found)


@router.get(
    "/api/ab-testing/{store_id}/test/{test_id}/results/days", responses=error_responses_of(404)
)
async def list_experiment_days(
    request: Request,
    reader: CanRead,
    store_id: Annotated[UUID, Path(description="The store")],
    test_id: Annotated[UUID, Path(description="A test of it")],
    query: Annotated[ResultDaysFilter, Query()],
) -> ExperimentDaysAnswer:
    """What a look at a metric would have shown on each day; always valid, so each can be
    trusted."""
    of_store = reader.one_store(store_id)
    try:
        found = await read_days_of_snapshot(
            database(request), of_store, test_id, query.phase, query.metric
        )
    except NoResults as error:
        raise RequestRefused(404, str(error), "NOT_FOUND") from None
    return ExperimentDaysAnswer.of(found)
