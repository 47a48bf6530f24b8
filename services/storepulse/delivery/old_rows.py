"""Removes old rows every hour, so that no cron job is needed.

Every delivery process tries; the first gets the lock, and the others skip that run. A pause as long
as each group follows it, and a stopping process stops after the current group.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.logging import logger
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.retention.runs import Run, open_connection, try_alone
from storepulse.retention.settings_limits import limits_of

log = logger()

EVERY_SECONDS = 3600.0
LONGEST_PAUSE_SECONDS = 5.0


async def remove_old_rows(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Removes old rows every hour until `stop`."""
    work = partial(remove_once, settings, clock, stop.is_set)
    await repeat(work, EVERY_SECONDS, stop, "old rows not removed")


def remove_once(settings: Settings, clock: Clock, is_stopping: Callable[[], bool]) -> None:
    """Removes old rows, unless another process does. Raises psycopg.Error, Misconfigured."""
    limits = limits_of(settings, clock())
    with open_connection(settings) as connection:
        if not try_alone(connection):
            return
        run = Run(
            connection, limits, progress=_count, is_stopping=is_stopping, pause=_as_long_again
        )
        tally = run.run()
    removed = {table: rows for table, rows in tally.rows_by_table.items() if rows}
    if removed or tally.dropped or tally.busy:
        log.info("old rows removed", **removed, dropped=tally.dropped, busy=tally.busy)
    if tally.open_kept:
        log.info(
            "dead letters are older than they are kept, and still open", letters=tally.open_kept
        )


def _count(table: str, rows: int) -> None:
    metrics.RETENTION_DELETED.labels(table).inc(rows)


def _as_long_again(seconds: float) -> None:
    time.sleep(min(seconds, LONGEST_PAUSE_SECONDS))
