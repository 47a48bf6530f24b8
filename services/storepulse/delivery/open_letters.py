"""The metric of open dead letters, counted every half minute.

Each delivery process counts the same table, so an alert takes the maximum over the processes.
"""

from __future__ import annotations

import asyncio
from functools import partial

from storepulse.adapters import metrics
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.dead_letters.index import count_open

EVERY_SECONDS = 30.0


async def watch_open_letters(settings: Settings, stop: asyncio.Event) -> None:
    """Counts until `stop`. While the database is unavailable, the metric keeps its last values."""
    work = partial(count_open_letters, settings)
    await repeat(work, EVERY_SECONDS, stop, "open dead letters not counted")


def count_open_letters(settings: Settings) -> None:
    """Counts once. Raises psycopg.Error."""
    options = SessionOptions(
        name="storepulse-open-letters", connect_seconds=5, statement_seconds=10
    )
    with connect(settings.dsn, options) as connection:
        counts = count_open(connection)
    for group, letters in counts.items():
        metrics.DEAD_LETTERS_OPEN.labels(*group).set(letters)
    # Remove the series of reasons whose last letter was closed.
    metrics.forget_others(metrics.DEAD_LETTERS_OPEN, counts.keys())
