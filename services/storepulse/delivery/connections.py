"""The connections of a delivery process. Their time-outs make the server release the locks of a
frozen process."""

from __future__ import annotations

from storepulse.adapters.postgres.pool import AsyncConnection, Pool, PoolOptions
from storepulse.adapters.postgres.sessions import SessionOptions
from storepulse.adapters.settings import Settings

Connection = AsyncConnection

MAX_CONNECTIONS = 6
PATIENCE_SECONDS = 5.0


def delivery_pool(settings: Settings, name: str) -> Pool:
    """A pool of connections that may write. Statements are never prepared: destinations differ too
    much in size for one plan."""
    session = SessionOptions(
        name=name, connect_seconds=5, statement_seconds=20, lock_seconds=5, idle_seconds=4
    )
    return Pool(
        settings.dsn,
        PoolOptions(session=session, most=MAX_CONNECTIONS, patience_seconds=PATIENCE_SECONDS),
    )
