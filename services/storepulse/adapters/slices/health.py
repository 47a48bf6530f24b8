"""Health and metrics of a process that consumes slices, over HTTP."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storepulse.adapters import metrics
from storepulse.adapters.slices.application import Member
from storepulse.adapters.slices.halts import REMEDY, Halts
from storepulse.adapters.slices.transport import SliceApp

#: Halted partitions that `detail` spells out; the list has all.
MOST_TOLD = 3


def health_server(member: Member, app: SliceApp, halts: Halts) -> uvicorn.Server:
    """A server at the member's address that leaves signals to the process."""
    config = uvicorn.Config(
        health_app(app, halts),
        host=member.host,
        port=member.port,
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    return server


def health_app(app: SliceApp, halts: Halts) -> Starlette:
    """`/healthz`, `/readyz` (a member of the group, not rebalancing, no partition halted) and
    `/metrics`.

    A halted partition is 503 with status `halted`, and `detail` says which, why, and what to do.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        ready = bool(app.started and not app.rebalancing and app.consumer_generation_id)
        if halts:
            told = [halt.message for halt in halts]
            return JSONResponse(
                {
                    "status": "halted",
                    "detail": "; ".join(told[:MOST_TOLD]),
                    "halted": [
                        {
                            "stream": halt.stream,
                            "topic": halt.topic,
                            "partition": halt.partition,
                            "offset": halt.lower,
                            "undecodable": halt.bad,
                            "records": halt.records,
                            "reason": halt.reason,
                            "remedy": REMEDY,
                        }
                        for halt in halts
                    ],
                },
                503,
            )
        return JSONResponse({"status": "ready" if ready else "starting"}, 200 if ready else 503)

    async def expose(_request: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", expose),
        ]
    )
