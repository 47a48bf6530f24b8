"""The pools of a query service: one for reads, and a small one for administrative writes."""

from __future__ import annotations

from storepulse.adapters.postgres.pool import Pool, PoolOptions, ThreadPool
from storepulse.adapters.postgres.sessions import SessionOptions
from storepulse.adapters.settings import Settings

#: How long a request waits for a connection before the database is reported as unavailable.
PATIENCE_SECONDS = 3.0


def reading_pool(settings: Settings) -> Pool:
    """The pool for reads. Statements are never prepared, because no single plan fits their
    optional filters."""
    session = SessionOptions(
        name="storepulse-query",
        connect_seconds=2,
        statement_seconds=settings.query_statement_timeout_ms / 1000,
        lock_seconds=3,
        idle_seconds=10,
        is_read_only=True,
        has_snapshots=True,
    )
    return Pool(
        settings.dsn,
        PoolOptions(session=session, most=8, waiting=200, patience_seconds=PATIENCE_SECONDS),
    )


def writing_pool(settings: Settings) -> ThreadPool:
    """The pool for writes. It has no connections while it is not used."""
    session = SessionOptions(
        name="storepulse-query-writes",
        connect_seconds=2,
        statement_seconds=settings.query_statement_timeout_ms / 1000,
        lock_seconds=3,
        idle_seconds=30,
    )
    return ThreadPool(
        settings.dsn,
        PoolOptions(
            session=session, least=0, most=2, waiting=20, patience_seconds=PATIENCE_SECONDS
        ),
    )
