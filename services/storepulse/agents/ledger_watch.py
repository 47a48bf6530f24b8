"""The metric of the ledger's agreement with itself, compared every few minutes.

Each worker compares for itself: they all see the same tables, so an alert takes the largest.
"""

from __future__ import annotations

import asyncio
from functools import partial

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.exactness.ledger_comparison import ledger_mismatch

log = logger()

EVERY_SECONDS = 300.0


async def watch_ledger(settings: Settings, stop: asyncio.Event) -> None:
    """Compares until `stop`. A database that is away leaves the last numbers."""
    await repeat(partial(compare_ledger, settings), EVERY_SECONDS, stop, "ledger not compared")


def compare_ledger(settings: Settings) -> None:
    """Compares once. Raises psycopg.Error."""
    for stream, events in ledger_mismatch(settings).items():
        metrics.LEDGER_MISMATCH.labels(stream).set(events)
        if events:
            log.error("the ledger does not agree with itself", stream=stream, events=events)
