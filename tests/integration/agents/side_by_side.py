"""Workers that write events of several streams side by side, held against the plain model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.integration.agents.slices import Bench
from tests.support.ingest_records import record

from storepulse.agents.preparation import prepare
from storepulse.contracts.schemas import schema_of
from storepulse.exactness.model import comparison
from storepulse.slices.ledger import SourcePartition

Event = dict[str, Any]
#: A slice to be: stream and records.
Piece = tuple[str, list[Any]]


def written(event: Event, store: str) -> Any:
    """The record of an event by the fields that the model reads."""
    fields = {name: value for name, value in event.items() if name != "stream"}
    return record(event["stream"], **fields | {"store_id": store})


@dataclass
class Worker:
    """One agent's process: its own connections, and a topic of its own for each stream."""

    bench: Bench
    number: int
    offsets: dict[str, int] = field(default_factory=dict)
    writers: dict[str, Any] = field(default_factory=dict)

    def write(self, stream: str, records: Sequence[Any]) -> None:
        if stream not in self.writers:
            self.writers[stream] = self.bench.another_writer(stream)
        offset = self.offsets.get(stream, 0)
        self.offsets[stream] = offset + len(records)
        topic = f"{self.bench.topic}.{stream}.{self.number}"
        piece = replace(self.bench.slice(records, offset), topic=topic)
        source = SourcePartition("group", topic, f"id of {topic}", 0)
        self.writers[stream].write(prepare(piece, schema_of(stream)), source, self.bench.broker)


@contextmanager
def workers(bench: Bench, count: int) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        made = [Worker(bench, number) for number in range(count)]
        for worker in made:
            stack.callback(lambda w=worker: [writer.close() for writer in w.writers.values()])
        yield made


def slices_of(random: Random, events: list[Event], store: str) -> list[Piece]:
    """Shuffled, some twice, cut anywhere."""
    copies = [*events, *random.sample(events, len(events) // 3)]
    random.shuffle(copies)
    pieces = []
    while copies:
        size = random.choice((1, 2, 5, len(copies)))
        piece, copies = copies[:size], copies[size:]
        for stream in sorted({event["stream"] for event in piece}):
            records = [written(event, store) for event in piece if event["stream"] == stream]
            pieces.append((stream, records))
    return pieces


def write_at_once(crew: list[Worker], shares: list[list[Piece]]) -> None:
    """Each worker writes its share; they begin each slice together, as far as all have one."""
    together = min(map(len, shares))
    begin = threading.Barrier(len(crew))

    def work(worker: Worker, pieces: list[Piece]) -> None:
        for number, (stream, records) in enumerate(pieces):
            if number < together:
                begin.wait(30)
            worker.write(stream, records)

    with ThreadPoolExecutor(len(crew)) as pool:
        for done in [pool.submit(work, *pair) for pair in zip(crew, shares, strict=True)]:
            done.result(120)


def differences(
    bench: Bench, events: list[Event], *models: Callable[[list[Event]], comparison.Tables]
) -> list[str]:
    """Of each table that the models make of the events, the rows that are not so."""
    wanted = {name: rows for model in models for name, rows in model(events).items()}
    with bench.world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        found = comparison.stored_tables(connection)
    return [
        f"{name} {key}: {found[name].get(key)} instead of {wanted[name].get(key)}"
        for name in wanted
        for key in wanted[name].keys() | found[name].keys()
        if wanted[name].get(key) != found[name].get(key)
    ]
