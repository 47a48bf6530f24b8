"""Open connections to PostgreSQL: named, with limits, in UTC, for a pool or singly.

Every session has a name, shown in `pg_stat_activity`. The server ends statements and transactions
that exceed their session's limits, so that the locks of a frozen process are released. TCP
keep-alives detect a dead host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql

Connection = psycopg.Connection[Any]

_SQL = named_sql("adapters/postgres/sessions", limit_transaction="seconds")
#: The first version of PostgreSQL with `transaction_timeout`.
_LIMITS_TRANSACTIONS = 170000
_TCP = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """A session's name and limits, in seconds; None leaves the server's own limit.

    `idle_seconds` is for idle transactions. `prepare_threshold`: a statement is prepared after that
    many executions in a session; None never prepares, so that each plan is made for the actual
    values. With `has_snapshots`, all statements of a transaction see the database as of its first
    one. `is_planned_anew` plans prepared statements for the actual values too.
    """

    name: str
    connect_seconds: int = 10
    statement_seconds: float | None = None
    lock_seconds: float | None = None
    idle_seconds: float | None = None
    transaction_seconds: float | None = None
    is_read_only: bool = False
    has_snapshots: bool = False
    prepare_threshold: int | None = None
    is_planned_anew: bool = False

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for psycopg's connect, in autocommit mode."""
        server = {
            "statement_timeout": _milliseconds(self.statement_seconds),
            "lock_timeout": _milliseconds(self.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(self.idle_seconds),
            "default_transaction_read_only": "on" if self.is_read_only else "off",
            "default_transaction_isolation": r"repeatable\ read" if self.has_snapshots else None,
            "plan_cache_mode": "force_custom_plan" if self.is_planned_anew else None,
            "timezone": "UTC",
        }
        return {
            "autocommit": True,
            "application_name": self.name,
            "connect_timeout": self.connect_seconds,
            "prepare_threshold": self.prepare_threshold,
            "options": " ".join(f"-c {key}={value}" for key, value in server.items() if value),
            **_TCP,
        }


def connect(dsn: str, options: SessionOptions) -> Connection:
    """Open a connection in autocommit mode. Raises psycopg.OperationalError."""
    connection = psycopg.connect(dsn, **options.arguments())
    limit = options.transaction_seconds
    try:
        if limit is not None and connection.info.server_version >= _LIMITS_TRANSACTIONS:
            connection.execute(_SQL["limit_transaction"], {"seconds": f"{limit}s"})
    except BaseException:
        connection.close()
        raise
    return connection


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else f"{round(seconds * 1000)}"
