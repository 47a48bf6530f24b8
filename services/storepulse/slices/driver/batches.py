"""A batch of records in Kafka's format, read whatever its producer put into it.

Kafka validates little of what it receives. Batches that aiokafka's parser refuses, or would accept
wrongly, are read again by `salvage`, record by record. aiokafka reads all ordinary batches.

- A header name that is not UTF-8 gets an escape, `\\xff`, for each invalid byte.
- Compressed batches are decompressed by `compression`, up to a limit.
- Offsets come from the batch, whatever the records say, because offsets decide what is applied.
- If records cannot be read, each of their offsets still yields a record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

from storepulse.slices.driver.compression import decompress
from storepulse.slices.driver.salvage import BatchRecord, salvage_records

_ATTRIBUTES, _BODY = 21, 61
_CODEC_BITS = 0b111


class FetchedBatches(MemoryRecords):  # type: ignore[misc] # said to be final, which it is not
    """The batches of a fetch; `raw` has the bytes of the last one returned.

    `unpacked_bytes`: decompressed bytes of the compressed batches so far.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data
        self._start = self._end = 0
        self.unpacked_bytes = 0

    def next_batch(self) -> Any:
        batch = super().next_batch()
        if batch is not None:
            self._start = self._end
            (length,) = struct.unpack_from(">i", self._data, self._start + 8)
            self._end = self._start + 12 + length
        return batch

    @property
    def raw(self) -> bytes:
        return bytes(self._data[self._start : self._end])


def records_of(batch: Any, batches: FetchedBatches) -> Iterable[Any]:
    """Return the records of the last batch that `batches` returned, in offset order."""
    if batch.producer_id is None:  # an old format, which today's brokers do not accept
        return list(batch)
    first, count = batch.base_offset, batch.next_offset - batch.base_offset
    try:
        records = list(_decompressed_batch(batches) if batch.compression_type else batch)
    except Exception:  # noqa: BLE001 - whatever its bytes lead to, reading them one by one tells
        return salvage_records(batch, batches.raw[_BODY:])
    offsets = [r.offset for r in records]
    if len(records) == count:
        are_sound = offsets == list(range(first, first + count))
    else:  # compacted
        are_sound = _are_ascending(offsets, first, first + count)
    return records if are_sound else _number_records(records, first)


def _are_ascending(offsets: list[int], first: int, end: int) -> bool:
    before = first - 1
    for offset in offsets:
        if not before < offset < end:
            return False
        before = offset
    return True


def _number_records(records: list[Any], first: int) -> Iterator[BatchRecord]:
    for offset, r in enumerate(records, first):
        yield BatchRecord(offset, r.timestamp, r.timestamp_type, r.key, r.value, r.headers)


def _decompressed_batch(batches: FetchedBatches) -> Any:
    """Return the last batch that was returned, decompressed."""
    raw = batches.raw
    (attributes,) = struct.unpack_from(">h", raw, _ATTRIBUTES)
    head = bytearray(raw[:_BODY])
    struct.pack_into(">h", head, _ATTRIBUTES, attributes & ~_CODEC_BITS)
    body = decompress(raw[_BODY:], attributes & _CODEC_BITS)
    batches.unpacked_bytes += len(body)
    return DefaultRecordBatch(bytes(head) + body)
