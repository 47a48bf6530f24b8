"""The state of live views in an application: the hub, and a reader of single records."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException

from storepulse.adapters.kafka.clients import BrokerAway
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.server_state import ServerState
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.query.live.entries import REFUSED
from storepulse.query.live.hub import LiveHub
from storepulse.query.live.single_records import SingleRecord, SingleRecords


class LiveState:
    """The hub and the reader of records; `async with` closes both."""

    def __init__(self, settings: Settings, database: Pool, kafka: ServerState) -> None:
        self.hub = LiveHub(settings, database, kafka)
        self._settings = settings
        self._records = SingleRecords(settings)
        self._catalog = load_catalog(settings.topic_prefix)
        self._topic_ids: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.hub.close()
        await self._records.close()

    async def end_with(self, stop: asyncio.Event) -> None:
        """End all streams when the process shuts down, because none ends by itself."""
        await stop.wait()
        self.hub.stopping.set()

    async def read_record(self, place: str, partition: int, offset: int) -> SingleRecord | None:
        """A record of an accepted or a refused event. Raises BrokerAway, RequestRefused."""
        topic = self._catalog.rejected if place == REFUSED else self._catalog.ingest(place)
        return await self._records.read(topic, partition, offset)

    async def topic_id(self, stream: str) -> str:
        """The id of the topic of accepted events. Raises BrokerAway."""
        topic = self._catalog.ingest(stream)
        if topic not in self._topic_ids:
            try:
                self._topic_ids = await asyncio.to_thread(
                    topic_ids, self._settings, [*map(self._catalog.ingest, self._catalog.streams)]
                )
            except KafkaException as error:
                raise BrokerAway(f"Kafka: {error}") from error
        return self._topic_ids[topic]
