"""What waits in partitions, whoever reads them, and since when: judged from outside.

Rules: a partition waits where its position stands still before a record that readers may have. Only
the broker knows whether there is one, so each position that stood still between two looks is asked
for once, and once more when the end has moved. Time counts from the look at which the position was
first seen. Nothing here depends on the process that reads: it may be dead.
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
        """Takes (position, readable end) of each partition; gives the positions to ask for."""
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
        """Takes the first record at or after each position that was asked for."""
        for where, first in first_records.items():
            one = self._standing[where]
            one.judged_end, one.has_record = one.end, first is not None

    def lag(self, where: TopicPartition) -> int:
        """Offsets from the position to the end; 0 where no record is among them."""
        one = self._standing.get(where)
        if one is None or (one.judged_end == one.end and not one.has_record):
            return 0
        return one.end - one.position

    def waiting_since(self, topic: str) -> float | None:
        """When what has waited for the longest was first seen; None where nothing waits."""
        return min(
            (
                one.since
                for (name, _), one in self._standing.items()
                if name == topic and one.has_record
            ),
            default=None,
        )
