"""Replays in this process, and what they left in Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from confluent_kafka import Consumer, TopicPartition
from tests.support.kafka_records import end_of
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters.index import Selection
from storepulse.dead_letters.patch import patch_of
from storepulse.dead_letters.replay import ReplayRun
from storepulse.dead_letters.replay_order import ReplayOrder, ReplayTally


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Replays:
    """Replays on one world; Kafka's records since the test began."""

    world: World
    db: psycopg.Connection[Any]
    reader: Consumer
    started: dict[int, int] = field(default_factory=dict)

    def begin(self) -> None:
        self.started = self._ends()

    def order(self, **given: Any) -> ReplayOrder:
        selection = {
            name: given.pop(name) for name in list(given) if name in Selection.__dataclass_fields__
        }
        if "patch" in given:
            given["patch"] = patch_of(given["patch"])
        return ReplayOrder(Selection(**selection), "tester", **given)

    def new(self, clock: Callable[[], datetime] = now, **given: Any) -> ReplayRun:
        return ReplayRun(self.world.settings_of("operator"), self.db, self.order(**given), clock)

    def run(self, **given: Any) -> ReplayTally:
        return self.new(**given).run()

    def records(self) -> list[Any]:
        """What was written to the ingest topic of activity meanwhile."""
        ends = self._ends()
        wanted = {p: end for p, end in ends.items() if end > self.started[p]}
        left = sum(end - self.started[p] for p, end in wanted.items())
        found: list[Any] = []
        self.reader.assign([TopicPartition(self.topic, p, self.started[p]) for p in wanted])
        while len(found) < left:
            batch = self.reader.consume(left - len(found), 15.0)
            assert batch, f"{len(found)} of {left} records read"
            found += [m for m in batch if m.error() is None]
        self.reader.unassign()
        return found

    @property
    def topic(self) -> str:
        return load_catalog(self.world.settings.topic_prefix).ingest("activity")

    def _ends(self) -> dict[int, int]:
        partitions = load_catalog(self.world.settings.topic_prefix).topics[self.topic].partitions
        return {p: end_of(self.reader, TopicPartition(self.topic, p)) for p in range(partitions)}


@contextmanager
def reader_of(world: World) -> Iterator[Consumer]:
    """A consumer that commits nothing."""
    consumer = Consumer(
        {
            **connection_config(world.settings),
            "group.id": "replays",
            "enable.auto.commit": False,
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()


def ids(records: list[Any]) -> list[UUID]:
    """The letters whose replays these records are."""
    return [UUID(dict(m.headers())["x-storepulse-dead-letter-id"].decode()) for m in records]
