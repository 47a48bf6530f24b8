"""The horizon: the time up to which everything in Kafka is applied.

A cart is abandoned only if no purchase is on its way. After an outage the step may be stored while
the purchase still waits in Kafka. So the ends of all partitions are noted with the time, and once
the ledger has reached them all, that time is the horizon. A partition that does not move, because
it is halted or behind an open transaction, delays the horizon for a limited time only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from time import monotonic

from confluent_kafka import KafkaException
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined] # its name for it

from storepulse.adapters.kafka.clients import list_offsets, make_admin_client
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog
from storepulse.domain.errors import Transient

#: Streams whose events change a cart or report an order.
STREAMS = ("activity", "cart", "landing", "order", "campaign")
#: How long the noted ends are waited for.
LONGEST_SECONDS = 900.0
TIMEOUT_SECONDS = 5.0
_CLIENT = "storepulse-agents-ends"
_SQL = named_sql("agents/abandoned", applied_ends="group topics")

#: By topic and partition, the offset after the last record.
Ends = Mapping[tuple[str, int], int]


class AppliedHorizon:
    """The horizon of one consumer group, for one thread."""

    def __init__(self, settings: Settings, catalog: Catalog, group: str) -> None:
        self._settings = settings
        self._group = group
        topics = [catalog.topic("ingest", stream) for stream in STREAMS]
        self._topics = [topic.name for topic in topics]
        self._partitions = [(t.name, p) for t in topics for p in range(t.partitions)]
        self._admin = make_admin_client(settings, _CLIENT)
        self._noted: tuple[datetime, float, Ends] | None = None
        self._horizon: datetime | None = None

    def look(self, connection: Connection, now: datetime) -> datetime | None:
        """Return the horizon; None while there is none yet. Raises Transient, psycopg.Error."""
        if self._noted is not None:
            at, since, ends = self._noted
            is_given_up = monotonic() - since > LONGEST_SECONDS
            if is_given_up or covers(self._read_applied(connection), ends):
                self._horizon, self._noted = at, None
        if self._noted is None:
            self._noted = (now, monotonic(), self._read_ends())
        return self._horizon

    def _read_ends(self) -> Ends:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        try:
            return list_offsets(self._admin, self._partitions, latest, TIMEOUT_SECONDS)
        except KafkaException as error:
            # A client whose broker went away may look for its old leaders forever.
            self._admin = make_admin_client(self._settings, _CLIENT)
            raise Transient(f"Kafka: {error.args[0].name()}") from error

    def _read_applied(self, connection: Connection) -> Ends:
        asked = {"group": self._group, "topics": self._topics}
        rows = connection.execute(_SQL["applied_ends"], asked)
        return {(topic, partition): end for topic, partition, end in rows}


def covers(applied: Ends, ends: Ends) -> bool:
    """Whether each partition is applied up to its noted end."""
    return all(applied.get(where, 0) >= end for where, end in ends.items())
