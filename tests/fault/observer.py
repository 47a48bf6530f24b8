"""Looks on while a campaign runs: order of commits, and what the processes hold.

Two things cannot be seen afterwards. Kafka's committed offset must never be ahead of the ledger:
it is read first and the ledger second, and the ledger only grows. And memory, descriptors and
connections must stay bounded. A server that is down at the moment is no news: the look is left out.
"""

from __future__ import annotations

import threading
from typing import Any

import psutil
import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition
from tests.fault.makers import STREAMS
from tests.fault.stack import Stack

from storepulse.adapters.kafka.clients import connection_config

EVERY_SECONDS = 0.4
MOST_RSS_MB = {"gateway": 500, "agents": 900, "query": 500}
MOST_DESCRIPTORS = 300
#: Each stream of a worker has connections of its own.
MOST_CONNECTIONS = {"agents": 3 * len(STREAMS), "gateway": 8, "query": 25}


class Observer:
    """A thread that looks; `lines` is what was wrong."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="observer")
        self._ahead: dict[tuple[str, int], str] = {}
        self._bounds: dict[tuple[str, str], str] = {}
        self.looks = 0
        self.peaks: dict[str, dict[str, int]] = {}

    @property
    def lines(self) -> list[str]:
        return [*self._ahead.values(), *self._bounds.values()]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        stack = self._stack
        topics = [stack.catalog.ingest(stream) for stream in stack.catalog.streams]
        parts = [TopicPartition(t, p) for t in topics for p in range(4)]
        reader = Consumer(
            {**connection_config(stack.direct), "group.id": stack.group,
             "log_level": 0}
        )  # fmt: skip
        try:
            while not self._stop.wait(EVERY_SECONDS):
                self._processes()
                try:
                    self._order(reader.committed(parts, timeout=2))
                except (KafkaException, psycopg.Error):
                    continue
        finally:
            reader.close()

    def _order(self, committed: list[Any]) -> None:
        stack = self._stack
        with psycopg.connect(stack.direct.dsn, connect_timeout=2, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT topic, partition, coalesce(upper(applied), 0) FROM ledger_partitions"
                " WHERE consumer_group = %s",
                [stack.group],
            ).fetchall()
            self._connections(connection)
        ends = {(topic, partition): end for topic, partition, end in rows}
        self.looks += 1
        for tp in committed:
            place = (tp.topic, tp.partition)
            if tp.error is None and tp.offset > ends.get(place, 0):
                self._ahead.setdefault(
                    place,
                    f"order: {tp.topic}[{tp.partition}] committed {tp.offset} in Kafka"
                    f" with {ends.get(place, 0)} in the ledger",
                )

    def _processes(self) -> None:
        for service in self._stack.keeper.services.values():
            pid = service.pid
            if pid is None:
                continue
            try:
                process = psutil.Process(pid)
                held = {
                    "memory in MB": process.memory_info().rss >> 20,
                    "descriptors": process.num_fds(),
                }
            except psutil.Error:
                continue
            for what, amount in held.items():
                most = MOST_DESCRIPTORS if what == "descriptors" else MOST_RSS_MB[service.command]
                self._note(service.name, what, amount, most)

    def _connections(self, connection: Any) -> None:
        rows = connection.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'storepulse-agents-%'"
            " GROUP BY 1"
        ).fetchall()
        workers = len(self._stack.names("agents"))
        total = sum(count for _, count in rows)
        self._note("agents", "connections", total, MOST_CONNECTIONS["agents"] * workers)

    def _note(self, who: str, what: str, amount: int, most: int) -> None:
        peaks = self.peaks.setdefault(who, {})
        peaks[what] = max(amount, peaks.get(what, 0))
        if amount > most:
            self._bounds.setdefault((who, what), f"bounds: {who} holds {amount} {what}")
