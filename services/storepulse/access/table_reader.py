"""Keeps keys, stores, their secrets and reached limits in memory.

Each process has a thread and a connection that read every two seconds. Only changes are read,
regardless of the number of stores; everything is read at the start and after a lost connection.
While PostgreSQL is unavailable the last state stays in force, and keys still expire in time.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from psycopg.rows import class_row, dict_row

from storepulse.access.key_table import KeyTable
from storepulse.access.keys import ApiKey
from storepulse.access.limit_table import (
    reached_limits,
    read_instant,
    rows_of_reached,
)
from storepulse.access.secret_table import KnownSecret
from storepulse.access.store_table import KnownStore, StoreTable
from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock, system_clock
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.polled_database import PolledDatabase
from storepulse.adapters.postgres.sessions import Connection, SessionOptions
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.errors import Misconfigured
from storepulse.domain.store_settings import read_settings
from storepulse.domain.time_zones import UTC_ZONE, ZonePeriod

#: How long a stop waits for a read in progress.
STOP_SECONDS = 2.0
#: Rows that are converted at a time.
GROUP_ROWS = 5_000
#: How often all limits are read again: a new period without usage changes no row.
ALL_LIMITS_SECONDS = 3_600.0

_SESSION = SessionOptions(name="storepulse-tables", connect_seconds=3, statement_seconds=60)
_SQL = named_sql("access/tables", horizon="", keys="since", stores="since", secrets="since")
_EVERYTHING = "0"


class TableReader:
    """The tables of a process, and the thread that reads them.

    `box`: opens stores' secrets, in a process that needs them and may read them. `clock`: decides
    when periods of limits end.
    """

    def __init__(self, dsn: str, box: SecretBox | None = None, clock: Clock = system_clock) -> None:
        self._box = box
        self.keys = KeyTable()
        self.stores = StoreTable(clock)
        self._since = _EVERYTHING
        self._read_at: float | None = None
        self._limits_at: Any = None
        self._all_limits_at = 0.0
        self._polled = PolledDatabase(dsn, _SESSION, self._poll, self._end_expired)

    def start(self) -> None:
        """Start reading in the background."""
        metrics.STORES_READ_AGE.set_function(self._age)
        self._polled.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._polled.stop(STOP_SECONDS)

    @property
    def database_fault(self) -> str:
        """Why PostgreSQL does not answer, so that the tables may be outdated; "" while it does."""
        return self._polled.fault

    def _age(self) -> float:
        return -1.0 if self._read_at is None else monotonic() - self._read_at

    def _poll(self, connection: Connection, is_new: bool) -> None:
        if is_new:
            self._since = _EVERYTHING  # it may be another server, with other transaction ids
        self.read(connection)

    def _end_expired(self) -> None:
        now = system_clock()
        self.keys.end_expired(now)
        self.stores.secrets.end_retired(now)

    def read(self, connection: Connection) -> None:
        """Read the changes since the last call."""
        row = connection.execute(_SQL["horizon"]).fetchone()
        assert row is not None  # noqa: S101 - it always has its row
        keys = _changed_keys(connection, self._since)
        stores = _changed_stores(connection, self._since)
        secrets = [] if self._box is None else _changed_secrets(connection, self._since, self._box)
        if self._since == _EVERYTHING:
            # Before the keys: if a key is known, its store's settings and limits must be too.
            self.stores.secrets.load(secrets)
            self.stores.load(stores)
            self._read_limits(connection)
            self.keys.load(keys)
        else:
            self.stores.secrets.update(secrets)
            self.stores.update(stores)
            self._read_limits(connection)
            self.keys.update(keys)
        self._since = row[0]
        self._read_at = monotonic()
        metrics.STORES_KNOWN.set(len(self.stores))

    def _zones_of(self, store_id: str) -> tuple[ZonePeriod, ...]:
        store = self.stores.find(store_id)
        return () if store is None else store.zones

    def _read_limits(self, connection: Connection) -> None:
        """Read the limits of stores with changes. Uses the zones that are known."""
        is_whole = (
            self._since == _EVERYTHING or monotonic() - self._all_limits_at > ALL_LIMITS_SECONDS
        )
        at, _ = read_instant(connection)
        since = _EVERYTHING if is_whole else self._since
        rows = rows_of_reached(connection, since, self._limits_at)
        reached = reached_limits(rows, self._zones_of)
        if is_whole:
            self.stores.limits.load(reached)
            self._all_limits_at = monotonic()
        else:
            self.stores.limits.update(reached)
        self._limits_at = at


def _changed_keys(connection: Connection, since: str) -> list[ApiKey]:
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(_SQL["keys"], {"since": since}).fetchall()


def _changed_stores(connection: Connection, since: str) -> list[KnownStore]:
    stores: list[KnownStore] = []
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(_SQL["stores"], {"since": since})
        while rows := cursor.fetchmany(GROUP_ROWS):
            for row in rows:
                zones = tuple(map(ZonePeriod, row["days"], row["zones"]))
                settings = read_settings(row["settings"], zones[-1].zone if zones else UTC_ZONE)
                stores.append(KnownStore(row["store_id"], row["domain"], settings, zones))
    return stores


def _changed_secrets(connection: Connection, since: str, box: SecretBox) -> list[KnownSecret]:
    rows = connection.execute(_SQL["secrets"], {"since": since}).fetchall()
    return [
        KnownSecret(secret_id, store_id, kind, _opened(box, store_id, kind, sealed), *times)
        for secret_id, store_id, kind, sealed, *times in rows
    ]


def _opened(box: SecretBox, store_id: str, kind: str, sealed: bytes) -> str:
    """A secret in plain text; "" if it is not valid any more, or if none of our keys opens it.

    The latter is logged here and affects only calls that need the secret.
    """
    if not sealed:
        return ""
    try:
        return box.open(bytes(sealed))[kind][0]
    except Misconfigured as error:
        logger().error("store_secret_sealed", store_id=store_id, kind=kind, why=str(error))
        return ""
