"""Queries about partitions: topic ids, where the ledger continues, and log bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import psycopg
from confluent_kafka import Consumer, KafkaException

from storepulse.adapters.kafka.clients import read_bounds, reader_config
from storepulse.adapters.kafka.log_search import LogSearch, Offsets
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient
from storepulse.slices.halts import Halt
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.offsets import find_first_missing
from storepulse.slices.slice import TopicPartition

log = logger()

_LEDGER = named_sql("slices/ledger")
_SESSION = SessionOptions(name="storepulse-ledger", connect_seconds=3)

#: Below the timeout of an idle transaction, because the answer is awaited inside of one.
TIMEOUT_SECONDS = 3.0
SEEK_TIMEOUT_SECONDS = 2.0


class Partitions:
    """The partitions that one consumer group reads. Safe to use from several threads."""

    def __init__(self, settings: Settings, group: str, ids: Mapping[str, str]) -> None:
        """`ids`: Kafka's id of each topic, as at the start of the process."""
        self._settings = settings
        self._group = group
        self._ids = ids
        #: Unfinished searches for a record, by partition, with the offset where they started. One
        #: partition has one slice in flight, so two threads never use the same search.
        self._searches: dict[TopicPartition, tuple[int, LogSearch]] = {}
        # The whole log: its bounds do not depend on transactions.
        whole = {"isolation.level": "read_uncommitted"}
        self._watermarks = Consumer(reader_config(settings, f"{group}-watermarks") | whole)

    def source_of(self, topic: str, partition: int) -> SourcePartition:
        """Return the ledger's identity of a partition."""
        return SourcePartition(self._group, topic, self._ids[topic], partition)

    def read_beginning(self, topic: str, partition: int) -> int:
        """Return the first offset that the broker still has."""
        return self._read_bounds(topic, partition, TIMEOUT_SECONDS)[0]

    def read_end(self, topic: str, partition: int) -> int:
        """Return the end of the log, including open transactions and markers."""
        return self._read_bounds(topic, partition, TIMEOUT_SECONDS)[1]

    def holds_record(self, topic: str, partition: int, lower: int, upper: int) -> bool:
        """Whether the log has a record with an offset in `[lower, upper)`.

        Only committed records count, because consumers get no others.
        """
        lower = max(lower, self.read_beginning(topic, partition))
        if lower >= upper:
            return False
        where = (topic, partition)
        search_start, search = self._searches.pop(where, (lower, None))
        if search is not None and search_start != lower:
            search.close()
            search = None
        search = search or self.search({where: lower})
        try:
            first = search.first_offsets(TIMEOUT_SECONDS)[where]
        except Transient:
            # A long run of aborted records: the next call continues the search.
            self._searches[where] = (lower, search)
            raise
        search.close()
        return first is not None and first < upper

    def find_first_records(self, starts: Offsets) -> dict[TopicPartition, int | None]:
        """Return the first committed record of each partition at or after its start offset.

        The value is None if no record waits there. Raises Transient.
        """
        with self.search(starts) as search:
            return search.first_offsets(TIMEOUT_SECONDS)

    def search(self, starts: Offsets) -> LogSearch:
        """Return a search from these offsets. The caller closes it."""
        return LogSearch(self._settings, f"{self._group}-gaps", starts)

    def is_unchanged(self, source: SourcePartition) -> bool:
        """Whether the topic is still the one that this process started with."""
        return self._read_ids([source.topic]) == {source.topic: source.topic_id}

    def are_all_unchanged(self) -> bool:
        """Whether all topics are still those that this process started with."""
        return self._read_ids(list(self._ids)) == dict(self._ids)

    def _read_ids(self, topics: list[str]) -> dict[str, str]:
        try:
            return topic_ids(self._settings, topics)
        except KafkaException as error:
            raise Transient(f"Kafka: {error}") from error

    def read_halted_offsets(self, source: SourcePartition) -> tuple[int, int] | None:
        """Return the offsets at which a partition was halted, as (first, end)."""
        try:
            with self._connect() as connection:
                row = connection.execute(_LEDGER["halted"], source.parameters).fetchone()
        except psycopg.OperationalError as error:
            raise Transient(f"PostgreSQL: {error}") from error
        return None if row is None else (row[0], row[1])

    def remember(self, halt: Halt) -> None:
        """Store a halt until the ledger has passed it."""
        parameters = self.source_of(halt.topic, halt.partition).parameters | {
            "lower": halt.lower,
            "upper": halt.upper,
            "message": halt.message,
        }
        try:
            with self._connect() as connection:
                connection.execute(_LEDGER["remember_halt"], parameters)
        except psycopg.OperationalError as error:
            raise Transient(f"PostgreSQL: {error}") from error

    def _connect(self) -> Connection:
        return connect(self._settings.dsn, _SESSION)

    async def read_positions(
        self, assigned: set[TopicPartition]
    ) -> Mapping[TopicPartition, int | None]:
        """Return the first offset of each partition that is not in the ledger, for the driver."""
        return await asyncio.to_thread(self._read_positions, assigned)

    def _read_positions(self, assigned: set[TopicPartition]) -> dict[TopicPartition, int | None]:
        names = {self._ids[topic]: topic for topic, _ in assigned}
        with self._connect() as connection:
            rows = connection.execute(
                _LEDGER["positions"],
                {"group": self._group, "topic_ids": list(names)},
            ).fetchall()
        positions: dict[TopicPartition, int | None] = dict.fromkeys(assigned)
        for topic_id, partition, applied in rows:
            if (names[topic_id], partition) in positions:
                ranges = [(r.lower, r.upper) for r in applied]
                position = find_first_missing(ranges, 0)
                source = self.source_of(names[topic_id], partition)
                positions[names[topic_id], partition] = self._fit_to_log(source, position)
        return positions

    def _fit_to_log(self, source: SourcePartition, position: int) -> int:
        """Return the position, or the end of the log if the log is shorter.

        A broker that lost its last records (power failure, unclean election) reuses their offsets.
        The lost offsets leave the ledger, so that new records at them do not count as redelivered.
        The effects stay, and a resent record is recognized by its event id.
        """
        try:
            end = self._read_bounds(source.topic, source.partition, SEEK_TIMEOUT_SECONDS)[1]
            if end >= position or not self.is_unchanged(source):
                return position
        except Transient as error:
            log.warning("the log's end is unknown", topic=source.topic, reason=str(error))
            return position
        log.critical(
            "the broker lost records that were applied",
            topic=source.topic,
            partition=source.partition,
            first=end,
            records=position - end,
        )
        with self._connect() as connection:
            cut = source.parameters | {"end": end}
            connection.execute(_LEDGER["cut_partition"], cut)
        return end

    def _read_bounds(self, topic: str, partition: int, timeout: float) -> tuple[int, int]:
        try:
            return read_bounds(self._watermarks, topic, partition, timeout)
        except KafkaException as error:
            raise Transient(f"Kafka: {error}") from error

    def close(self) -> None:
        """Close the client that reads bounds, and abandoned searches."""
        self._watermarks.close()
        for _, search in self._searches.values():
            search.close()
