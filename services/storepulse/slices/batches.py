"""A batch of records as Kafka keeps it, read whatever its writer put into it.

Kafka looks at little of what it is sent. What aiokafka's parser refuses, and what it would take too
lightly, is read here once more, record by record; ordinary batches are aiokafka's alone.

- A header's name that is not UTF-8 gets an escape, `\\xff`, for each byte that does not belong.
- Compressed batches are unpacked here, up to `LARGEST_BATCH_BYTES`: a kilobyte may hold gigabytes.
- Offsets are the batch's, whatever the records say: they decide what counts as done.
- Of what cannot be read at all, each offset still is a record, with the reason as its header
  `x-storepulse-unread`; the first has the bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import cramjam
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

#: The most that a batch may unpack to. What a broker takes by default is at most 1 MiB packed.
LARGEST_BATCH_BYTES = 16 * 1024 * 1024
#: The header of a record that stands for one that could not be read; its value says why.
UNREAD = "x-storepulse-unread"

_ATTRIBUTES, _COUNT, _BODY = 21, 57, 61
_CODEC_BITS, _APPEND_TIME_BIT = 0b111, 0b1000
_GZIP, _SNAPPY, _LZ4, _ZSTD = 1, 2, 3, 4
_GZIP_WINDOW = 31
_GZIP_MAGIC = b"\x1f\x8b"
_XERIAL, _XERIAL_BYTES = b"\x82SNAPPY\0", 16
_VARINT_BYTES = 10

Headers = list[tuple[str, bytes | None]]


class Unreadable(Exception):
    """Bytes that are no batch of records, or too many; says why in one line."""


class Record(NamedTuple):
    """A record with the attributes that aiokafka's have."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class KeptRecords(MemoryRecords):  # type: ignore[misc] # said to be final, which it is not
    """The batches of a fetch; `raw` are the bytes of the last one that was taken.

    `unpacked_bytes`: what those that were compressed held so far.
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


def records_of(batch: Any, kept: KeptRecords) -> Iterable[Any]:
    """The records of the batch that was taken last from `kept`, in the order of their offsets."""
    if batch.producer_id is None:  # an old format, which no broker of today takes
        return list(batch)
    first, count = batch.base_offset, batch.next_offset - batch.base_offset
    try:
        records = list(_unpacked(kept) if batch.compression_type else batch)
    except Exception:  # noqa: BLE001 - whatever its bytes lead to, reading them one by one tells
        return _read(batch, kept.raw)
    offsets = [r.offset for r in records]
    if len(records) == count:
        sound = offsets == list(range(first, first + count))
    else:  # compacted
        sound = _ascend(offsets, first, first + count)
    return records if sound else _numbered(records, first)


def _ascend(offsets: list[int], first: int, end: int) -> bool:
    before = first - 1
    for offset in offsets:
        if not before < offset < end:
            return False
        before = offset
    return True


def _numbered(records: list[Any], first: int) -> Iterator[Record]:
    for place, r in enumerate(records):
        yield Record(first + place, r.timestamp, r.timestamp_type, r.key, r.value, r.headers)


# ---- compressed batches -------------------------------------------------------------------------


def _unpacked(kept: KeptRecords) -> Any:
    """The batch that was taken last, not compressed."""
    raw = kept.raw
    (attributes,) = struct.unpack_from(">h", raw, _ATTRIBUTES)
    head = bytearray(raw[:_BODY])
    struct.pack_into(">h", head, _ATTRIBUTES, attributes & ~_CODEC_BITS)
    body = unpacked(raw[_BODY:], attributes & _CODEC_BITS)
    kept.unpacked_bytes += len(body)
    return DefaultRecordBatch(bytes(head) + body)


def unpacked(packed: bytes, codec: int) -> bytes:
    """What was packed by this codec, 0 for none. Raises Unreadable."""
    if not codec:
        return packed
    try:
        if codec == _GZIP:
            found = _gunzipped(packed)
        elif codec == _SNAPPY:
            found = _unsnapped(packed)
        elif codec == _LZ4:
            found = _bounded(cramjam.lz4, packed)
        elif codec == _ZSTD:
            found = _bounded(cramjam.zstd, packed)
        else:
            raise Unreadable(f"packed by an unknown codec, {codec}")
    except (zlib.error, cramjam.DecompressionError, struct.error) as error:
        raise Unreadable(f"does not unpack: {error}") from None
    if len(found) > LARGEST_BATCH_BYTES:
        raise Unreadable(f"unpacks to more than {LARGEST_BATCH_BYTES} bytes")
    return found


def _gunzipped(packed: bytes) -> bytes:
    """All members; what follows them is passed over, as Java does."""
    found = b""
    if not packed.startswith(_GZIP_MAGIC):
        raise Unreadable("does not unpack: no gzip file")
    while packed.startswith(_GZIP_MAGIC) and len(found) <= LARGEST_BATCH_BYTES:
        member = zlib.decompressobj(_GZIP_WINDOW)
        found += member.decompress(packed, LARGEST_BATCH_BYTES + 1 - len(found))
        if not member.eof:
            if len(found) <= LARGEST_BATCH_BYTES:
                raise Unreadable("does not unpack: its end is missing")
            break
        packed = member.unused_data
    return found


def _unsnapped(packed: bytes) -> bytes:
    if not packed.startswith(_XERIAL):
        return _unsnapped_block(packed, 0)
    parts, at, size = [], _XERIAL_BYTES, 0
    while at < len(packed) and size <= LARGEST_BATCH_BYTES:
        (length,) = struct.unpack_from(">i", packed, at)
        if length < 0:
            raise Unreadable("does not unpack: a block of negative size")
        parts.append(_unsnapped_block(packed[at + 4 : at + 4 + length], size))
        at, size = at + 4 + length, size + len(parts[-1])
    return b"".join(parts)


def _unsnapped_block(block: bytes, before: int) -> bytes:
    # The size stands first, and is not to be believed before it is judged.
    if cramjam.snappy.decompress_raw_len(block) > LARGEST_BATCH_BYTES - before:
        raise Unreadable(f"unpacks to more than {LARGEST_BATCH_BYTES} bytes")
    return bytes(cramjam.snappy.decompress_raw(block))


def _bounded(codec: Any, packed: bytes) -> bytes:
    # Pages that are not written cost nothing.
    room = bytearray(LARGEST_BATCH_BYTES)
    try:
        size = codec.decompress_into(packed, room)
    except cramjam.DecompressionError as error:
        if "whole buffer" in str(error):
            raise Unreadable(f"unpacks to more than {LARGEST_BATCH_BYTES} bytes") from None
        raise
    return bytes(memoryview(room)[:size])


# ---- record by record ---------------------------------------------------------------------------


def _read(batch: Any, raw: bytes) -> Iterator[Record]:
    """The records as far as they can be read, then one for each offset that is left."""
    first, end = batch.base_offset, batch.next_offset
    try:
        reading = _Reading(batch, unpacked(raw[_BODY:], batch.compression_type))
    except Unreadable as error:
        yield from _unread(batch, first, raw[_BODY:], str(error))
        return
    for offset in range(first, end):
        at = reading.at
        try:
            record = reading.record(offset)
        except Unreadable as error:
            yield from _unread(batch, offset, reading.body[at:], str(error))
            return
        yield record


def _unread(batch: Any, first: int, left: bytes, reason: str) -> Iterator[Record]:
    headers: Headers = [(UNREAD, reason.encode("utf-8", "replace"))]
    at, kind = batch.max_timestamp, batch.timestamp_type
    for offset in range(first, batch.next_offset):
        yield Record(offset, at, kind, None, left if offset == first else None, headers)


class _Reading:
    """Records one after the other; `at`: where the next one begins."""

    def __init__(self, batch: Any, body: bytes) -> None:
        self._batch = batch
        self.body = body
        self.at = 0

    def record(self, offset: int) -> Record:
        """The next record. Raises Unreadable."""
        batch = self._batch
        length = self._number()
        begins = self.at
        self.at += 1  # attributes, which are not in use
        delta = self._number()
        self._number()  # the offset, as its writer has it
        key, value = self._bytes(), self._bytes()
        headers: Headers = []
        for _ in range(self._number()):
            name = self._bytes()
            if name is None:
                raise Unreadable("a header without a name")
            headers.append((name.decode("utf-8", "backslashreplace"), self._bytes()))
        if self.at - begins != length:
            raise Unreadable(f"a record of {self.at - begins} bytes that says {length}")
        # As Java counts: beyond 64 bits it begins anew.
        at = (batch.first_timestamp + delta + 2**63) % 2**64 - 2**63
        if batch.timestamp_type:
            at = batch.max_timestamp
        return Record(offset, at, batch.timestamp_type, key, value, headers)

    def _number(self) -> int:
        found = 0
        for place in range(_VARINT_BYTES):
            if self.at >= len(self.body):
                raise Unreadable("a number that ends beyond its batch")
            byte = self.body[self.at]
            self.at += 1
            found |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
        raise Unreadable("a number of more than 64 bits")

    def _bytes(self) -> bytes | None:
        size = self._number()
        if size < 0:
            return None
        begins, self.at = self.at, self.at + size
        if self.at > len(self.body):
            raise Unreadable("a field that ends beyond its batch")
        return self.body[begins : self.at]
