"""Slices handed to a stream's writer in this process, and what came of them.

One world for all tests of a module: each begins with empty tables and with a topic name of its own,
under which its dead letters and its ledger row are found.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from tests.support.ingest_records import NOW_MS, Record
from tests.support.kafka_records import records_of
from tests.support.servers import administrator
from tests.support.world import World, empty_tables, open_world

from storepulse.adapters.settings import Settings
from storepulse.agents.preparation import DecodedSlice, prepare
from storepulse.agents.worker import consumer_of, member_of
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.slices.consumer import SliceOutcome
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.slice import Slice
from storepulse.slices.writer import PatientWriter

#: Fields of a record that PostgreSQL refuses after `Bench.refuse`; the gateway would accept them.
REFUSED = {
    "activity": {"product_id": "refused"},
    "cart": {"product_id": "refused"},
    "landing": {"campaign_id": "refused"},
    "heatmap": {"page_url": "https://s.example/refused"},
    "bot": {"persona": "refused"},
    "order": {"campaign_id": "refused"},
    "usage": {"meter": "refused"},
    "experiment": {"metric": "refused"},
}
_CHECKS = {
    "customer_activity": "product_id IS DISTINCT FROM 'refused'",
    "cart_tracking_events": "product_id IS DISTINCT FROM 'refused'",
    "landing_events": "campaign_id IS DISTINCT FROM 'refused'",
    "pages": "page <> '/refused'",
    "tg_analytics_events": "persona IS DISTINCT FROM 'refused'",
    "order_events": "campaign_id IS DISTINCT FROM 'refused'",
    "usage_events": "meter <> 'refused'",
    "experiment_events": "metric IS DISTINCT FROM 'refused'",
}


@dataclass
class Broker:
    """The answers about a partition's log that a test chooses."""

    first: int = 0
    last: int = 1_000_000
    same: bool = True
    #: Offsets below this hold none of the log's records where a slice leaves them out.
    empty_below: int = 0

    def read_beginning(self, topic: str, partition: int) -> int:
        return self.first

    def read_end(self, topic: str, partition: int) -> int:
        return self.last

    def holds_record(self, topic: str, partition: int, lower: int, upper: int) -> bool:
        return upper > max(self.first, self.empty_below)

    def is_unchanged(self, source: SourcePartition) -> bool:
        return self.same


