"""Protects backfills from queueing events whose deliveries retention has removed."""

from __future__ import annotations

from datetime import datetime, timedelta

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.errors import Rejected

_SQL = named_sql("retention/deliveries", hold_removal="", removed_until="destination_id")


def refuse_removed(connection: Connection, destination_id: str, start: datetime) -> None:
    """Raises Rejected if deliveries of events received since `start` were removed.

    Must run in a transaction. Retention removes no more deliveries until it ends.
    """
    connection.execute(_SQL["hold_removal"])
    row = connection.execute(_SQL["removed_until"], {"destination_id": destination_id}).fetchone()
    if row is not None and start <= row[0]:
        earliest = row[0].replace(microsecond=0) + timedelta(seconds=1)
        raise Rejected(
            "from",
            f"what this destination got of events received up to {row[0]:%Y-%m-%d %H:%M:%S} UTC has"
            " been removed, and could be queued a second time; begin at"
            f" {earliest:%Y-%m-%dT%H:%M:%SZ} or later",
        )
