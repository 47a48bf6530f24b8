"""Runs the query service: listens, serves, and on a signal finishes open requests and exits."""

from __future__ import annotations

import asyncio
import signal
import socket

from storepulse.adapters.event_loop import new_loop
from storepulse.adapters.http.limits import ConnectionLimits
from storepulse.adapters.http.listening import listen
from storepulse.adapters.http.server import HttpServer
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.query.app import application
from storepulse.query.audit_watch import watch_audits
from storepulse.query.backlog_watch import BacklogWatch

GRACE_SECONDS = 10


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    sock = listen(settings.query_host, settings.query_port, "STOREPULSE_QUERY_PORT")
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(settings, sock))


async def _serve(settings: Settings, sock: socket.socket) -> None:
    app = application(settings)
    limits = ConnectionLimits(
        settings.gateway_max_body_bytes, settings.gateway_read_timeout_seconds
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with app.router.lifespan_context(app):
        state = app.state
        watch = BacklogWatch(
            settings, state.database, state.kafka_state, state.database_state, state.flow
        )
        watching = [
            asyncio.create_task(watch.run(stop)),
            asyncio.create_task(watch_audits(settings, stop)),
            asyncio.create_task(state.gateway_watch.run(stop)),
            asyncio.create_task(state.live.end_with(stop)),
        ]
        logger().info("query_started", host=settings.query_host, port=settings.query_port)
        await HttpServer("query", app, limits).serve(sock, stop, GRACE_SECONDS)
        await asyncio.wait(watching, timeout=GRACE_SECONDS)
    logger().info("query_stopped")
