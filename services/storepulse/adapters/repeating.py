"""Periodic background work of a process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import psycopg

from storepulse.adapters.logging import logger
from storepulse.domain.errors import Transient

log = logger()


async def repeat(
    work: Callable[[], None],
    every_seconds: float,
    stop: asyncio.Event,
    failed: str,
    *,
    at_once: bool = True,
) -> None:
    """Run `work` in a thread periodically until `stop`, first at once or after a pause.

    If the database fails, that is logged as `failed` with the reason, and `work` runs again next
    time; any other error is raised.
    """
    if not at_once:
        await _pause(every_seconds, stop)
    while not stop.is_set():
        try:
            await asyncio.to_thread(work)
        except (psycopg.Error, Transient) as error:
            log.warning(failed, reason=str(error).strip())
        await _pause(every_seconds, stop)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
