"""A slice: consecutive records of one partition, applied together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from storepulse.contracts.event_headers import wire_bytes_of

#: A topic's name and the number of one of its partitions.
TopicPartition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive records of one partition, in offset order; never empty.

    A record's `index` in the slice is its place in each of these columns. Timestamps are the
    broker's, in milliseconds. `generation` is the consumer group's when the slice was fetched.
    """

    topic: str
    partition: int
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Sequence[tuple[str, bytes]]]
    timestamps: Sequence[int]
    generation: int

    @property
    def end(self) -> int:
        """The offset after the last record."""
        return self.offsets[-1] + 1

    def cut(self, start: int, stop: int) -> Slice:
        """Return the records from index `start` to before `stop`."""
        part = slice(start, stop)
        return replace(
            self,
            offsets=self.offsets[part],
            keys=self.keys[part],
            values=self.values[part],
            headers=self.headers[part],
            timestamps=self.timestamps[part],
        )

    def size(self, index: int) -> int:
        """Return an upper bound of a record's bytes as Kafka counts them: key, value, headers."""
        own = len(self.keys[index] or b"") + len(self.values[index] or b"")
        return own + wire_bytes_of(self.headers[index])


def slice_of(partition: TopicPartition, records: Sequence[Any], generation: int) -> Slice:
    """Return the slice of aiokafka's records, which are of one partition in offset order."""
    first, last = records[0], records[-1]
    is_contiguous = last.offset - first.offset == len(records) - 1
    return Slice(
        topic=partition[0],
        partition=partition[1],
        offsets=range(first.offset, last.offset + 1)
        if is_contiguous
        else [r.offset for r in records],
        keys=[r.key for r in records],
        values=[r.value for r in records],
        headers=[r.headers for r in records],
        timestamps=[r.timestamp for r in records],
        generation=generation,
    )
