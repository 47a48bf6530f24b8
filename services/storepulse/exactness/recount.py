"""The ledger's counts once more, from the raw bytes in Kafka, record by record.

Shares no code with the agents: fastavro decodes, a dictionary is the dedupe window. Only what the
ledger has passed is read, so that agents may go on meanwhile. Which of two copies in different
partitions was first is the agents' choice; where such copies count under different hours, totals
are compared instead.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from storepulse.adapters.kafka.clients import is_unreadable, reader_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, MAGIC, schemas_by_id
from storepulse.domain.errors import Transient
from storepulse.exactness.audit import Audit, Partition

NIL_STORE = "00000000-0000-0000-0000-000000000000"
BATCH_RECORDS = 5_000
PATIENCE_SECONDS = 0.25
SILENT_READS = 40
_LATEST_MS = 253_402_300_799_000  # 9999-12-31

Cell = tuple[str, str, datetime]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an ingest topic. `event` is None where it does not decode."""

    partition: int
    offset: int
    timestamp: int
    event: dict[str, Any] | None


@dataclass
class Recounted:
    """Counts by (stream, store, hour); `undecided` streams only as totals by store."""

    cells: dict[Cell, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    undecided: set[str] = field(default_factory=set)
    #: Streams whose first records Kafka has removed, or of whose dead letters some are gone.
    skipped: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)


class Unreadable(Exception):
    """A batch that librdkafka cannot read, and the agents have set aside. Names its place."""


def recount(
    settings: Settings, audit: Audit, progress: Callable[[int], None] = lambda _: None
) -> list[str]:
    """Reads the ingest topics and returns what the ledger counts otherwise."""
    result = Recounted()
    for stream in sorted({p.stream for p in audit.partitions}):
        partitions = [p for p in audit.partitions if p.stream == stream]
        if any(p.beginning > 0 for p in partitions):
            audit.notes.append(f"{stream}: Kafka has removed records, nothing to recount from")
            result.skipped.add(stream)
            continue
        if audit.snapshot.dead_letters.get(stream, (0, 0, 0))[2]:
            audit.notes.append(f"{stream}: dead letters have been removed, nothing to recount by")
            result.skipped.add(stream)
            continue
        dead = {
            (p.partition, offset)
            for p in partitions
            for topic_id, partition, offset in audit.snapshot.dead_offsets
            if (topic_id, partition) == (p.topic_id, p.partition)
        }
        records = read(settings, stream, partitions, progress)
        try:
            count_stream(result, stream, records, dead)
        except Unreadable as error:
            audit.notes.append(f"{stream}: {error}, nothing to recount from")
            result.skipped.add(stream)
    return [*result.findings, *compare(result, audit)]


def count_stream(
    result: Recounted, stream: str, records: Iterator[Record], dead: set[tuple[int, int]]
) -> None:
    """Adds one stream. `dead`: places that the agents have set aside."""
    first: dict[tuple[str, str], tuple[int, int, int, datetime]] = {}
    for record in records:
        place = (record.partition, record.offset)
        if record.event is None or place in dead:
            if place not in dead:
                result.findings.append(
                    f"{stream}[{place[0]}]@{place[1]}: undecodable, no dead letter"
                )
            store = NIL_STORE if record.event is None else record.event["store_id"]
            _add(result, stream, store, _hour(record.timestamp), "dead")
            continue
        event = record.event
        hour = _hour(event["received_at"])
        key = (event["store_id"], event["event_id"])
        if key not in first:
            first[key] = (*place, event["content_crc"], hour)
            _add(result, stream, key[0], hour, "applied")
            continue
        partition, _, crc, first_hour = first[key]
        if partition != record.partition and (hour != first_hour or crc != event["content_crc"]):
            result.undecided.add(stream)
        _add(result, stream, key[0], hour, "duplicate")
        if crc != event["content_crc"]:
            _add(result, stream, key[0], hour, "conflict", accepted=0)


