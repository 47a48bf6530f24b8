"""What is left behind after a campaign: every record of every topic, every table, every offset.

Read directly from Kafka and PostgreSQL, past all links, in plain Python with fastavro and the
schemas' files: nothing of the product that handles events takes part.
"""

from __future__ import annotations

import io
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastavro
import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from tests.fault.makers import STREAMS
from tests.fault.outcomes import Fate, Key

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.exactness.model import comparison
from storepulse.exactness.model.events import Tables
from storepulse.exactness.model.experiments import Phases, stored_phases

SCHEMAS = Path(__file__).parents[2] / "schemas"
#: Header of a record that a fault wrote and that nobody can apply; its value says which kind.
POISON = "x-test-poison"
READ_SECONDS = 60.0


@dataclass(frozen=True)
class Record:
    """A Kafka record."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]
    timestamp: int


@dataclass(frozen=True)
class Letter:
    """A row of dead_letters."""

    topic: str
    partition: int
    offset: int
    status: str
    value: bytes | None
    store_id: str | None
    event_id: str | None


#: (stream, store, hour) -> accepted, applied, duplicate, conflict, dead.
Counts = dict[tuple[Any, ...], tuple[int, ...]]
Place = tuple[str, int]


@dataclass
class Evidence:
    """Topics by family and stream; places are (topic without prefix, partition)."""

    fates: dict[Key, Fate]
    ingest: dict[str, list[Record]]
    events: dict[str, list[Record]]
    dlq: dict[str, list[Record]]
    ends: dict[Place, int]
    committed: dict[Place, int]
    ledger: dict[Place, list[tuple[int, int]]]
    ids: set[Key]
    letters: list[Letter]
    counts: Counts
    tables: Tables
    #: Of the stores' experiments.
    phases: Phases = field(default_factory=dict)
    #: What the agents noted as offsets without records.
    gaps: list[str] = field(default_factory=list)
    erased: set[Key] = field(default_factory=set)
    #: Abandoned carts that the agents' clock has not told.
    untold: int = 0
    #: Events that the limit of a plan refused.
    limited: int = 0
    #: Records of events.* may come twice: a crash lay between publishing and commit.
    repeats_explained: bool = False
    #: Whether all own work was metered before anybody looked.
    is_metered: bool = False
    #: Seconds until nothing waited any more after healing; None: it never came to that.
    drained_in: float | None = 0.0
    #: What observers saw while it ran, one line each.
    observed: list[str] = field(default_factory=list)


def _plain(schema: Any) -> Any:
    """A schema whose ids and times decode to text and numbers."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if isinstance(schema, dict):
        loose = schema.get("logicalType") in ("uuid", "timestamp-millis")
        return {k: _plain(v) for k, v in schema.items() if not (loose and k == "logicalType")}
    return schema


PARSED = {
    stream: fastavro.parse_schema(
        _plain(json.loads((SCHEMAS / f"{stream}.v1.avsc").read_text("utf-8")))
    )
    for stream in STREAMS
}


def decode(stream: str, value: bytes) -> dict[str, Any]:
    """The event in a value of Confluent's format; ValueError unless it is exactly that."""
    body = io.BytesIO(value[5:])
    event = fastavro.schemaless_reader(body, PARSED[stream], None)
    if value[:1] != b"\0" or body.read(1):
        raise ValueError("not one event in Confluent's format")
    assert isinstance(event, dict)
    return event | {"stream": stream}


