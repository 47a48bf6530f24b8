"""Carries a slice's transaction through the faults of the world; runs on one thread of its own.

What will pass is waited for and tried again, unchanged, for as long as it takes. What a record
itself is to blame for sets that record aside. Anything else leaves the process, unacknowledged.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any, Generic

import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient
from storepulse.slices.bisection import Bisection
from storepulse.slices.consumer import (
    Inapplicable,
    P,
    RefusedByDatabase,
    SliceOutcome,
    Transaction,
)
from storepulse.slices.database_faults import is_about_data, is_key_violation, is_transient
from storepulse.slices.ledger import BrokerLog, SourcePartition

log = logger()

_LEDGER = named_sql("slices/ledger")

LONGEST_PAUSE_SECONDS = 5.0
#: How often an error about data is tried again where no record is to blame.
BLAMELESS_ATTEMPTS = 5
#: A worker that is frozen inside a transaction holds the ledger's row: the server ends it.
_SESSION = {
    "idle_in_transaction_session_timeout": "4s",
    "lock_timeout": "5s",
    "statement_timeout": "20s",
    "timezone": "UTC",
    "plan_cache_mode": "force_custom_plan",
}


class Stopping(Exception):
    """The process is told to stop while it waits for a fault to pass."""


def connect(settings: Settings, name: str) -> psycopg.Connection[Any]:
    """A connection for slices' transactions, with limits that free what a frozen worker holds."""
    connection = psycopg.connect(
        settings.dsn,
        autocommit=True,
        connect_timeout=5,
        application_name=name,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
    )
    limits = dict(_SESSION)
    if connection.info.server_version >= 170000:
        limits["transaction_timeout"] = "20s"
    for setting, value in limits.items():
        connection.execute("SELECT set_config(%s, %s, false)", [setting, value])
    return connection


class PatientWriter(Generic[P]):
    """Writes slices for one thread. `stopping` ends waiting for faults to pass."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        session: str,
        make_transaction: Callable[[str], Transaction[P]],
        stopping: threading.Event,
    ) -> None:
        """`name` is the consumer's, `session` the connection's as PostgreSQL lists it.

        A writer that nobody needs makes no transaction, and so no connection and no producer.
        """
        self.session = session
        self._settings = settings
        self._name = name
        self._stopping = stopping
        self._make_transaction = make_transaction
        self._transaction: Transaction[P] | None = None
        self._connection: psycopg.Connection[Any] | None = None
        #: When this last waited for a server, or went on with a part of a slice: a writer that does
        #: so is not stuck.
        self.waited_at = 0.0

    def write(self, prepared: P, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """Applies the slice once, however long that takes.

        Raises Stopping, or what makes the process leave.
        """
        try:
            return self._apply(prepared, source, broker)
        except Inapplicable:
            return self._write_in_parts(prepared, source, broker)

    def _apply(self, prepared: P, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """The same; raises Inapplicable besides."""
        attempt = 0
        while True:
            try:
                return self._ensure_open().apply(prepared, source, broker)
            except RefusedByDatabase as error:
                prepared = prepared.mark_dead(error.reasons)
            except psycopg.Error as error:
                if is_about_data(error) and attempt < BLAMELESS_ATTEMPTS:
                    # No record is to blame: another transaction was in the way, or we are wrong.
                    self._pause("postgresql", error, attempt)
                else:
                    self._pause_or_raise(error, attempt)
            except Transient as error:
                self._pause("kafka", error, attempt)
            attempt += 1

    def _write_in_parts(
        self, prepared: P, source: SourcePartition, broker: BrokerLog
    ) -> SliceOutcome:
        """Applies a slice of which some records are inapplicable, and sets those aside.

        Progress is kept meanwhile, whatever happens: see `bisection`.
        """
        outcome, parts = SliceOutcome(), Bisection(len(prepared.slice.offsets))
        while not parts.is_done:
            if self._stopping.is_set():
                raise Stopping
            self.waited_at = time.time()
            part = prepared.cut(parts.start, parts.stop)
            if parts.refused:
                part = part.mark_dead(parts.refused)
            try:
                outcome += self._apply(part, source, broker)
            except Inapplicable as error:
                if not parts.has_untried:
                    raise
                parts.reject(str(error), may_pass=is_key_violation(error.__cause__))
            else:
                parts.accept()
        if parts.refused_count:
            log.warning(
                "records refused",
                stream=self._name,
                records=parts.refused_count,
                reason=parts.last_reason,
            )
        return outcome

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ensure_open(self) -> Transaction[P]:
        if self._transaction is None:
            self._transaction = self._make_transaction(self.session)
        if self._connection is None or self._connection.closed:
            connection = connect(self._settings, self.session)
            try:
                self._transaction.open(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._transaction

    def _pause_or_raise(self, error: psycopg.Error, attempt: int) -> None:
        if not is_transient(error):
            raise error
        # Whatever state the connection is in, a new one is in none.
        self.close()
        if isinstance(error, psycopg.errors.LockNotAvailable):
            self._end_frozen_writers()
        self._pause("postgresql", error, attempt)

    def _end_frozen_writers(self) -> None:
        try:
            with connect(self._settings, self.session) as connection:
                row = connection.execute(_LEDGER["end_frozen_writers"]).fetchone()
        except psycopg.Error as error:
            log.warning("frozen writers not looked for", stream=self._name, reason=str(error))
            return
        if row is not None and row[0]:
            log.warning("frozen writers ended", stream=self._name, sessions=row[0])

    def _pause(self, server: str, error: Exception, attempt: int) -> None:
        metrics.TRANSIENT_FAULTS.labels(self._name, server).inc()
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        log.warning("waiting for a fault to pass", stream=self._name, server=server, reason=reason)
        self.waited_at = time.time()
        seconds = min(LONGEST_PAUSE_SECONDS, 0.1 * 2 ** min(attempt, 10)) * random.uniform(0.8, 1.2)  # noqa: S311
        if self._stopping.wait(seconds):
            raise Stopping