@dataclass
class Bench:
    """Writers on one world. `topic` is this test's own."""

    world: World
    topic: str = ""
    broker: Broker = field(default_factory=Broker)
    writers: dict[str, PatientWriter[DecodedSlice]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Empties every table."""
        self.topic = f"ingest.{uuid.uuid4().hex[:8]}"
        self.broker = Broker()
        with self.world.connect() as connection:
            empty_tables(connection)
            for table in _CHECKS:
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS made_for_a_test")

    def writer(self, stream: str) -> PatientWriter[DecodedSlice]:
        if stream not in self.writers:
            self.writers[stream] = self.another_writer(stream)
        return self.writers[stream]

    def another_writer(
        self, stream: str, settings: Settings | None = None
    ) -> PatientWriter[DecodedSlice]:
        settings = settings or self.world.settings_of("agents")
        consumer = consumer_of(settings, load_catalog(settings.topic_prefix), stream)
        session = member_of(settings).session_name(stream)
        make = consumer.make_transaction
        return PatientWriter(settings, stream, session, make, self.stopping)

    def source(self, partition: int = 0) -> SourcePartition:
        return SourcePartition("group", self.topic, f"id of {self.topic}", partition)

    def slice(
        self,
        records: Sequence[Record],
        offsets: Sequence[int] | int = 0,
        partition: int = 0,
    ) -> Slice:
        """A slice of records from an offset on, or at these offsets."""
        if isinstance(offsets, int):
            offsets = range(offsets, offsets + len(records))
        return Slice(
            self.topic, partition, offsets,
            [r.key for r in records], [r.value for r in records], [r.headers for r in records],
            [NOW_MS] * len(records), 1,
        )  # fmt: skip

    def write(
        self, stream: str, records: Sequence[Record], offsets: Sequence[int] | int = 0,
        partition: int = 0,
    ) -> SliceOutcome:  # fmt: skip
        """Applies a slice as the pipeline does."""
        piece = self.slice(records, offsets, partition)
        prepared = prepare(piece, schema_of(stream))
        return self.writer(stream).write(prepared, self.source(partition), self.broker)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.world.connect() as connection:
            connection.execute("SET timezone TO 'UTC'")
            return list(connection.execute(query, parameters or None).fetchall())  # type: ignore[call-overload]

    def run(self, statement: str, *parameters: Any) -> None:
        with self.world.connect() as connection:
            connection.execute(statement.encode(), parameters or None)

    def counts(self) -> dict[str, int]:
        """The ledger's counts, summed up."""
        names = ("accepted", "applied", "duplicate", "conflict", "dead")
        sums = ", ".join(f"coalesce(sum({n}), 0)::int" for n in names)
        (row,) = self.rows(f"SELECT {sums} FROM ledger_counts")
        return dict(zip(names, row, strict=True))

    def applied(self, partition: int = 0) -> list[tuple[int, int]]:
        """The ledger's ranges of this test's partition."""
        found = self.rows(
            "SELECT applied FROM ledger_partitions WHERE topic = %s AND partition = %s",
            self.topic,
            partition,
        )
        return [(r.lower, r.upper) for row in found for r in row[0]]

    def dead_letters(self, stream: str, expected: int) -> list[Any]:
        """Kafka's dead letters of this test, in order."""
        topic = load_catalog(self.world.settings.topic_prefix).dlq(stream)
        found = [
            m for m in read(self.world, topic)
            if dict(m.headers() or [])["__dlq.errors.topic"] == self.topic.encode()
        ]  # fmt: skip
        assert len(found) == expected
        return found

    def refuse(self) -> None:
        """From now on this test's database refuses what names itself `refused` (REFUSED)."""
        for table, check in _CHECKS.items():
            self.run(f"ALTER TABLE {table} ADD CONSTRAINT made_for_a_test CHECK ({check})")

    def terminate(self, stream: str) -> None:
        """Ends the server's process behind a writer's connection."""
        with administrator() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE application_name = %s AND datname = %s",
                [self.writer(stream).session, self.world.settings.dsn.rsplit("/", 1)[1]],
            )


def read(world: World, topic: str, partition: int = 0) -> list[Any]:
    """All records of a partition, from its beginning to its end."""
    return records_of(world.settings, topic, lambda m: m.partition() == partition)


@contextmanager
def open_bench(home: Path) -> Iterator[Bench]:
    with open_world(home) as world:
        bench = Bench(world)
        try:
            yield bench
        finally:
            bench.stopping.set()
            for writer in bench.writers.values():
                writer.close()


class Places:
    """Stands at the transaction's named places and acts there, the first `times` times."""

    def __init__(self, monkeypatch: Any, name: str, act: Any, times: int = 1) -> None:
        self.seen = 0
        from storepulse.agents import claims, transaction
        from storepulse.slices import ledger

        def reach(place: str) -> None:
            if place == name:
                self.seen += 1
                if self.seen <= times:
                    act()

        for module in (ledger, claims, transaction):
            monkeypatch.setattr(module, "reach", reach)


def without_connections(world: World) -> psycopg.Connection[Any]:
    """Makes this world's database refuse everybody, as a server that is away does."""
    name = world.settings.dsn.rsplit("/", 1)[1]
    admin = administrator()
    admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
    )
    return admin


def with_connections(world: World, admin: psycopg.Connection[Any]) -> None:
    """Ends what `without_connections` began."""
    name = world.settings.dsn.rsplit("/", 1)[1]
    admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    admin.close()
