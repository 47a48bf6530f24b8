"""How many records wait in the partitions that a running application reads.

Only records that consumers may read count: not markers or records of aborted transactions after the
last applied record, and nothing behind an open transaction. Only the broker knows which offsets
these are. It is asked about a partition whose committed offset stays before the readable end, and
again when either has moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Any

from storepulse.adapters import metrics
from storepulse.adapters.kafka.log_search import LogSearch, Offsets
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Transient
from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.partitions import TIMEOUT_SECONDS, Partitions
from storepulse.slices.slice import TopicPartition

log = logger()


class Lag:
    """Measures the lag of an application's partitions repeatedly; one call at a time."""

    def __init__(self, app: SliceApp, partitions: Partitions) -> None:
        self._app = app
        self._partitions = partitions
        self._committed_before: dict[TopicPartition, int] = {}
        #: The broker's answers: the bounds at that time, and the first record between them.
        self._first_waiting: dict[TopicPartition, tuple[tuple[int, int], int | None]] = {}
        self._starts: Offsets = {}
        self._search: LogSearch | None = None

    async def measure(self) -> dict[TopicPartition, tuple[int, int]]:
        """Return, by partition, the lag and the committed offset; set the metrics.

        The lag counts offsets from the first waiting record to the end.
        """
        bounds = self._read_bounds()
        starts = {
            tp: committed
            for tp, (committed, end) in bounds.items()
            if self._committed_before.get(tp) == committed < end
            and self._first_waiting.get(tp, (None,))[0] != (committed, end)
        }
        self._committed_before = {tp: committed for tp, (committed, _) in bounds.items()}
        first_records = await asyncio.to_thread(self._find_first, starts) if starts else {}
        for tp, first in first_records.items():
            self._first_waiting[tp] = (bounds[tp], first)
        lag_of: dict[TopicPartition, tuple[int, int]] = {}
        for tp, (committed, end) in bounds.items():
            bounds_then, first = self._first_waiting.get(tp, (None, None))
            lag = max(0, end - committed)
            if bounds_then == (committed, end):
                lag = 0 if first is None else max(1, end - first)
            metrics.CONSUMER_LAG.labels(tp[0], str(tp[1])).set(lag)
            lag_of[tp] = (lag, committed)
        # Partitions that are now assigned to another process.
        metrics.forget_others(metrics.CONSUMER_LAG, {(topic, str(p)) for topic, p in bounds})
        return lag_of

    async def has_waiting_records(self, topic: str, halted: Container[TopicPartition] = ()) -> bool:
        """Whether the broker has uncommitted records of a topic now, except in `halted` ones."""
        starts = {
            tp: low
            for tp, (low, _) in self._read_bounds().items()
            if tp[0] == topic and tp not in halted
        }
        if not starts:
            return False
        try:
            first_records = await asyncio.to_thread(self._partitions.find_first_records, starts)
        except Transient as error:
            log.warning("what waits is unknown", topic=topic, reason=str(error))
            return False
        # Retention may have removed the records that were found before.
        self._first_waiting = {
            tp: answer for tp, answer in self._first_waiting.items() if tp not in first_records
        }
        return any(first is not None for first in first_records.values())

    def _read_bounds(self) -> dict[TopicPartition, tuple[int, int]]:
        consumer: Any = self._app.consumer
        bounds: dict[TopicPartition, tuple[int, int]] = {}
        for tp in consumer.assignment():
            end = consumer.readable_end(tp)
            bounds[tp.topic, tp.partition] = (consumer._committed_offset.get(tp) or 0, end)
            withheld = max(0, (consumer.highwater(tp) or 0) - end)
            metrics.CONSUMER_WITHHELD.labels(tp.topic, str(tp.partition)).set(withheld)
        metrics.forget_others(metrics.CONSUMER_WITHHELD, {(topic, str(p)) for topic, p in bounds})
        return bounds

    def _find_first(self, starts: Offsets) -> dict[TopicPartition, int | None]:
        """Return the records found in time. The next call continues after aborted records."""
        if self._search is None or not starts.items() <= self._starts.items():
            self._close()
            self._search, self._starts = self._partitions.search(starts), starts
        try:
            answers = self._search.search(TIMEOUT_SECONDS)
            first_records = {tp: first for tp, first in answers.items() if tp in starts}
        except Transient as error:
            log.warning("what waits is unknown", reason=str(error))
            first_records = {}
        if len(first_records) == len(starts):
            self._close()
        return first_records

    def _close(self) -> None:
        if self._search is not None:
            self._search.close()
        self._search = None
