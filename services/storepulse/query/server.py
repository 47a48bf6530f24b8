"""Runs the query service: listens, serves, and leaves when told, finishing what it has begun."""

from __future__ import annotations

import asyncio
import signal

import uvicorn

from storepulse.adapters.listening import listen
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.query.app import application

KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 10


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT."""
    sock = listen(settings.query_host, settings.query_port, "STOREPULSE_QUERY_PORT")
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn sends a caught signal once more when it is done: by then it means nothing.
        signal.signal(number, signal.SIG_IGN)
    server = uvicorn.Server(
        uvicorn.Config(
            application(settings),
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        logger().info("query_started", host=settings.query_host, port=settings.query_port)
        runner.run(server.serve(sockets=[sock]))
        logger().info("query_stopped")


def _new_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
