"""Batches of records as bytes, and how to put them into a topic, as no client library does.

Batches of format 2, as Kafka keeps and sends them.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.record.util import calc_crc32c
from tests.support.waiting import wait_until

from storepulse.adapters.settings import Settings

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
#: Kafka's word for: ask another broker, or later.
_NO_LEADER = 6
LOG_APPEND_TIME = 0b1000


@dataclass(frozen=True)
class RawRecord:
    """A record whose header names are bytes. `timestamp` in milliseconds after the batch's."""

    key: bytes | None = None
    value: bytes | None = None
    headers: Sequence[tuple[bytes, bytes | None]] = field(default_factory=list)
    timestamp: int = 0


def varint(number: int) -> bytes:
    """A number as Kafka's records have it: zigzag, seven bits a byte."""
    left = (number << 1) ^ (number >> 63)
    out = bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)


def sized(content: bytes | None) -> bytes:
    return varint(-1) if content is None else varint(len(content)) + content


def record_bytes(record: RawRecord, place: int) -> bytes:
    """A record as it stands in a batch, at this place."""
    body = b"".join((
        b"\0", varint(record.timestamp), varint(place), sized(record.key), sized(record.value),
        varint(len(record.headers)),
        *(sized(name) + sized(value) for name, value in record.headers),
    ))  # fmt: skip
    return varint(len(body)) + body


def batch(
    records: Sequence[RawRecord], *, first: int = 0, timestamp: int = 1_000, attributes: int = 0
) -> bytes:
    """A batch of these records, not compressed."""
    body = b"".join(record_bytes(r, place) for place, r in enumerate(records))
    return batch_of(body, len(records), first=first, timestamp=timestamp, attributes=attributes)


def batch_of(
    body: bytes, count: int, *, first: int = 0, timestamp: int = 1_000, attributes: int = 0
) -> bytes:
    """A batch around whatever bytes, which are said to hold `count` records."""
    checked = struct.pack(
        ">hiqqqhii", attributes, count - 1, timestamp, timestamp, -1, -1, -1, count
    ) + body  # fmt: skip
    rest = struct.pack(">ibI", -1, 2, calc_crc32c(checked)) + checked
    return struct.pack(">qi", first, len(rest)) + rest


def put(settings: Settings, topic: str, data: bytes, partition: int = 0) -> None:
    """Sends one batch that Kafka is to take; a topic that is new has no leader for a moment."""
    answers: list[int] = []

    def answered() -> bool:
        answers.append(send(settings, topic, partition, data))
        return answers[-1] != _NO_LEADER

    wait_until(answered, "a leader", seconds=20)
    assert answers[-1] == 0, f"Kafka answers {answers[-1]}"


def send(settings: Settings, topic: str, partition: int, data: bytes) -> int:
    """Sends one batch as it is; Kafka's error code, 0 where it took it."""
    host, _, port = settings.kafka_bootstrap_servers.split(",")[0].rpartition(":")
    name = topic.encode()
    request = b"".join((
        struct.pack(">hhih", 0, 7, 1, -1),  # Produce, version 7, no client id
        struct.pack(">hhii", -1, -1, 20_000, 1),  # no transaction, all replicas, one topic
        struct.pack(">h", len(name)), name, struct.pack(">iii", 1, partition, len(data)), data,
    ))  # fmt: skip
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        if settings.kafka_sasl_mechanism:
            _say_who(connection, settings)
        body = _ask(connection, request)
    error: Any = struct.unpack_from(">h", body, 4 + 4 + 2 + len(name) + 4 + 4)[0]
    return int(error)


def _say_who(connection: socket.socket, settings: Settings) -> None:
    """Sends user and password (PLAIN)."""
    assert settings.kafka_sasl_mechanism == "PLAIN"
    user, password = settings.kafka_sasl_username, settings.kafka_sasl_password.get_secret_value()
    words = b"\0".join((b"", user.encode(), password.encode()))
    for request in (
        struct.pack(">hhih", 17, 1, 1, -1) + struct.pack(">h", 5) + b"PLAIN",  # SaslHandshake
        struct.pack(">hhih", 36, 0, 2, -1) + struct.pack(">i", len(words)) + words,
    ):
        answer = _ask(connection, request)
        assert answer[4:6] == b"\0\0", f"Kafka does not let us in: {answer!r}"


def _ask(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(struct.pack(">i", len(request)) + request)
    answer = connection.makefile("rb")
    (size,) = struct.unpack(">i", answer.read(4))
    return answer.read(size)
