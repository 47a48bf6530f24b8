"""Runs a slice's transaction and handles its errors, on its own thread.

A transient fault is retried unchanged for as long as it lasts. A record that is at fault itself
becomes a dead letter. Any other error ends the process without acknowledgement.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Generic

import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres import sessions
from storepulse.adapters.postgres.faults import is_about_data, is_key_violation, is_transient
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions
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
from storepulse.slices.ledger import BrokerLog, SourcePartition

log = logger()

_LEDGER = named_sql("slices/ledger")

LONGEST_PAUSE_SECONDS = 5.0
#: How often an error about data is retried if no record is at fault.
BLAMELESS_ATTEMPTS = 5
#: A worker that freezes inside a transaction holds the ledger row: the server ends its session.
_SESSION = SessionOptions(
    name="storepulse-slices",
    connect_seconds=5,
    statement_seconds=20,
    lock_seconds=5,
    idle_seconds=4,
    transaction_seconds=20,
    prepare_threshold=5,
    is_planned_anew=True,
)


class Stopping(Exception):
    """The process was told to stop while it waited for a fault to end."""


def connect(settings: Settings, name: str) -> Connection:
    """Return a connection for slices' transactions, with timeouts that release a frozen worker's
    locks."""
    return sessions.connect(settings.dsn, replace(_SESSION, name=name))


class PatientWriter(Generic[P]):
    """Writes slices on one thread. `stopping` ends the wait for a fault."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        session: str,
        make_transaction: Callable[[str], Transaction[P]],
        stopping: threading.Event,
    ) -> None:
        """`name` is the consumer's, `session` is the connection's name in PostgreSQL.

        The transaction is made at the first slice, so that an unused writer has no connection and
        no producer.
        """
        self.session = session
        self._settings = settings
        self._name = name
        self._stopping = stopping
        self._make_transaction = make_transaction
        self._transaction: Transaction[P] | None = None
        self._connection: Connection | None = None
        #: When this last waited for a server or continued with a part of a slice: such a writer is
        #: not stuck.
        self.waited_at = 0.0

    def write(self, prepared: P, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """Apply the slice once, however long that takes.

        Raises Stopping, or an error that must end the process.
        """
        try:
            return self._apply(prepared, source, broker)
        except Inapplicable:
            return self._write_in_parts(prepared, source, broker)

    def _apply(self, prepared: P, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """Like `write`, but also raises Inapplicable."""
        attempt = 0
        while True:
            try:
                return self._ensure_open().apply(prepared, source, broker)
            except RefusedByDatabase as error:
                prepared = prepared.mark_dead(error.reasons)
            except psycopg.Error as error:
                if is_about_data(error) and attempt < BLAMELESS_ATTEMPTS:
                    # No record is at fault: another transaction interfered, or our code is wrong.
                    self._pause("postgresql", error, attempt)
                else:
                    self._pause_or_raise(error, attempt)
            except Transient as error:
                self._pause("kafka", error, attempt)
            attempt += 1

    def _write_in_parts(
        self, prepared: P, source: SourcePartition, broker: BrokerLog
    ) -> SliceOutcome:
        """Apply a slice with some inapplicable records, and set those aside.

        Parts that were applied stay applied, whatever happens later: see `bisection`.
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
        """Close the connection."""
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
        # A new connection has no state left over from the failed transaction.
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
