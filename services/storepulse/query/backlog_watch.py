"""How long events wait for agents and delivery, from Kafka and the ledger.

Those processes report it themselves while they run. This one reports it too, so that freshness and
lag keep growing when a worker is dead or a partition has no owner.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from time import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined] # its name for it

from storepulse.adapters import metrics
from storepulse.adapters.kafka.clients import list_offsets, make_admin_client
from storepulse.adapters.kafka.log_search import LogSearch
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.server_state import ServerState
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import group_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.query.stream_flow import Standing, StreamFlow
from storepulse.slices.offsets import find_first_missing
from storepulse.slices.slice import TopicPartition as Partition
from storepulse.slices.watching.backlog import ConsumerBacklog

log = logger()

EVERY_SECONDS = 5.0
TIMEOUT_SECONDS = 3.0
#: Recreated topics are noticed after this many looks.
IDS_EVERY = 12


class BacklogWatch:
    """Watches every stream's topics. Faults of Kafka go to `kafka`."""

    def __init__(
        self,
        settings: Settings,
        database: Pool,
        kafka: ServerState,
        database_state: ServerState,
        flow: StreamFlow,
    ) -> None:
        """`flow` gets the state of the incoming streams at each look."""
        self._settings = settings
        self._database = database
        self._kafka = kafka
        self._database_state = database_state
        self._flow = flow
        # The client id needs the group's prefix, because rights to groups are granted by it.
        self._client = f"{group_of(settings.topic_prefix, 'query')}-backlog"
        self._admin = make_admin_client(settings, self._client)
        self._ids: dict[str, str] = {}
        catalog = load_catalog(settings.topic_prefix)
        self._backlogs: dict[str, ConsumerBacklog] = {}
        self._group_of: dict[str, str] = {}
        self._partitions: list[Partition] = []
        self._ingest = {stream: catalog.ingest(stream) for stream in catalog.streams}
        for stream in catalog.streams:
            for process, topic, name in (
                ("agents", catalog.topic("ingest", stream), stream),
                ("delivery", catalog.topic("events", stream), f"delivery-{stream}"),
            ):
                backlog = self._backlogs.setdefault(process, ConsumerBacklog())
                self._group_of[topic.name] = process
                self._partitions += [(topic.name, p) for p in range(topic.partitions)]
                age = partial(_age, backlog, topic.name)
                metrics.FRESHNESS.labels(name).set_function(age)

    async def run(self, stop: asyncio.Event) -> None:
        """Look repeatedly until `stop` is set; after a fault, try again."""
        looks = 0
        while not stop.is_set():
            try:
                if looks % IDS_EVERY == 0 or not self._ids:
                    await asyncio.to_thread(self._read_ids)
                await self.look(time())
                looks += 1
            except Transient as error:
                log.debug("backlog_unknown", reason=str(error))
            except Exception:
                log.exception("backlog_unknown")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def look(self, now: float) -> None:
        """Look once. Raises Transient."""
        positions = await self._read_positions()
        bounds = await asyncio.to_thread(self._read_bounds)
        for process, backlog in self._backlogs.items():
            of_process = {
                (topic, partition): (max(low, positions.get((topic, partition), low)), end)
                for (topic, partition), (low, end) in bounds.items()
                if self._group_of[topic] == process
            }
            starts = backlog.update(now, of_process)
            if starts:
                backlog.judge(await asyncio.to_thread(self._find_first, starts))
            for topic, partition in of_process:
                lag = backlog.lag((topic, partition))
                metrics.CONSUMER_LAG.labels(topic, str(partition)).set(lag)
        self._flow.add(now, self._standings(bounds))

    def _standings(self, bounds: Mapping[Partition, tuple[int, int]]) -> dict[str, Standing]:
        """The incoming streams whose partitions all exist."""
        agents, found = self._backlogs["agents"], {}
        for stream, topic in self._ingest.items():
            wheres = [where for where in self._partitions if where[0] == topic]
            if all(where in bounds for where in wheres):
                found[stream] = Standing(
                    end=sum(bounds[where][1] for where in wheres),
                    lag=sum(map(agents.lag, wheres)),
                    behind=_age(agents, topic),
                )
        return found

    async def _read_positions(self) -> dict[Partition, int]:
        """The first offset that the ledger lacks, by partition."""
        prefix = self._settings.topic_prefix
        groups = [f"{prefix}storepulse-{process}" for process in self._backlogs]
        parameters = {"groups": groups, "topic_ids": list(self._ids.values())}
        try:
            rows = await self._database.rows(named_sql("query/service")["positions"], parameters)
        except Transient as error:
            self._database_state.note(str(error).removeprefix("PostgreSQL: "))
            raise
        self._database_state.note("")
        return {
            (row["topic"], row["partition"]): find_first_missing(
                [(r.lower, r.upper) for r in row["applied"]], 0
            )
            for row in rows
            if row["consumer_group"] == f"{prefix}storepulse-{self._group_of.get(row['topic'])}"
        }

    def _read_ids(self) -> None:
        try:
            self._ids = topic_ids(self._settings, list(self._group_of))
        except KafkaException as error:
            raise self._fault_of(error) from error

    def _read_bounds(self) -> dict[Partition, tuple[int, int]]:
        """The first offset and the readable end of each existing partition."""
        lows = self._offsets(OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        ends = self._offsets(OffsetSpec.latest())  # type: ignore[no-untyped-call]
        self._kafka.note("")
        return {where: (low, ends[where]) for where, low in lows.items() if where in ends}

    def _offsets(self, wanted: OffsetSpec) -> dict[Partition, int]:
        try:
            return list_offsets(self._admin, self._partitions, wanted, TIMEOUT_SECONDS)
        except KafkaException as error:
            raise self._fault_of(error) from error

    def _find_first(self, starts: Mapping[Partition, int]) -> dict[Partition, int | None]:
        """Results for the partitions that were searched in time; the next look repeats the
        others."""
        with LogSearch(self._settings, self._client, starts) as search:
            return search.search(TIMEOUT_SECONDS)

    def _fault_of(self, error: KafkaException) -> Transient:
        # A client whose broker is gone may keep trying its old leaders for ever.
        self._admin = make_admin_client(self._settings, self._client)
        reason = error.args[0].name()
        self._kafka.note(f"no offsets: {reason}")
        return Transient(f"Kafka: {reason}")


def _age(backlog: ConsumerBacklog, topic: str) -> float:
    since = backlog.waiting_since(topic)
    return 0.0 if since is None else max(0.0, time() - since)
