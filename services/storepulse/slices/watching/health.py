"""Health and metrics of a process that consumes slices, over HTTP.

Ready means: a member of the group, not rebalancing, no partition halted, Kafka and PostgreSQL
answer.

Callers on this machine need no key; others send one, as at the other services.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storepulse.access.rules.loopback import is_local
from storepulse.access.rules.needs import ANY_KEY, METRICS, OPEN, Need, key_of, wants_key
from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.limits import ConnectionLimits
from storepulse.adapters.http.listening import listen
from storepulse.adapters.http.responses import response_of
from storepulse.adapters.http.server import HttpServer
from storepulse.adapters.metrics import Process
from storepulse.adapters.postgres.polled_database import PolledDatabase
from storepulse.adapters.server_state import ServerState
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import AddressRules
from storepulse.domain.health import Check, away_detail, health_of
from storepulse.slices.application import Member
from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.halts import REMEDY, Halt, Halts
from storepulse.slices.watching.key_lookup import KeyLookup

#: A process's checks of its own work.
OwnChecks = Callable[[], Sequence[Check]]

#: The maximum of halted partitions that `detail` describes; `halted` lists all.
MOST_MESSAGES = 3
GRACE_SECONDS = 2.0
#: No route here takes a body.
_LIMITS = ConnectionLimits(body_bytes=1_024, read_seconds=10.0)
_PORT_SETTINGS = {
    "agents": "STOREPULSE_AGENT_METRICS_PORT",
    "delivery": "STOREPULSE_DELIVERY_PORT",
}
NEEDS = {"/healthz": OPEN, "/readyz": ANY_KEY, "/metrics": METRICS}


def listen_for(member: Member) -> socket.socket:
    """Return a socket at the member's address. Raises Misconfigured if the port is taken."""
    return listen(member.host, member.port, _PORT_SETTINGS[member.process])


async def serve_health(
    settings: Settings,
    process: str,
    app: Starlette,
    sock: socket.socket,
    stop: asyncio.Event,
) -> None:
    """Serve `health_app` until `stop`."""
    keys = KeyLookup(settings.dsn)
    guarded = HealthGuard(app, settings, keys)
    try:
        await HttpServer(process, guarded, _LIMITS).serve(sock, stop, GRACE_SECONDS)
    finally:
        await asyncio.to_thread(keys.close)


class HealthGuard:
    """ASGI middleware that checks API keys."""

    def __init__(self, app: Any, settings: Settings, keys: KeyLookup) -> None:
        self._app = app
        self._setting = settings.query_require_key
        self._trusted = AddressRules.of(settings.trusted_proxies, settings.trust_forwarded).trusted
        self._keys = keys

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        need = NEEDS.get(scope["path"])
        answer = self._app
        try:
            if need is not None:
                await self._check(scope, need)
        except RequestRefused as refusal:
            answer = response_of(refusal)
        await answer(scope, receive, send)

    async def _check(self, scope: Any, need: Need) -> None:
        """Raise RequestRefused if the call is not allowed."""
        peer = scope["client"][0] if scope["client"] else None
        local = is_local(peer, scope["headers"], self._trusted)
        if wants_key(need, self._setting, local=local):
            headers = dict(scope["headers"])
            sent_key = key_of(headers.get(b"x-api-key"), headers.get(b"authorization"))
            await asyncio.to_thread(self._keys.check, need, sent_key)


@dataclass(frozen=True)
class Facts:
    """The state of a process, for its health. `own_checks`: checks of its own work."""

    process: Process
    app: SliceApp
    halts: Halts
    kafka: ServerState
    database: PolledDatabase
    own_checks: OwnChecks

    def checks(self) -> list[Check]:
        """Return all checks of `/readyz`."""
        return [
            Check("start", self._start_detail()),
            Check("kafka", away_detail("Kafka", self.kafka.fault)),
            Check("database", away_detail("PostgreSQL", self.database.fault)),
            Check("partitions", self._halts_detail()),
            *self.own_checks(),
        ]

    def _start_detail(self) -> str:
        if not self.app.started:
            return "it starts"
        if self.app.rebalancing:
            return "the group shares its partitions out"
        return "" if self.app.consumer_generation_id else "it is not yet a member of its group"

    def _halts_detail(self) -> str:
        return "; ".join(halt.message for halt in list(self.halts)[:MOST_MESSAGES])


def health_app(facts: Facts) -> Starlette:
    """Return the application with `/healthz`, `/readyz` and `/metrics`.

    A halted partition means 503 with status `halted`; `halted` lists each one, with the reason and
    the remedy.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        health = health_of(facts.process, facts.checks())
        halted = [_document_of(halt) for halt in facts.halts]
        document = health.as_dict() | ({"halted": halted} if halted else {})
        return JSONResponse(document, health.http_status)

    async def expose(_request: Request) -> Response:
        facts.checks()  # updates gauges
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", expose),
        ]
    )


def _document_of(halt: Halt) -> dict[str, Any]:
    return {
        "stream": halt.stream,
        "topic": halt.topic,
        "partition": halt.partition,
        "offset": halt.lower,
        "undecodable": halt.bad,
        "records": halt.records,
        "reason": halt.reason,
        "remedy": REMEDY,
    }
