"""What this machine can do at this moment: broker, COPY and codecs alone.

These figures bound everything else; when they are low, so is the hour.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time, time
from uuid import uuid4

import fastavro
from confluent_kafka import Consumer

from bench.contenders.heatmap_job import plain_schema
from bench.cpu import Meter
from bench.options import Options
from bench.results import Results, Sample
from bench.stack import Stack, produce
from bench.traffic import Shape, beacons, records
from bench.world import World
from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.contracts.container_file import frame_of
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.schemas import HEADER_BYTES, schema_of

PART = "machine limits"
SQL = read_statements(Path(__file__).with_suffix(".sql"))
RECORDS = 100_000
#: A slice of the agents' usual size is decoded at a time.
SLICE = 20_000
IDLE_SECONDS = 20.0


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All limits, in each round."""
    now = int(time() * 1000)
    sample = list(islice(records(Shape(), now - 3_600_000, now, RECORDS), RECORDS))
    values = [value for _, value in sample]
    for _ in range(options.rounds):
        with stack.world() as world:
            results.add(PART, "librdkafka produce, acks=all", _produced(stack, world, sample))
            results.add(PART, "librdkafka consume", _consumed(stack, world, RECORDS))
            results.add(PART, "COPY into a plain table", _copied(stack, world, RECORDS))
        results.add(PART, "fastavro decode", _timed(lambda: _fastavro(values), RECORDS))
        results.add(PART, "polars.read_avro decode", _timed(lambda: _polars(values), RECORDS))
        results.add(PART, "generated encoder", _encoded(now))


def _produced(stack: Stack, world: World, sample: Sequence[tuple[bytes, bytes]]) -> Sample:
    meter = Meter.start({"kafka": stack.pids["kafka"], "client": os.getpid()})
    started = perf_counter()
    produce(world, world.catalog.ingest("heatmap"), sample)
    return {"rate": len(sample) / (perf_counter() - started), **meter.per_million(len(sample))}


def _consumed(stack: Stack, world: World, count: int) -> Sample:
    consumer = Consumer(
        {
            **connection_config(stack.settings),
            "group.id": f"limits-{uuid4().hex[:8]}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "queued.min.messages": 200_000,
        }
    )
    consumer.subscribe([world.catalog.ingest("heatmap")])
    try:
        # Joining the group is not what is measured: the clock starts with the first batch.
        first = _batch(consumer)
        meter = Meter.start({"kafka": stack.pids["kafka"], "client": os.getpid()})
        started, left = perf_counter(), count - first
        while left > 0:
            left -= _batch(consumer)
        taken = count - first
        return {"rate": taken / (perf_counter() - started), **meter.per_million(taken)}
    finally:
        consumer.close()


def _batch(consumer: Consumer) -> int:
    deadline = perf_counter() + IDLE_SECONDS
    while perf_counter() < deadline:
        messages = [m for m in consumer.consume(1_000, 0.5) if not m.error()]
        if messages:
            return len(messages)
    raise TimeoutError("the broker gave no records")


def _copied(stack: Stack, world: World, count: int) -> Sample:
    rows = [b"%08x-0000-4000-8000-000000000000\t%d\n" % (n, n) for n in range(count)]
    blocks = [b"".join(rows[at : at + 5_000]) for at in range(0, count, 5_000)]
    with world.connect() as connection:
        connection.execute(SQL["create_table"])
        meter = Meter.start({"postgres": stack.pids["postgres"], "client": os.getpid()})
        started = perf_counter()
        with connection.cursor() as cursor, cursor.copy(SQL["copy_rows"]) as copy:
            for block in blocks:
                copy.write(block)
        return {"rate": count / (perf_counter() - started), **meter.per_million(count)}


def _fastavro(values: Sequence[bytes]) -> None:
    text = json.dumps(plain_schema(schema_of("heatmap").document))
    schema = fastavro.parse_schema(json.loads(text))
    for value in values:
        fastavro.schemaless_reader(BytesIO(value[HEADER_BYTES:]), schema, None)


def _polars(values: Sequence[bytes]) -> None:
    for at in range(0, len(values), SLICE):
        frame_of(schema_of("heatmap"), values[at : at + SLICE])


def _encoded(now: int) -> Sample:
    sample = list(beacons(Shape(), now - 3_600_000, now, SLICE))
    encoder = encoder_of("heatmap")
    tail = encoder.tail(
        now, "tracker", "low", "granted", "unknown", None, None, None, False, *[None] * 7
    )  # fmt: skip

    def run() -> None:
        for b in sample:
            head = encoder.head(
                b.event_id, b.store_id, b.session_id, None, b.session_id, b.occurred_at, 0
            )
            b"".join((encoder.header, head, encoder.own(*b[4:], None), tail))

    return _timed(run, len(sample))


def _timed(run: Callable[[], None], count: int) -> Sample:
    started, before = perf_counter(), process_time()
    run()
    spent = process_time() - before
    return {"rate": count / (perf_counter() - started), "cpu_client": spent / count * 1e6}
