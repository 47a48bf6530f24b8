"""Reading of a batch that aiokafka's parser refuses, record by record as far as possible.

A record that cannot be read keeps its offset: it yields a record without key, with the reason in
its header `x-storepulse-unread`. The first such record contains the remaining bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from storepulse.slices.driver.compression import UnreadableBatch, decompress

#: The header of a record that replaces an unreadable one; its value is the reason.
UNREAD = "x-storepulse-unread"
_VARINT_BYTES = 10

Headers = list[tuple[str, bytes | None]]


class BatchRecord(NamedTuple):
    """A record with the attributes of aiokafka's records."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def salvage_records(batch: Any, packed: bytes) -> Iterator[BatchRecord]:
    """Yield one record for each offset of the batch; `packed` is its body as the broker has it."""
    first, end = batch.base_offset, batch.next_offset
    try:
        reader = _RecordReader(batch, decompress(packed, batch.compression_type))
    except UnreadableBatch as error:
        yield from _unread_records(batch, first, packed, str(error))
        return
    for offset in range(first, end):
        start = reader.position
        try:
            record = reader.read_record(offset)
        except UnreadableBatch as error:
            yield from _unread_records(batch, offset, reader.body[start:], str(error))
            return
        yield record


def _unread_records(batch: Any, first: int, rest: bytes, reason: str) -> Iterator[BatchRecord]:
    headers: Headers = [(UNREAD, reason.encode("utf-8", "replace"))]
    timestamp, kind = batch.max_timestamp, batch.timestamp_type
    for offset in range(first, batch.next_offset):
        value = rest if offset == first else None
        yield BatchRecord(offset, timestamp, kind, None, value, headers)


class _RecordReader:
    """Reads the records in order; `position` is where the next one begins in the body."""

    def __init__(self, batch: Any, body: bytes) -> None:
        self._batch = batch
        self.body = body
        self.position = 0

    def read_record(self, offset: int) -> BatchRecord:
        """Return the next record. Raises UnreadableBatch."""
        batch = self._batch
        length = self._read_number()
        start = self.position
        self.position += 1  # attributes, which are unused
        delta = self._read_number()
        self._read_number()  # the offset according to the producer
        key, value = self._read_bytes(), self._read_bytes()
        headers: Headers = []
        for _ in range(self._read_number()):
            name = self._read_bytes()
            if name is None:
                raise UnreadableBatch("a header without a name")
            headers.append((name.decode("utf-8", "backslashreplace"), self._read_bytes()))
        if self.position - start != length:
            raise UnreadableBatch(f"a record of {self.position - start} bytes that says {length}")
        # Wraps around at 64 bits, as in Java.
        timestamp = (batch.first_timestamp + delta + 2**63) % 2**64 - 2**63
        if batch.timestamp_type:
            timestamp = batch.max_timestamp
        return BatchRecord(offset, timestamp, batch.timestamp_type, key, value, headers)

    def _read_number(self) -> int:
        number = 0
        for index in range(_VARINT_BYTES):
            if self.position >= len(self.body):
                raise UnreadableBatch("a number that ends beyond its batch")
            byte = self.body[self.position]
            self.position += 1
            number |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return (number >> 1) ^ -(number & 1)
        raise UnreadableBatch("a number of more than 64 bits")

    def _read_bytes(self) -> bytes | None:
        size = self._read_number()
        if size < 0:
            return None
        start, self.position = self.position, self.position + size
        if self.position > len(self.body):
            raise UnreadableBatch("a field that ends beyond its batch")
        return self.body[start : self.position]
