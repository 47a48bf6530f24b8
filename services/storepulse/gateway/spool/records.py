"""The format of a spool's segment: consecutive records, each with its length and checksum.

    mark u32 | length u32 | crc32 u32 | accepted_at i64 | topic u8+n | key u16+n | value

Big-endian. `length` counts the bytes after the checksum; the checksum covers the length and those
bytes. `mark` is random for each segment and part of the file's name; it is also the checksum's
initial value. A reader can therefore resynchronise after damage, and nothing that a client sends
can pass for a record. Pure functions.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

_FRAME = struct.Struct(">III")
_HEAD = struct.Struct(">qBH")
_LENGTH = struct.Struct(">I")
OVERHEAD = _FRAME.size + _HEAD.size
#: Larger than any record that a topic takes; a longer one was never written.
MAX_LENGTH = 4 * 1024 * 1024


class SpooledRecord(NamedTuple):
    """One event as it goes to Kafka. `accepted_at` in milliseconds since 1970."""

    accepted_at: int
    topic: str
    key: bytes
    value: bytes


@dataclass
class Scan:
    """The contents of a segment.

    `end`: after the last byte that belongs to a record or to damage. `damaged` counts stretches
    without a readable record; `torn` the bytes after `end` of a write that did not complete.
    """

    records: list[SpooledRecord] = field(default_factory=list)
    damaged: int = 0
    end: int = 0
    torn: int = 0


def size_of(topic: bytes, key: bytes, value: bytes) -> int:
    """The size of a record on disk, in bytes."""
    return OVERHEAD + len(topic) + len(key) + len(value)


def pack(mark: int, accepted_at: int, topic: bytes, key: bytes, value: bytes) -> bytes:
    """Encode a record."""
    body = b"%b%b%b%b" % (_HEAD.pack(accepted_at, len(topic), len(key)), topic, key, value)
    length = len(body)
    return _FRAME.pack(mark, length, _checksum_of(mark, length, body)) + body


def scan(mark: int, data: bytes) -> Scan:
    """All complete records of a segment, in order; damage is skipped."""
    result = Scan()
    view = memoryview(data)
    start = mark.to_bytes(4, "big")
    at, size = 0, len(data)
    while at < size:
        end = _end_of_record(mark, view, at)
        if end:
            result.records.append(_record_of(view[at + _FRAME.size : end]))
            at = result.end = end
            continue
        next_mark = data.find(start, at + 1)
        while next_mark >= 0 and not _end_of_record(mark, view, next_mark):
            next_mark = data.find(start, next_mark + 1)
        if next_mark < 0:
            if _is_torn(start, data[at:]):
                result.torn = size - at
            else:
                result.damaged += 1
                result.end = size
            break
        result.damaged += 1
        at = next_mark
    return result


def _checksum_of(mark: int, length: int, body: bytes | memoryview) -> int:
    return crc32(body, crc32(_LENGTH.pack(length), mark))


def _end_of_record(mark: int, view: memoryview, at: int) -> int:
    """Where the record that starts at `at` ends; 0 if no complete one starts there."""
    begin = at + _FRAME.size
    if begin > len(view):
        return 0
    found_mark, length, checksum = _FRAME.unpack_from(view, at)
    end: int = begin + length
    if found_mark != mark or not _HEAD.size <= length <= MAX_LENGTH or end > len(view):
        return 0
    return end if _checksum_of(mark, length, view[begin:end]) == checksum else 0


def _record_of(body: memoryview) -> SpooledRecord:
    accepted_at, topic, key = _HEAD.unpack_from(body)
    key_at = _HEAD.size + topic
    value_at = key_at + key
    return SpooledRecord(
        accepted_at,
        str(body[_HEAD.size : key_at], "utf-8"),
        bytes(body[key_at:value_at]),
        bytes(body[value_at:]),
    )


def _is_torn(start: bytes, rest: bytes) -> bool:
    """Whether a segment's last bytes are the start of a record, or were never written."""
    if not any(rest):
        return True
    if len(rest) < _FRAME.size:
        return rest[:4] == start[: len(rest)]
    length: int = _FRAME.unpack_from(rest)[1]
    return rest[:4] == start and length <= MAX_LENGTH and _FRAME.size + length > len(rest)
