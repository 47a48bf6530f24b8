"""Names that are in the database already, read from PostgreSQL once after each start.

They do not count as new (`new_name_limits.py`). A thread reads them store by store, the most
recently active store first, and ends when all are read. While PostgreSQL is away it retries every
two seconds; if a read takes too long, it retries at growing intervals. Pages, selectors and names
of custom events are known per store, whether their events had a key or not. Landing pages are known
for all stores together, because their table is not ordered by store.

Memory: 8 bytes a name; for each kind at most `OF_STORE` names of a store and `OF_KIND` in total.
The thread puts in whole arrays that never change afterwards, so the event loop may read at any
time.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import Counter, deque
from contextlib import closing
from time import monotonic
from typing import Any

import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.gateway.names.database_name_queries import (
    connect,
    hash_of_name,
    hashes_of_kind,
    recent_stores,
)

KINDS = ("store", "landing_page", "page", "selector", "event_name")
#: The newest names of a store.
OF_STORE = 50_000
OF_KIND = 1_000_000
#: Only the most recently active stores' pages, selectors and event names are read.
STORES = 10_000
#: Stands for all stores together.
ANY = ""
RETRY_SECONDS = 2.0
#: The limit of the pause while one read after another takes too long.
LONGEST_PAUSE_SECONDS = 600.0
REPORT_SECONDS = 60.0

# Created at startup, so that 0 is visible.
_READ = {kind: metrics.KNOWN_NAMES_READ.labels(kind) for kind in KINDS}


class NamesOfKind:
    """Names of one kind; `is_read` is False until all names in the database are read."""

    __slots__ = ("_by_store", "is_read", "size")

    def __init__(self, *, is_read: bool = False) -> None:
        self._by_store: dict[str, array[int]] = {}
        self.size = 0
        self.is_read = is_read

    @property
    def room(self) -> int:
        """How many names may be added for another store."""
        return min(OF_STORE, OF_KIND - self.size)

    def put(self, store_id: str, hashes: array[int]) -> None:
        """Replace the hashes of a store's names. `hashes` is sorted."""
        self.size += len(hashes) - len(self._by_store.get(store_id, ()))
        self._by_store[store_id] = hashes

    def has(self, store_id: str, name: str) -> bool:
        """Whether the store had this name in the database when it was read."""
        hashes = self._by_store.get(store_id)
        if not hashes:
            return False
        name_hash = hash_of_name(name)
        index = bisect_left(hashes, name_hash)
        return index < len(hashes) and hashes[index] == name_hash


class DatabaseNames:
    """The names of all kinds. Without `start` there are none, and every name is new."""

    def __init__(self) -> None:
        self.of_kind = {kind: NamesOfKind(is_read=True) for kind in KINDS}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._reported = -REPORT_SECONDS

    def start(self, dsn: str) -> None:
        """Start to read in the background."""
        for kind in KINDS:
            self.of_kind[kind].is_read = False
            _READ[kind].set(0)
        self._thread = threading.Thread(
            target=self._read_all, args=(dsn,), name="known-names", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(RETRY_SECONDS)

    def _read_all(self, dsn: str) -> None:
        """Read all names; connect again if the connection breaks."""
        reading = _NameReading(self.of_kind)
        started, pause = monotonic(), RETRY_SECONDS
        while not self._stopping.is_set():
            wait = RETRY_SECONDS
            try:
                with closing(connect(dsn)) as connection:
                    wait, pause = pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
                    while reading.remaining and not self._stopping.is_set():
                        reading.read_next(connection)
                break
            except psycopg.Error as error:
                if monotonic() - self._reported >= REPORT_SECONDS:
                    self._reported = monotonic()
                    fault, remaining = type(error).__name__, len(reading.remaining)
                    logger().warning("known_names_not_read", fault=fault, left=remaining)
            self._stopping.wait(wait)
        if not reading.remaining:
            sizes = {kind: names.size for kind, names in self.of_kind.items()}
            logger().info("known_names_read", seconds=round(monotonic() - started, 1), **sizes)


class _NameReading:
    """What is left to read: kinds, and for most kinds the stores.

    A store of None means that the list of stores is not read yet.
    """

    def __init__(self, of_kind: dict[str, NamesOfKind]) -> None:
        self._of_kind = of_kind
        self.remaining: deque[tuple[str, str | None]] = deque(
            [("store", ANY), ("landing_page", ANY)]
            + [(kind, None) for kind in ("page", "event_name", "selector")]
        )
        self._unread_of_kind = Counter(kind for kind, _ in self.remaining)

    def read_next(self, connection: psycopg.Connection[Any]) -> None:
        """Read the next part. Raises psycopg.Error; the failed part, possibly a slow one, moves to
        the end."""
        kind, store_id = self.remaining[0]
        names = self._of_kind[kind]
        try:
            if store_id is None:
                stores = recent_stores(connection, STORES)
                self.remaining.extend((kind, store) for store in stores)
                self._unread_of_kind[kind] += len(stores)
            elif names.room > 0:
                of_one = None if store_id == ANY else store_id
                names.put(store_id, hashes_of_kind(connection, kind, names.room, of_one))
        except psycopg.Error:
            self.remaining.rotate(-1)
            raise
        self.remaining.popleft()
        self._unread_of_kind[kind] -= 1
        if not self._unread_of_kind[kind]:
            names.is_read = True
            _READ[kind].set(1)
