"""`/healthz` (the process is alive), `/readyz` (it can read), `/metrics`."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel

from storepulse.adapters import metrics
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.server_state import ServerState
from storepulse.domain.errors import Transient
from storepulse.domain.health import Check, Status, away_detail, health_of
from storepulse.query.app_state import connections
from storepulse.query.errors import error_responses_of


class CheckAnswer(BaseModel):
    """The result of one check, with a remedy if it failed."""

    ok: bool
    detail: str
    remedy: str | None = None
    runbook: str | None = None


class Readiness(BaseModel):
    """The state of the service."""

    status: Status
    detail: str
    checks: dict[str, CheckAnswer]


#: Shorter than the timeout of probes.
PATIENCE_SECONDS = 1.0

router = APIRouter(tags=["health"])


class Liveness(BaseModel):
    """The service is healthy."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def get_health() -> Liveness:
    """200 while the process is alive."""
    return Liveness()


@router.get(
    "/readyz",
    response_model_exclude_none=True,
    responses=error_responses_of(401, 403)
    | {503: {"model": Readiness, "description": "Not ready"}},
)
async def get_readiness(request: Request, response: Response) -> Readiness:
    """200 while PostgreSQL answers and has the schema, else 503.

    Without Kafka the service is degraded: reads work, dead letters cannot be replayed.
    """
    schema_detail = late = ""
    state: ServerState = request.app.state.database_state
    try:
        asking = connections(request).row(named_sql("query/service")["migrated"], {})
        row = await asyncio.wait_for(asking, PATIENCE_SECONDS)
    except TimeoutError:  # may be due to busy connections only; BacklogWatch finds out
        late = "it does not answer in time"
    except Transient as error:
        state.note(str(error).removeprefix("PostgreSQL: "))
    else:
        state.note("")
        schema_detail = "" if row["migrated"] else "the database has no schema"
    kafka: ServerState = request.app.state.kafka_state
    health = health_of(
        "query",
        [
            Check("database", away_detail("PostgreSQL", state.fault or late)),
            Check("schema", schema_detail),
            Check("kafka", away_detail("Kafka", kafka.fault)),
        ],
    )
    response.status_code = health.http_status
    return Readiness.model_validate(health.as_dict())


@router.get(
    "/metrics", response_class=PlainTextResponse, responses=error_responses_of(401, 403, 503)
)
async def get_metrics(request: Request) -> Response:
    """Metrics in Prometheus' text format."""
    connections(request).report()
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)
