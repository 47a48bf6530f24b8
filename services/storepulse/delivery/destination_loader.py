"""Reads the destinations through its own connection."""

from __future__ import annotations

import asyncio
from typing import Self

import psycopg

from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table.reads import load_destinations
from storepulse.domain.errors import Transient


class DestinationLoader:
    """Call it for the current destinations. `async with` closes its connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._box = SecretBox.of(settings)
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await asyncio.to_thread(self._connection.close)

    async def __call__(self) -> list[Destination]:
        """All destinations. Raises Transient, and Misconfigured if a secret has another key."""
        return await asyncio.to_thread(self._load)

    def _load(self) -> list[Destination]:
        try:
            if self._connection is None or self._connection.closed:
                options = SessionOptions(
                    name=f"storepulse-delivery-loader-{self._settings.delivery_slot}",
                    connect_seconds=5,
                    statement_seconds=5,
                    prepare_threshold=5,
                )
                self._connection = connect(self._settings.dsn, options)
            return load_destinations(self._connection, self._box)
        except psycopg.OperationalError as error:
            if self._connection is not None:
                self._connection.close()
            raise Transient(f"PostgreSQL: {str(error).strip()}") from error
