"""Carries a slice's transaction through the faults of the world; runs on one thread of its own.

What will pass is waited for and tried again, unchanged, for as long as it takes. What a record
itself is to blame for sets that record aside. Anything else leaves the process, unacknowledged.
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
from storepulse.slices.consumer import Inapplicable, Outcome, P, Refused, Transaction
from storepulse.slices.ledger import Log, Place

log = logger()

_LEDGER = named_sql("slices/ledger")

LONGEST_PAUSE_SECONDS = 5.0
#: How often an error about data is tried again where no record is to blame.
BLAMELESS_ATTEMPTS = 5
#: How often a record is tried alone before it is refused, where another transaction may be in the
#: way.
SINGLE_ATTEMPTS = 3
#: So many refused records in a row are written together.
MOST_REFUSED = 200
#: A worker that is frozen inside a transaction holds the ledger's row: the server ends it.
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
    """The process is told to stop while it waits for a fault to pass."""


def connect(settings: Settings, name: str) -> Connection:
    """A connection for slices' transactions, with limits that free what a frozen worker holds."""
    return sessions.connect(settings.dsn, replace(_SESSION, name=name))


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
        self._connection: Connection | None = None
        #: When this last waited for a server, or went on with a slice that it takes apart: a
        #: writer that does so is not stuck.
        self.waited_at = 0.0

    def write(self, prepared: P, place: Place, partition: Log) -> Outcome:
        """Applies the slice once, however long that takes.

        Raises Stopping, or what makes the process leave.
        """
        try:
            return self._apply(prepared, place, partition)
        except Inapplicable:
            return self._write_apart(prepared, place, partition)

    def _apply(self, prepared: P, place: Place, partition: Log) -> Outcome:
        """The same; raises Inapplicable besides."""
        attempt = 0
        while True:
            try:
                return self._ready().apply(prepared, place, partition)
            except Refused as error:
                prepared = prepared.without(error.reasons)
            except psycopg.Error as error:
                if is_about_data(error) and attempt < BLAMELESS_ATTEMPTS:
                    # No record is to blame: another transaction was in the way, or we are wrong.
                    self._pause("postgresql", error, attempt)
                else:
                    self._pause_or_raise(error, attempt)
            except Transient as error:
                self._pause("kafka", error, attempt)
            attempt += 1

    def _write_apart(self, prepared: P, place: Place, partition: Log) -> Outcome:
        """Applies a slice of which some records are inapplicable, and sets those aside.

        In parts, each for good: half of what failed, twice of what went well. So one bad record
        costs about 2·log2(n) transactions, and where all are bad each costs one attempt with that
        record alone (7 ms). Progress is kept meanwhile, whatever happens.
        """
        outcome, records = Outcome(), len(prepared.slice.offsets)
        # Before `begin` all is written; from there to before `at` all are refused.
        begin, at, size, tries, refused = 0, 0, records // 2, 0, dict[int, str]()
        total, why = 0, ""
        while begin < records:
            if self._stopping.is_set():
                raise Stopping
            self.waited_at = time.time()
            together = at - begin >= MOST_REFUSED
            stop = at if together else min(records, at + max(1, size))
            part = prepared.cut(begin, stop)
            if refused:
                part = part.without(refused)
            try:
                outcome += self._apply(part, place, partition)
            except Inapplicable as error:
                if stop == at:
                    raise
                if stop - at > 1:
                    size = (stop - at) // 2
                    continue
                tries += 1
                if is_key_violation(error.__cause__) and tries < SINGLE_ATTEMPTS:
                    continue
                why = str(error)
                refused[at - begin] = why
                total, at, tries = total + 1, at + 1, 0
            else:
                size = max(1, 2 * (stop - at))
                begin, at, tries, refused = stop, stop, 0, {}
        if total:
            log.warning("records refused", stream=self._name, records=total, reason=why)
        return outcome

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ready(self) -> Transaction[P]:
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
