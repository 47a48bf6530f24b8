"""What waits in partitions and since when, judged independently of their consumer.

A partition waits if its position stays before a record that consumers may read. Only the broker
knows whether there is one. So each position that did not move between two calls is looked up once,
and again when the end has moved. Time counts from the call in which the position was first seen.
Nothing here depends on the consuming process, which may be dead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storepulse.slices.slice import TopicPartition


@dataclass(slots=True)
class _Standing:
    """A partition whose position is before its end."""

    position: int
    end: int
    since: float
    judged_end: int = -1
    has_record: bool = False


class ConsumerBacklog:
    """The partitions of one consumer group."""

    def __init__(self) -> None:
        self._standing: dict[TopicPartition, _Standing] = {}

    def update(
        self, now: float, bounds: Mapping[TopicPartition, tuple[int, int]]
    ) -> dict[TopicPartition, int]:
        """Take (position, readable end) of each partition; return the positions to look up."""
        standing: dict[TopicPartition, _Standing] = {}
        for where, (position, end) in bounds.items():
            before = self._standing.get(where)
            if position >= end:
                continue
            if before is None or before.position != position:
                standing[where] = _Standing(position, end, now)
            else:
                before.end = end
                standing[where] = before
        self._standing = standing
        return {
            where: one.position
            for where, one in standing.items()
            if one.since < now and not one.has_record and one.judged_end != one.end
        }

    def judge(self, first_records: Mapping[TopicPartition, int | None]) -> None:
        """Take the first record at or after each position that `update` returned."""
        for where, first in first_records.items():
            one = self._standing[where]
            one.judged_end, one.has_record = one.end, first is not None

    def lag(self, where: TopicPartition) -> int:
        """Return the offsets from the position to the end; 0 if there is no record among them."""
        one = self._standing.get(where)
        if one is None or (one.judged_end == one.end and not one.has_record):
            return 0
        return one.end - one.position

    def waiting_since(self, topic: str) -> float | None:
        """When the oldest waiting position was first seen; None if nothing waits."""
        return min(
            (
                one.since
                for (name, _), one in self._standing.items()
                if name == topic and one.has_record
            ),
            default=None,
        )
