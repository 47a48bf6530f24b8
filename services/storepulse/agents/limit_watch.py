"""Plan limits that stores reach, each reported once as an event of the stream `usage`.

One transaction notes a limit and puts its event into the outbox, so that it is reported once, with
any number of workers and after any crash. The event has the meter `plan_limit_reached`; its
metadata says which limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from storepulse.access.limit_table import Row, read_instant, rows_of_reached
from storepulse.adapters import metrics
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.domain.plans import REACHED_METER, meter_label

EVERY_SECONDS = 2.0
_EVERYTHING = "0"
_AT_ONCE = 1_000
_SESSION = SessionOptions(
    name="storepulse-limits", lock_seconds=5, statement_seconds=20, idle_seconds=4
)
_SQL = named_sql(
    "agents/limit_watch", note="store_ids meters periods levels amounts used plans metered_as"
)


class LimitWatch:
    """Finds changes since it last looked."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._since, self._read_at = _EVERYTHING, None

    def look(self) -> None:
        """Note the limits that were reached. Raises psycopg.Error."""
        with connect(self._dsn, _SESSION) as connection:
            read_at, since = read_instant(connection)
            rows = rows_of_reached(connection, self._since, self._read_at)
            note_reached(connection, rows)
        self._since, self._read_at = since, read_at


def note_reached(connection: Connection, rows: Iterable[Row]) -> int:
    """Note new limits of open periods, insert their events, and return how many.

    `rows` are those of `rows_of_reached`.
    """
    entries = [
        (store_id, meter, period, level, amount, used, plan)
        for store_id, plan, meter, soft, hard, period, used, is_open, _ in rows
        if meter is not None and is_open
        for level, amount in (("soft", soft), ("hard", hard))
        if amount is not None and used >= amount
    ]
    noted: list[tuple[Any, ...]] = []
    for start in range(0, len(entries), _AT_ONCE):
        columns = map(list, zip(*entries[start : start + _AT_ONCE], strict=True))
        names = ("store_ids", "meters", "periods", "levels", "amounts", "used", "plans")
        given = dict(zip(names, columns, strict=True)) | {"metered_as": REACHED_METER}
        noted += connection.execute(_SQL["note"], given).fetchall()
    for meter, level in noted:
        metrics.LIMITS_REACHED.labels(meter_label(meter), level).inc()
    return len(noted)


async def watch_limits(settings: Settings, stop: asyncio.Event) -> None:
    """Look every two seconds until `stop`. Retries while the database is away."""
    watch = LimitWatch(settings.dsn)
    await repeat(partial(watch.look), EVERY_SECONDS, stop, "limits of plans not looked at")