def gather(settings: Settings, group: str, fates: dict[Key, Fate], **more: Any) -> Evidence:
    """Reads everything. The services should be at rest."""
    prefix, dsn = settings.topic_prefix, settings.dsn
    topics = [f"{f}.{s}.v1" for f in ("ingest", "events", "dlq") for s in STREAMS]
    reader = Consumer(
        {**connection_config(settings), "group.id": group, "enable.auto.commit": False,
         "enable.partition.eof": True, "auto.offset.reset": "error"}
    )  # fmt: skip
    try:
        found, ends = _records(reader, prefix, topics)
        places = [place for place in ends if place[0].startswith("ingest.")]
        asked = reader.committed([TopicPartition(prefix + t, p) for t, p in places], timeout=20)
    finally:
        reader.close()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET timezone TO 'UTC'")
        tables, doubled = _stored(connection)
        more["observed"] = [*more.get("observed", []), *doubled]
        return Evidence(
            fates=fates,
            ingest={s: found[f"ingest.{s}.v1"] for s in STREAMS},
            events={s: found[f"events.{s}.v1"] for s in STREAMS},
            dlq={s: found[f"dlq.{s}.v1"] for s in STREAMS},
            ends=ends,
            committed={
                (tp.topic.removeprefix(prefix), tp.partition): max(0, tp.offset) for tp in asked
            },
            ledger=_ledger(connection, group, prefix),
            ids={(s, e) for s, e in connection.execute(
                "SELECT store_id::text, event_id::text FROM event_ids")},
            letters=[
                Letter(topic.removeprefix(prefix), *rest) for topic, *rest in connection.execute(
                    'SELECT topic, partition, "offset", status, value, store_id::text,'
                    " event_id::text FROM dead_letters")
            ],
            counts={row[:3]: row[3:] for row in connection.execute(
                "SELECT stream, store_id::text, hour, accepted, applied, duplicate, conflict, dead"
                " FROM ledger_counts")},
            tables=tables,
            phases=stored_phases(connection),
            gaps=[
                f"{topic}[{partition}] {lower} to {upper}"
                for topic, partition, lower, upper in connection.execute(
                    "SELECT topic, g.partition, lower_offset, upper_offset FROM ledger_gaps g"
                    " JOIN ledger_partitions USING (consumer_group, topic_id, partition)")
            ],
            **more,
        )  # fmt: skip


def _stored(connection: Any) -> tuple[Tables, list[str]]:
    """All tables, and a line for each that has two rows with one key."""
    tables: Tables = {}
    doubled = []
    for name, (keys, query) in comparison.QUERIES.items():
        rows = connection.execute(query).fetchall()
        tables[name] = {row[:keys]: row[keys:] for row in rows}
        if len(tables[name]) != len(rows):
            doubled.append(f"table {name}: two rows with one key")
    return tables, doubled


def _ledger(connection: Any, group: str, prefix: str) -> dict[Place, list[tuple[int, int]]]:
    rows = connection.execute(
        "SELECT topic, partition, applied FROM ledger_partitions WHERE consumer_group = %s", [group]
    )
    found: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for topic, partition, applied in rows:
        found[topic.removeprefix(prefix), partition] += [(r.lower, r.upper) for r in applied]
    return dict(found)


def _records(
    reader: Consumer, prefix: str, topics: list[str]
) -> tuple[dict[str, list[Record]], dict[Place, int]]:
    """Every record from the beginning, in offset order of each partition, and the end offsets."""
    known = reader.list_topics(timeout=20).topics
    places = [(t, p) for t in topics for p in known[prefix + t].partitions]
    found: dict[str, list[Record]] = {topic: [] for topic in topics}
    ends: dict[Place, int] = {}
    for topic, partition in places:
        bounds = reader.get_watermark_offsets(TopicPartition(prefix + topic, partition), timeout=20)
        assert bounds is not None, f"no answer about {topic}[{partition}]"
        ends[topic, partition] = bounds[1]
    full = [place for place in places if ends[place]]
    reader.assign([TopicPartition(prefix + t, p, 0) for t, p in full])
    left = set(full)
    deadline = time.monotonic() + READ_SECONDS
    while left:
        assert time.monotonic() < deadline, f"{len(left)} partitions cannot be read to their end"
        for message in reader.consume(1_000, timeout=0.3):
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                # The end may be told again, after more was thought to come.
                left.discard((message.topic().removeprefix(prefix), message.partition()))
                continue
            found[message.topic().removeprefix(prefix)].append(
                Record(
                    message.partition(), message.offset(), message.key(), message.value(),
                    dict(message.headers() or []), message.timestamp()[1],
                )
            )  # fmt: skip
    for records in found.values():
        records.sort(key=lambda r: (r.partition, r.offset))
    return found, ends
