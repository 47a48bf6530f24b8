"""What consumers ask about partitions: topic ids, where the ledger continues, bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException

from storepulse.adapters.kafka.clients import read_bounds, reader_config
from storepulse.adapters.kafka.log_search import LogSearch, Offsets
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient
from storepulse.slices.halts import Halt
from storepulse.slices.ledger import Place
from storepulse.slices.offsets import first_missing

log = logger()

_LEDGER = named_sql("slices/ledger")

#: Below the limit for a transaction that idles, since the answer is awaited inside of one.
TIMEOUT_SECONDS = 3.0
SEEK_TIMEOUT_SECONDS = 2.0


class Partitions:
    """Places of partitions for one consumer group. Safe to use from several threads."""

    def __init__(self, settings: Settings, group: str, ids: Mapping[str, str]) -> None:
        """`ids`: Kafka's id of each topic, as at the start of the process."""
        self._settings = settings
        self._group = group
        self._ids = ids
        #: By partition: where a search for a record began that has not ended yet, and itself. One
        #: partition has one slice in flight, so no two threads look into the same.
        self._searches: dict[tuple[str, int], tuple[int, LogSearch]] = {}
        # All of the log: where it is cut is no question of transactions.
        whole = {"isolation.level": "read_uncommitted"}
        self._watermarks = Consumer(reader_config(settings, f"{group}-watermarks") | whole)

    def place(self, topic: str, partition: int) -> Place:
        """The ledger's name of a partition."""
        return Place(self._group, topic, self._ids[topic], partition)

    def beginning(self, topic: str, partition: int) -> int:
        """The first offset that the broker still has."""
        return self._bounds(topic, partition, TIMEOUT_SECONDS)[0]

    def end(self, topic: str, partition: int) -> int:
        """The log's end, open transactions and markers included."""
        return self._bounds(topic, partition, TIMEOUT_SECONDS)[1]

    def holds_record(self, topic: str, partition: int, lower: int, upper: int) -> bool:
        """Whether the log has a record with an offset from `lower` to before `upper`.

        Only committed records count: nobody is given another.
        """
        lower = max(lower, self.beginning(topic, partition))
        if lower >= upper:
            return False
        place = (topic, partition)
        begun, search = self._searches.pop(place, (lower, None))
        if search is not None and begun != lower:
            search.close()
            search = None
        search = search or self.search({place: lower})
        try:
            first = search.first_offsets(TIMEOUT_SECONDS)[place]
        except Transient:
            # Behind a lot that was aborted: whoever asks again finds it further on.
            self._searches[place] = (lower, search)
            raise
        search.close()
        return first is not None and first < upper

    def first_records(self, starts: Offsets) -> dict[tuple[str, int], int | None]:
        """The first record of each partition that readers may have, at or after its offset; None
        where nothing waits there. Raises Transient."""
        with self.search(starts) as search:
            return search.first_offsets(TIMEOUT_SECONDS)

    def search(self, starts: Offsets) -> LogSearch:
        """A search for these, to be closed by the caller."""
        return LogSearch(self._settings, f"{self._group}-gaps", starts)

    def unchanged(self, place: Place) -> bool:
        """Whether the topic is still the one that this process started with."""
        return self._now([place.topic]) == {place.topic: place.topic_id}

    def all_unchanged(self) -> bool:
        """The same of all topics."""
        return self._now(list(self._ids)) == dict(self._ids)

    def _now(self, topics: list[str]) -> dict[str, str]:
        try:
            return topic_ids(self._settings, topics)
        except KafkaException as error:
            raise Transient(f"Kafka: {error}") from error

    def halted(self, place: Place) -> tuple[int, int] | None:
        """Offsets at which a partition was halted, as (first, after the last one)."""
        try:
            with self._connected() as connection:
                row = connection.execute(_LEDGER["halted"], place.parameters).fetchone()
        except psycopg.OperationalError as error:
            raise Transient(f"PostgreSQL: {error}") from error
        return None if row is None else (row[0], row[1])

    def remember(self, halt: Halt) -> None:
        """Keeps a halt until the ledger has passed it."""
        parameters = self.place(halt.topic, halt.partition).parameters | {
            "lower": halt.lower,
            "upper": halt.upper,
            "message": halt.message,
        }
        try:
            with self._connected() as connection:
                connection.execute(_LEDGER["remember_halt"], parameters)
        except psycopg.OperationalError as error:
            raise Transient(f"PostgreSQL: {error}") from error

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._settings.dsn, connect_timeout=3, autocommit=True)

    async def positions(
        self, assigned: set[tuple[str, int]]
    ) -> Mapping[tuple[str, int], int | None]:
        """For the transport: the first offset of each partition that the ledger lacks."""
        return await asyncio.to_thread(self._positions, assigned)

    def _positions(self, assigned: set[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        names = {self._ids[topic]: topic for topic, _ in assigned}
        with self._connected() as connection:
            rows = connection.execute(
                _LEDGER["positions"],
                {"group": self._group, "topic_ids": list(names)},
            ).fetchall()
        found: dict[tuple[str, int], int | None] = dict.fromkeys(assigned)
        for topic_id, partition, applied in rows:
            if (names[topic_id], partition) in found:
                ranges = [(r.lower, r.upper) for r in applied]
                position = first_missing(ranges, 0)
                place = self.place(names[topic_id], partition)
                found[names[topic_id], partition] = self._within_log(place, position)
        return found

    def _within_log(self, place: Place, position: int) -> int:
        """The position, or the log's end where the log is shorter.

        A broker that lost its last records (power, unclean election) gives their offsets to new
        ones: they leave the ledger, or those would pass for redelivered. Effects stay; a repeat of
        a lost record meets its id.
        """
        try:
            end = self._bounds(place.topic, place.partition, SEEK_TIMEOUT_SECONDS)[1]
            if end >= position or not self.unchanged(place):
                return position
        except Transient as error:
            log.warning("the log's end is unknown", topic=place.topic, reason=str(error))
            return position
        log.critical(
            "the broker lost records that were applied",
            topic=place.topic,
            partition=place.partition,
            first=end,
            records=position - end,
        )
        with psycopg.connect(self._settings.dsn, connect_timeout=3) as connection:
            cut = place.parameters | {"end": end}
            connection.execute(_LEDGER["cut_partition"], cut)
        return end

    def _bounds(self, topic: str, partition: int, timeout: float) -> tuple[int, int]:
        try:
            return read_bounds(self._watermarks, topic, partition, timeout)
        except KafkaException as error:
            raise Transient(f"Kafka: {error}") from error

    def close(self) -> None:
        """Closes the client that asks for bounds, and searches that nobody came back for."""
        self._watermarks.close()
        for _, search in self._searches.values():
            search.close()
