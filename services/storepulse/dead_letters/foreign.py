"""Reads the headers of other tools' dead letters: where the record came from, and why it failed.

Kafka Connect, Kafka Streams (KIP-1034) and share groups (KIP-1191) write text; Spring Kafka writes
partition and offset as big-endian integers of four and eight bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storepulse.dead_letters.letter import MESSAGE_CHARACTERS

_OFFSET_DIGITS = 18
_INTEGER_BYTES = (4, 8)

Header = tuple[str, bytes | None]


@dataclass(frozen=True, slots=True)
class ForeignTool:
    """A tool, the prefix of its headers, and the header names after the prefix."""

    name: str
    prefix: str
    topic: str = "topic"
    partition: str = "partition"
    offset: str = "offset"
    error: str = "exception.class.name"
    message: str = "exception.message"
    binary: bool = False


TOOLS = (
    ForeignTool("Kafka Connect", "__connect.errors."),
    ForeignTool(
        "Spring Kafka", "kafka_dlt-",
        topic="original-topic", partition="original-partition", offset="original-offset",
        error="exception-fqcn", message="exception-message", binary=True,
    ),
    ForeignTool("Kafka Streams", "__streams.errors.", error="exception", message="message"),
    ForeignTool("Kafka", "__dlq.errors.", error="group", message="message"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ForeignOrigin:
    """What a tool's headers say about a record. None: the header is missing or invalid."""

    tool: str | None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    message: str = ""

    @property
    def reason(self) -> str:
        """One of a few fixed phrases."""
        return f"set aside by {self.tool or 'an unknown tool'}"


def origin_of(headers: Sequence[Header]) -> ForeignOrigin:
    """The origin of a foreign letter. Of repeated headers, the last one counts."""
    for tool in TOOLS:
        tool_headers = {
            name.removeprefix(tool.prefix): value
            for name, value in headers
            if name.startswith(tool.prefix)
        }
        if tool_headers:
            texts = (_text_of(tool_headers.get(name)) for name in (tool.error, tool.message))
            return ForeignOrigin(
                tool.name,
                _text_of(tool_headers.get(tool.topic)) or None,
                _number_of(tool_headers.get(tool.partition), binary=tool.binary),
                _number_of(tool_headers.get(tool.offset), binary=tool.binary),
                ": ".join(filter(None, texts))[:MESSAGE_CHARACTERS],
            )
    return ForeignOrigin(None)


def own_headers_of(headers: Iterable[Header]) -> list[Header]:
    """The record's own headers, without those that a tool added when it set the record aside."""
    prefixes = tuple(tool.prefix for tool in TOOLS)
    return [(name, value) for name, value in headers if not name.startswith(prefixes)]


def _text_of(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace").replace("\0", "\ufffd")


def _number_of(value: bytes | None, *, binary: bool) -> int | None:
    if value is None:
        return None
    if not binary and value.isdigit() and len(value) <= _OFFSET_DIGITS:
        return int(value)
    if len(value) in _INTEGER_BYTES:
        number = int.from_bytes(value, "big", signed=True)
        return number if number >= 0 else None
    return None