def compare(result: Recounted, audit: Audit) -> Iterator[str]:
    """What the ledger counts otherwise than the recount."""
    ledger: dict[Cell, Counter[str]] = defaultdict(Counter)
    for c in audit.snapshot.counts:
        counted = {
            n: getattr(c, n) for n in ("accepted", "applied", "duplicate", "conflict", "dead")
        }
        ledger[c.stream, c.store_id, c.hour.astimezone(UTC)].update(counted)
    left, right = _judged(ledger, result), _judged(result.cells, result)
    for cell in sorted(left.keys() | right.keys()):
        for name in ("accepted", "applied", "duplicate", "conflict", "dead"):
            if cell[0] in result.undecided and name == "conflict":
                continue
            if left[cell][name] != right[cell][name]:
                stream, store, when = cell
                yield (
                    f"{stream} {store} {when or 'in total'}: {name} {left[cell][name]} in the"
                    f" ledger, {right[cell][name]} recounted"
                )


def _judged(
    cells: dict[Cell, Counter[str]], result: Recounted
) -> dict[tuple[str, str, str], Counter[str]]:
    """By hour, but by store alone where hours are undecided; without what cannot be recounted."""
    judged: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for (stream, store, hour), counts in cells.items():
        if stream not in result.skipped:
            when = "" if stream in result.undecided else f"{hour:%Y-%m-%d %H}h"
            judged[stream, store, when] += counts
    return judged


def _add(
    result: Recounted, stream: str, store: str, hour: datetime, name: str, accepted: int = 1
) -> None:
    result.cells[stream, store, hour].update({name: 1, "accepted": accepted})


def _hour(at: int | datetime) -> datetime:
    # Producers write the broker's times: any 64-bit number may come.
    moment = (
        at
        if isinstance(at, datetime)
        else datetime.fromtimestamp(min(max(at, 0), _LATEST_MS) / 1000, UTC)
    )
    return moment.replace(minute=0, second=0, microsecond=0)


# ---- reading ------------------------------------------------------------------------------------


def read(
    settings: Settings, stream: str, partitions: list[Partition], progress: Callable[[int], None]
) -> Iterator[Record]:
    """Every record that the ledger has passed, partition by partition, in order."""
    for p in partitions:
        if p.ledger_end <= p.beginning:
            continue
        consumer = Consumer(
            {
                **reader_config(settings, "storepulse-recount"),
                "enable.partition.eof": True,
            }
        )
        try:
            consumer.assign([TopicPartition(p.topic, p.partition, p.beginning)])
            position, silent = p.beginning, 0
            while position < p.ledger_end:
                # `consume` waits for as many as it was asked for.
                wanted = min(BATCH_RECORDS, p.ledger_end - position)
                messages = consumer.consume(wanted, PATIENCE_SECONDS)
                silent = 0 if messages else silent + 1
                if silent > SILENT_READS:
                    raise Transient(f"Kafka: nothing after {p.topic}[{p.partition}]@{position}")
                for message in messages:
                    offset, error = message.offset(), message.error()
                    if error is not None and error.code() == KafkaError._PARTITION_EOF:
                        # Up to the ledger's end there were markers, or what was aborted.
                        position = p.ledger_end
                        continue
                    if error is not None and is_unreadable(error):
                        place = f"{p.topic}[{p.partition}]@{position}"
                        raise Unreadable(f"librdkafka cannot read {place}")
                    if error is not None or offset is None:
                        raise Transient(f"Kafka: {error}")
                    position = offset + 1
                    if offset < p.ledger_end:
                        at = message.timestamp()[1] or 0
                        event = decoded(stream, message.key(), message.value())
                        yield Record(p.partition, offset, at, event)
                progress(len(messages))
        except KafkaException as error:
            raise Transient(f"Kafka: {error}") from error
        finally:
            consumer.close()


def decoded(stream: str, key: bytes | None, value: bytes | None) -> dict[str, Any] | None:
    """The event; None for what is none of the stream's events."""
    if value is None or value[:1] != MAGIC:
        return None
    schema = schemas_by_id().get(int.from_bytes(value[1:HEADER_BYTES], "big"))
    if schema is None or schema.stream != stream:
        return None
    try:
        event: Any = schema.decode(value[HEADER_BYTES:], ids_as_text=True)
        sent = None if key is None else key.decode()
    except Exception:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
        return None
    ids = [event["event_id"], event["store_id"]]
    if sent != schema.key_of(event) or not all(map(_is_canonical, ids)):
        return None
    return dict(event)


def _is_canonical(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
