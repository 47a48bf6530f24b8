"""Settles phases of experiments, some seconds after they begin or end."""

from __future__ import annotations

import asyncio

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.experiments.settling import settle_due, unsettled_seconds

EVERY_SECONDS = 5.0
_SESSION = SessionOptions(
    name="storepulse-experiments",
    lock_seconds=5,
    statement_seconds=20,
    idle_seconds=10,
    transaction_seconds=20,
)

log = logger()


async def settle_phases(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Settle due phases every five seconds until `stop`. Unfinished work is repeated."""

    def work() -> None:
        with connect(settings.dsn, _SESSION) as connection:
            metrics.EXPERIMENTS_UNSETTLED.set(unsettled_seconds(connection, clock()))
            settled = settle_due(connection, clock(), stop.is_set)
        if settled:
            log.info("phases of experiments settled", phases=settled)

    await repeat(work, EVERY_SECONDS, stop, "phases of experiments not settled")
