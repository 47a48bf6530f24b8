"""The tests that visitors are served now, and the pages that tests change, in memory.

A thread of each process maintains the table: PostgreSQL notifies it of changes, and only those are
read. While PostgreSQL is unavailable the last state stays in force. Entries are never changed, only
replaced, so anything derived from an entry is valid as long as the table returns the same entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from psycopg.rows import dict_row

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.listening_database import ListeningDatabase
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions
from storepulse.domain.experiments.definition import Page, decode
from storepulse.domain.experiments.serving import ServedStatus, ServedTest

#: How long a stop waits for a read in progress.
STOP_SECONDS = 2.0
#: The slug of the page that applies to all pages of a type without one of their own.
EVERY_SLUG = "*"

_SESSION = SessionOptions(name="storepulse-experiments", connect_seconds=3, statement_seconds=60)
_SQL = named_sql("experiments/running", listen="", horizon="", tests="since", pages="since")
_EVERYTHING = "0"
#: Deleted rows have no transaction.
_REMOVALS = frozenset({"delete", "truncate"})
_decode_page = msgspec.json.Decoder(Page).decode


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page as its author stored it."""

    page: Page
    version: int


#: By page type and slug.
Pages = dict[tuple[str, str], KnownPage]
#: (store, page type, slug, page)
PageRow = tuple[str, str, str, KnownPage]


@dataclass(frozen=True, slots=True)
class StoreExperiments:
    """What one store serves: its tests without drafts, ordered by id, and its pages."""

    tests: tuple[ServedTest, ...] = ()
    pages: Pages = field(default_factory=dict)

    def page_of(self, page_type: str, slug: str) -> KnownPage | None:
        """The page of a slug, else the one for all of its type; None if there is neither."""
        return self.pages.get((page_type, slug)) or self.pages.get((page_type, EVERY_SLUG))


NOTHING = StoreExperiments()


class RunningTable:
    """Looks tests and stores up; `is_loaded` is False until they have been read once."""

    def __init__(self) -> None:
        self._tests: dict[str, ServedTest] = {}
        self._stores: dict[str, StoreExperiments] = {}
        self.is_loaded = False

    def __len__(self) -> int:
        return len(self._tests)

    def find(self, test_id: str, *, with_drafts: bool = False) -> ServedTest | None:
        """A running, paused or completed test, by its canonical id."""
        test = self._tests.get(test_id)
        return None if test is not None and test.status == "draft" and not with_drafts else test

    def of_store(self, store_id: str) -> StoreExperiments:
        """What a store serves, by its canonical id."""
        return self._stores.get(store_id, NOTHING)

    def load(self, tests: Iterable[ServedTest], pages: Iterable[PageRow]) -> None:
        """Replace the whole table at once."""
        by_id = {test.test_id: test for test in tests}
        by_store: dict[str, list[ServedTest]] = {}
        pages_of: dict[str, Pages] = {}
        for test in by_id.values():
            by_store.setdefault(test.store_id, []).append(test)
        for store_id, page_type, slug, page in pages:
            pages_of.setdefault(store_id, {})[page_type, slug] = page
        self._tests = by_id
        self._stores = {
            store_id: StoreExperiments(
                _in_order(by_store.get(store_id, ())), pages_of.get(store_id, {})
            )
            for store_id in {*by_store, *pages_of}
        }
        self.is_loaded = True

    def update(
        self,
        tests: Iterable[ServedTest],
        ended: Iterable[tuple[str, str]],
        pages: Iterable[PageRow],
    ) -> None:
        """Apply changes. `ended`: (test, store) of tests that are no longer served.

        An entry that is read again without changes stays the same object: while a long transaction
        is open, changes are read many times.
        """
        by_id, changed = dict(self._tests), set[str]()
        pages_of: dict[str, Pages] = {}
        for test in tests:
            if by_id.get(test.test_id) != test:
                by_id[test.test_id] = test
                changed.add(test.store_id)
        for test_id, store_id in ended:
            if by_id.pop(test_id, None) is not None:
                changed.add(store_id)
        for store_id, page_type, slug, page in pages:
            if self.of_store(store_id).pages.get((page_type, slug)) != page:
                pages_of.setdefault(store_id, {})[page_type, slug] = page
        if not (changed or pages_of):
            return
        stores = dict(self._stores)
        for store_id in changed | set(pages_of):
            own = [test for test in by_id.values() if test.store_id == store_id]
            known = self.of_store(store_id).pages
            stores[store_id] = StoreExperiments(_in_order(own), known | pages_of.get(store_id, {}))
        self._tests, self._stores = by_id, stores


def _in_order(tests: Iterable[ServedTest]) -> tuple[ServedTest, ...]:
    served = (test for test in tests if test.status != "draft")
    return tuple(sorted(served, key=lambda test: test.test_id))


class RunningTests:
    """The table of a process, and the thread that reads it."""

    def __init__(self, dsn: str) -> None:
        self.table = RunningTable()
        self._since = _EVERYTHING
        self._listening = ListeningDatabase(dsn, _SESSION, _SQL["listen"], self._hear)

    def start(self) -> None:
        """Start reading in the background."""
        self._listening.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._listening.stop(STOP_SECONDS)

    def _hear(self, connection: Connection, notices: list[str] | None) -> None:
        if notices is None or not _REMOVALS.isdisjoint(notices):
            self._since = _EVERYTHING
        self.read(connection)

    def read(self, connection: Connection) -> None:
        """Read the changes since the last call."""
        row = connection.execute(_SQL["horizon"]).fetchone()
        assert row is not None  # noqa: S101 - it always has its row
        values = {"since": self._since}
        with connection.cursor(row_factory=dict_row) as cursor:
            test_rows = cursor.execute(_SQL["tests"], values).fetchall()
            page_rows = cursor.execute(_SQL["pages"], values).fetchall()
        tests = [test for test in map(_test_of, test_rows) if test is not None]
        pages = [page for page in map(_page_of, page_rows) if page is not None]
        if self._since == _EVERYTHING:
            self.table.load(tests, pages)
        elif test_rows or page_rows:
            served = {test.test_id for test in tests}
            ended = [
                (known["test_id"], known["store_id"])
                for known in test_rows
                if known["test_id"] not in served
            ]
            self.table.update(tests, ended, pages)
        self._since = row[0]
        metrics.EXPERIMENTS_SERVED.set(len(self.table))


def _test_of(row: dict[str, Any]) -> ServedTest | None:
    """The test of a row; None if it is not served."""
    settings = row["settings"]
    if settings is None:
        return None
    try:
        definition = decode(settings)
        ids = [variant.variant_id for variant in definition.variants]
        return ServedTest(
            test_id=row["test_id"],
            store_id=row["store_id"],
            name=row["name"],
            status=cast("ServedStatus", row["status"]),
            priority=row["priority"],
            phase=row["phase"],
            definition=definition,
            winner=ids.index(row["winner"]) if row["winner"] in ids else None,
        )
    except (msgspec.MsgspecError, StopIteration) as error:
        # A test that cannot be read must not block the others: it is treated as missing.
        logger().error("experiment_unreadable", test_id=row["test_id"], why=str(error))
        return None


def _page_of(row: dict[str, Any]) -> PageRow | None:
    try:
        page = KnownPage(_decode_page(row["page"]), row["version"])
    except msgspec.MsgspecError as error:
        logger().error("page_unreadable", store_id=row["store_id"], why=str(error))
        return None
    return row["store_id"], row["page_type"], row["slug"], page
