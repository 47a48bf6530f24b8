"""The metric of open dead letters, counted every half minute.

Each delivery process counts for itself: they all see the same table, so an alert takes the largest.
"""

from __future__ import annotations

import asyncio
from functools import partial

from storepulse.adapters import metrics
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings

EVERY_SECONDS = 30.0


async def watch_open_letters(settings: Settings, stop: asyncio.Event) -> None:
    """Counts until `stop`. A database that is away leaves the last numbers."""
    work = partial(count_open_letters, settings)
    await repeat(work, EVERY_SECONDS, stop, "open dead letters not counted")


def count_open_letters(settings: Settings) -> None:
    """Counts once. Raises psycopg.Error."""
    statement = named_sql("dead_letters/dead_letters")["open_counts"]
    options = SessionOptions(
        name="storepulse-open-letters", connect_seconds=5, statement_seconds=10
    )
    with connect(settings.dsn, options) as connection:
        rows = connection.execute(statement).fetchall()
    counted = {(stream, reason): letters for stream, reason, letters in rows}
    shown = {
        (sample.labels["stream"], sample.labels["reason"])
        for family in metrics.DEAD_LETTERS_OPEN.collect()
        for sample in family.samples
    }
    for group, letters in counted.items():
        metrics.DEAD_LETTERS_OPEN.labels(*group).set(letters)
    # Reasons whose last letter was closed.
    for group in shown - counted.keys():
        metrics.DEAD_LETTERS_OPEN.remove(*group)
