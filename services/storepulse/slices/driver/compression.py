"""Decompression of a batch's body up to a limit: a kilobyte may expand to gigabytes."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import cramjam

#: The limit for a decompressed batch. By default a broker accepts at most 1 MiB compressed.
LARGEST_BATCH_BYTES = 16 * 1024 * 1024

_GZIP, _SNAPPY, _LZ4, _ZSTD = 1, 2, 3, 4
_GZIP_WINDOW = 31
_GZIP_MAGIC = b"\x1f\x8b"
_XERIAL, _XERIAL_BYTES = b"\x82SNAPPY\0", 16


class UnreadableBatch(Exception):
    """Bytes that are not a batch of records, or too many; the message is one line."""


def decompress(packed: bytes, codec: int) -> bytes:
    """Decompress with this codec of Kafka's, 0 for none. Raises UnreadableBatch."""
    if not codec:
        return packed
    try:
        if codec == _GZIP:
            content = _gunzip(packed)
        elif codec == _SNAPPY:
            content = _unsnap(packed)
        elif codec == _LZ4:
            content = _decompress_into(cramjam.lz4, packed)
        elif codec == _ZSTD:
            content = _decompress_into(cramjam.zstd, packed)
        else:
            raise UnreadableBatch(f"packed by an unknown codec, {codec}")
    except (zlib.error, cramjam.DecompressionError, struct.error) as error:
        raise UnreadableBatch(f"does not unpack: {error}") from None
    if len(content) > LARGEST_BATCH_BYTES:
        raise UnreadableBatch(f"unpacks to more than {LARGEST_BATCH_BYTES} bytes")
    return content


def _gunzip(packed: bytes) -> bytes:
    """Decompress all gzip members; like Java, ignore bytes that follow them."""
    content = b""
    if not packed.startswith(_GZIP_MAGIC):
        raise UnreadableBatch("does not unpack: no gzip file")
    while packed.startswith(_GZIP_MAGIC) and len(content) <= LARGEST_BATCH_BYTES:
        member = zlib.decompressobj(_GZIP_WINDOW)
        content += member.decompress(packed, LARGEST_BATCH_BYTES + 1 - len(content))
        if not member.eof:
            if len(content) <= LARGEST_BATCH_BYTES:
                raise UnreadableBatch("does not unpack: its end is missing")
            break
        packed = member.unused_data
    return content


def _unsnap(packed: bytes) -> bytes:
    if not packed.startswith(_XERIAL):
        return _unsnap_block(packed, 0)
    blocks, start, size = [], _XERIAL_BYTES, 0
    while start < len(packed) and size <= LARGEST_BATCH_BYTES:
        (length,) = struct.unpack_from(">i", packed, start)
        if length < 0:
            raise UnreadableBatch("does not unpack: a block of negative size")
        blocks.append(_unsnap_block(packed[start + 4 : start + 4 + length], size))
        start, size = start + 4 + length, size + len(blocks[-1])
    return b"".join(blocks)


def _unsnap_block(block: bytes, bytes_before: int) -> bytes:
    # The block begins with its decompressed size, which must be checked before it is used.
    if cramjam.snappy.decompress_raw_len(block) > LARGEST_BATCH_BYTES - bytes_before:
        raise UnreadableBatch(f"unpacks to more than {LARGEST_BATCH_BYTES} bytes")
    return bytes(cramjam.snappy.decompress_raw(block))


def _decompress_into(codec: Any, packed: bytes) -> bytes:
    # Memory pages that are never written cost nothing.
    buffer = bytearray(LARGEST_BATCH_BYTES)
    try:
        size = codec.decompress_into(packed, buffer)
    except cramjam.DecompressionError as error:
        if "whole buffer" in str(error):
            raise UnreadableBatch(f"unpacks to more than {LARGEST_BATCH_BYTES} bytes") from None
        raise
    return bytes(memoryview(buffer)[:size])
