"""`storepulse tail`: follows events, decoded, without joining any consumer group.

Events are untrusted input, so control characters, escape sequences and characters that reorder
text are printed as escapes.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.domain.times import utc_text

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, TopicPartition

    from storepulse.streams.stream import EventTypes

TIMEOUT_SECONDS = 10.0
POLL_SECONDS = 0.2
#: Unicode categories: control, format (bidirectional, zero width), surrogate, private use, and line
#: and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Fields that are shown first, or that are useful to programs only.
_NOT_SHOWN = frozenset({"store_id", "received_at", "content_crc", "correlation_id", "priority"})


@click.command()
@click.option("--stream", help="Only this stream.")
@click.option("--store", help="Only this store: its id or domain.")
@click.option("--type", "kind", help="Only this type, such as purchase or click.")
@click.option(
    "--bad", is_flag=True, help="Show events that were refused or set aside, with the reason."
)
@click.option("--raw", is_flag=True, help="Show what the gateway accepted, before deduplication.")
@click.option("--from", "start", type=click.Choice(("beginning", "end")), default="end")
@click.option("--count", type=click.IntRange(1), help="Stop after this many events.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    stream: str | None,
    store: str | None,
    kind: str | None,
    bad: bool,
    raw: bool,
    start: str,
    count: int | None,
    as_json: bool,
) -> None:
    """Follow events live, decoded, until Ctrl-C.

    \b
    Exit codes: 0 stopped as asked, 2 wrong options, 3 Kafka cannot be reached.

    Example: storepulse tail --stream activity --type purchase
    """
    from storepulse.cli.servers import settings_in_force

    event_filter = TailFilter(None if store is None else store_id(store), kind)
    settings = settings_in_force(kafka=True, database=False)
    line_count = 0
    try:
        for message in messages(settings, topics(settings, stream, bad=bad, raw=raw), start):
            event = describe(message)
            if not event_filter.matches(event):
                continue
            click.echo(as_line(event) if not as_json else json.dumps(event, default=plain))
            line_count += 1
            if line_count == count:
                return
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # `tail | head` closed the pipe. Without this, Python would report it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class TailFilter:
    """Which events are shown. Undecodable records are shown unless a store or type is set."""

    def __init__(self, store: str | None, kind: str | None) -> None:
        self._store, self._kind = store, kind

    def matches(self, event: dict[str, Any]) -> bool:
        """Whether the event is of the wanted store and type."""
        value = event["value"] if isinstance(event["value"], dict) else {}
        if self._store is not None and str(value.get("store_id", "")).lower() != self._store:
            return False
        from storepulse.streams.event_type import type_of

        return self._kind is None or type_of(stream_of(event), value) == self._kind


def store_id(text: str) -> str:
    """The id of a store by its id or domain."""
    from storepulse.domain.identity import is_uuid
    from storepulse.domain.stores import normalised_domain, store_id_of_domain

    if is_uuid(text):
        return text.lower()
    return store_id_of_domain(normalised_domain(text, "--store"))


def topics(settings: Settings, stream: str | None, *, bad: bool, raw: bool) -> list[str]:
    """The topics to follow. Raises Misconfigured for a stream that is not declared."""
    from storepulse.contracts.topics import load_catalog

    catalog = load_catalog(settings.topic_prefix)
    if stream is not None and stream not in catalog.streams:
        raise Misconfigured("--stream", f"must be one of {', '.join(catalog.streams)}")
    streams = list(catalog.streams) if stream is None else [stream]
    if bad:
        return [*map(catalog.dlq, streams), *([] if stream else [catalog.rejected])]
    return list(map(catalog.ingest if raw else catalog.events, streams))


def messages(settings: Settings, names: list[str], start: str) -> Iterator[Message]:
    """Endless records of the topics. Raises Transient if Kafka cannot be reached."""
    from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException

    from storepulse.adapters.kafka.clients import is_unreadable, reader_config

    consumer = Consumer(reader_config(settings, "storepulse-tail"))
    offset = OFFSET_BEGINNING if start == "beginning" else OFFSET_END
    try:
        consumer.assign(partitions(consumer, names, offset))
        while True:
            for message in consumer.consume(500, POLL_SECONDS):
                error = message.error()
                if error is None:
                    yield message
                elif is_unreadable(error):
                    _pass_over(consumer, message)
                elif not error.retriable():
                    raise Transient(f"Kafka: {error.str()}")
    except KafkaException as error:
        raise Transient(f"Kafka at {settings.kafka_bootstrap_servers}: {error}") from error
    finally:
        consumer.close()


def _pass_over(consumer: Consumer, message: Message) -> None:
    """Seek past an offset that the client cannot read."""
    from confluent_kafka import TopicPartition

    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None and partition is not None and offset is not None  # noqa: S101, PT018
    click.echo(printable(f"{topic}[{partition}]@{offset} cannot be read here"), err=True)
    consumer.seek(TopicPartition(topic, partition, offset + 1))


def partitions(consumer: Consumer, names: list[str], offset: int) -> list[TopicPartition]:
    """All partitions of the topics, at an offset."""
    from confluent_kafka import TopicPartition

    topics_of_broker = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
    missing = [name for name in names if name not in topics_of_broker]
    if missing:
        raise Misconfigured(missing[0], "no such topic; run `storepulse topics apply`")
    return [
        TopicPartition(name, p, offset) for name in names for p in topics_of_broker[name].partitions
    ]


def describe(message: Message) -> dict[str, Any]:
    """A record as topic, position, headers and value, which is decoded if possible, else text."""
    from storepulse.adapters.kafka.clients import headers_of

    headers = {
        name: (value or b"").decode("utf-8", "backslashreplace")
        for name, value in headers_of(message)
    }
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "headers": headers,
        "value": decode_value(message.value()),
    }


def decode_value(value: bytes | None) -> dict[str, Any] | str | None:
    """An event, or the bytes as text if they do not decode."""
    from storepulse.contracts.schemas import HEADER_BYTES, schemas_by_id

    if value is None:
        return None
    schema = schemas_by_id().get(int.from_bytes(value[1:HEADER_BYTES], "big"))
    if schema is not None and value[:1] == b"\0":
        try:
            event = schema.decode(value[HEADER_BYTES:])
        except Exception:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
            return value.hex()
        return dict(event) if isinstance(event, dict) else str(event)
    return value.decode("utf-8", "backslashreplace")


def stream_of(record: dict[str, Any]) -> str:
    """The stream of a record, by its topic."""
    return str(record["topic"]).split(".")[-2]


def _types_of(stream: str) -> EventTypes | None:
    from storepulse.streams.registry import STREAMS

    return STREAMS[stream].types if stream in STREAMS else None


def as_line(event: dict[str, Any]) -> str:
    """The record on one line, escaped for the terminal."""
    from storepulse.streams.event_type import type_of

    headers, value = event["headers"], event["value"]
    reason = headers.get("x-storepulse-reason") or headers.get("reason") or ""
    field = headers.get("x-storepulse-field") or headers.get("field") or ""
    why = f"[{field + ': ' if field else ''}{reason}]" if reason else ""
    if not isinstance(value, dict):
        return printable(f"{event['topic']}[{event['partition']}]@{event['offset']} {why} {value}")
    stream, at = stream_of(event), value["received_at"]
    kind, types = type_of(stream, value), _types_of(stream)
    hidden = _NOT_SHOWN if types is None else {*_NOT_SHOWN, types.column, types.own_column}
    fields = " ".join(
        f"{name}={plain(item)}"
        for name, item in value.items()
        if item is not None and name not in hidden
    )
    when = f"{at:%H:%M:%S}" if isinstance(at, datetime) else str(at)
    return printable(f"{when} {stream:<8} {kind:<16} {why} {fields}")


def plain(value: Any) -> Any:
    """Values without a JSON type, as text."""
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, str | int | bool) else str(value)


def printable(text: str) -> str:
    """The text with all characters escaped that a terminal would interpret, hide or reorder."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _UNSAFE else c
        for c in text
    )
