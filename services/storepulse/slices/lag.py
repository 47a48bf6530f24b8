"""How many records wait in the partitions that a running application reads.

Rules: what counts is what readers may have. A transaction marker, or a record of an aborted
transaction, after the last record that was applied is not waited for; nor is anything behind an
open transaction. Only the broker knows which offsets these are. It is asked about a partition whose
committed offset stands still before the readable end, and once more when either has moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Any

from storepulse.adapters import metrics
from storepulse.adapters.kafka.log_search import LogSearch, Offsets
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Transient
from storepulse.slices.partitions import TIMEOUT_SECONDS, Partitions
from storepulse.slices.transport import SliceApp

log = logger()

Place = tuple[str, int]


class Lag:
    """Looks at an application's partitions, again and again. Not for two looks at once."""

    def __init__(self, app: SliceApp, partitions: Partitions) -> None:
        self._app = app
        self._partitions = partitions
        self._before: dict[Place, int] = {}
        #: What the broker said: bounds as they were then, and the first record between them.
        self._known: dict[Place, tuple[tuple[int, int], int | None]] = {}
        self._starts: Offsets = {}
        self._search: LogSearch | None = None

    async def look(self) -> dict[Place, tuple[int, int]]:
        """By partition, offsets from the first record that waits to the end, and the committed
        offset. Sets the metrics of each.
        """
        bounds = self._bounds()
        standing = {
            place: committed
            for place, (committed, end) in bounds.items()
            if self._before.get(place) == committed < end
            and self._known.get(place, (None,))[0] != (committed, end)
        }
        self._before = {place: committed for place, (committed, _) in bounds.items()}
        found = await asyncio.to_thread(self._first_records, standing) if standing else {}
        for place, first in found.items():
            self._known[place] = (bounds[place], first)
        waiting: dict[Place, tuple[int, int]] = {}
        for place, (committed, end) in bounds.items():
            at, first = self._known.get(place, (None, None))
            behind = max(0, end - committed)
            if at == (committed, end):
                behind = 0 if first is None else max(1, end - first)
            metrics.CONSUMER_LAG.labels(place[0], str(place[1])).set(behind)
            waiting[place] = (behind, committed)
        return waiting

    async def records_wait(self, topic: str, halted: Container[Place] = ()) -> bool:
        """Whether the broker, asked now, has records of a topic that are not committed, those of
        halted partitions aside."""
        starts = {
            place: low
            for place, (low, _) in self._bounds().items()
            if place[0] == topic and place not in halted
        }
        if not starts:
            return False
        try:
            found = await asyncio.to_thread(self._partitions.first_records, starts)
        except Transient as error:
            log.warning("what waits is unknown", topic=topic, reason=str(error))
            return False
        # Retention may have removed what was found before.
        self._known = {place: known for place, known in self._known.items() if place not in found}
        return any(first is not None for first in found.values())

    def _bounds(self) -> dict[Place, tuple[int, int]]:
        consumer: Any = self._app.consumer
        found: dict[Place, tuple[int, int]] = {}
        for tp in consumer.assignment():
            end = consumer.readable_end(tp)
            found[tp.topic, tp.partition] = (consumer._committed_offset.get(tp) or 0, end)
            withheld = max(0, (consumer.highwater(tp) or 0) - end)
            metrics.CONSUMER_WITHHELD.labels(tp.topic, str(tp.partition)).set(withheld)
        return found

    def _first_records(self, starts: Offsets) -> dict[Place, int | None]:
        """Those that were found in time; behind a lot that was aborted, the next look goes on."""
        if self._search is None or not starts.items() <= self._starts.items():
            self._close()
            self._search, self._starts = self._partitions.search(starts), starts
        try:
            looked = self._search.search(TIMEOUT_SECONDS)
            found = {place: first for place, first in looked.items() if place in starts}
        except Transient as error:
            log.warning("what waits is unknown", reason=str(error))
            found = {}
        if len(found) == len(starts):
            self._close()
        return found

    def _close(self) -> None:
        if self._search is not None:
            self._search.close()
        self._search = None
