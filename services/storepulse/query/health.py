"""`/healthz` (the process lives), `/readyz` (it can read), `/metrics`."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel

from storepulse.adapters import metrics
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.errors import Transient
from storepulse.query.app_state import database
from storepulse.query.errors import error_responses_of

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The service is healthy."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def get_health() -> Health:
    """200 while the process lives."""
    return Health()


@router.get("/readyz", responses=error_responses_of(401, 403, 503))
async def get_readiness(request: Request) -> Health:
    """200 while PostgreSQL answers and its schema is there, else 503."""
    if not (await database(request).row(named_sql("query/service")["migrated"], {}))["migrated"]:
        raise Transient("the database has no schema; run: storepulse migrate up")
    return Health()


@router.get(
    "/metrics", response_class=PlainTextResponse, responses=error_responses_of(401, 403, 503)
)
async def get_metrics(request: Request) -> Response:
    """Metrics in Prometheus' text format."""
    database(request).report()
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)
