"""Reads the ledger to find duplicates among accepted events, which leave no other trace.

It reads the ledger first and Kafka's ends of the published topics second. So everything that an
applied slice has published lies before those ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaException
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined] # its name for it

from storepulse.adapters.kafka.clients import list_offsets, make_admin_client
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import group_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.query.live.outcomes import LedgerLook

CLIENT = "storepulse-query-live-ledger"
TIMEOUT_SECONDS = 3.0

#: A stream and a partition number.
StreamPartition = tuple[str, int]


class LedgerReader:
    """Reads the ledger of the agents."""

    def __init__(self, settings: Settings, database: Pool) -> None:
        self._settings = settings
        self._database = database
        self._catalog = load_catalog(settings.topic_prefix)
        self._group = group_of(settings.topic_prefix, "agents")
        self._ids: dict[str, str] = {}
        self._admin = make_admin_client(settings, CLIENT)

    async def look(
        self, partitions: Sequence[StreamPartition]
    ) -> dict[StreamPartition, LedgerLook]:
        """The ledger's state of these partitions. Raises Transient."""
        names = {self._catalog.ingest(stream): stream for stream, _ in partitions}
        try:
            if not names.keys() <= self._ids.keys():
                self._ids = await asyncio.to_thread(
                    topic_ids, self._settings, [*map(self._catalog.ingest, self._catalog.streams)]
                )
            rows = await self._database.rows(
                named_sql("query/service")["positions"],
                {"groups": [self._group], "topic_ids": [self._ids[name] for name in names]},
            )
            applied = {
                (names[row["topic"]], row["partition"]): [
                    (r.lower, r.upper) for r in row["applied"]
                ]
                for row in rows
                if row["topic"] in names
            }
            wanted = [one for one in partitions if one in applied]
            ends = await asyncio.to_thread(self._ends, wanted)
        except KafkaException as error:
            # A client whose broker is gone may keep trying its old leaders for ever.
            self._admin = make_admin_client(self._settings, CLIENT)
            raise Transient(f"Kafka: {error}") from error
        return {
            (stream, partition): LedgerLook(
                applied[stream, partition],
                ends[self._catalog.events(stream), partition],
                ends[self._catalog.dlq(stream), partition],
            )
            for stream, partition in wanted
        }

    def _ends(self, partitions: Sequence[StreamPartition]) -> Mapping[tuple[str, int], int]:
        if not partitions:
            return {}
        asked = [
            (name(stream), partition)
            for stream, partition in partitions
            for name in (self._catalog.events, self._catalog.dlq)
        ]
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        return list_offsets(self._admin, asked, latest, TIMEOUT_SECONDS)
