"""The metric of the ledger's internal consistency, computed every few minutes.

Each worker compares on its own. All see the same tables, so an alert uses the maximum.
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
    """Compare repeatedly until `stop`. While the database is away, the last values stay."""
    await repeat(partial(compare_ledger, settings), EVERY_SECONDS, stop, "ledger not compared")


def compare_ledger(settings: Settings) -> None:
    """Compare once. Raises psycopg.Error."""
    for stream, events in ledger_mismatch(settings).items():
        metrics.LEDGER_MISMATCH.labels(stream).set(events)
        if events:
            log.error("the ledger does not agree with itself", stream=stream, events=events)
