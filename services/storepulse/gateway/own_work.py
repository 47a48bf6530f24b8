"""Meter accepted requests as usage of their stores: the meter `api_call`.

Requests are counted in memory and sent as one event per store at the end of each interval, through
the same producer and spool as other events. Unsent counts are kept and sent again under the same
id, so they have one effect. A process that is killed loses at most one interval's requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from time import time
from typing import cast
from uuid import UUID, uuid4, uuid5

from confluent_kafka import KafkaError

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.contracts.schemas import HEADER_BYTES
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.ingest_streams import IngestStream
from storepulse.gateway.publishing.pending_request import Records
from storepulse.gateway.publishing.publisher import Publisher, QueueFull
from storepulse.gateway.spool.spool import NoRoom, Spool
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.usage.beacon import UsageBeacon

METER = "api_call"
_UUID_CHARACTERS = 36
#: The store's place in an event's value: after the header and the event id, each text after its
#: length.
_STORE = slice(HEADER_BYTES + 1 + _UUID_CHARACTERS + 1, HEADER_BYTES + 2 * (1 + _UUID_CHARACTERS))


class CallMeter:
    """Counts one process's accepted requests. It belongs to the gateway's event loop."""

    def __init__(
        self, stream: IngestStream, publisher: Publisher, spool: Spool | None, every_seconds: float
    ) -> None:
        """`stream` is the usage stream."""
        self._stream = stream
        self._publisher = publisher
        self._spool = spool
        self._every = every_seconds
        self._process = uuid4()
        self._intervals = 0
        self._calls: dict[bytes, int] = {}
        self._unsent: deque[Records] = deque()

    def count(self, value: bytes) -> None:
        """Count a request for the store of its first event; `value` is that event in Avro."""
        store = value[_STORE]
        self._calls[store] = self._calls.get(store, 0) + 1

    async def run(self) -> None:
        """Send at the end of each interval until cancelled.

        Intervals are aligned to the clock, so that a month's last one ends with the month.
        """
        while True:
            await asyncio.sleep(self._every - time() % self._every)
            try:
                self.send(int(time() // self._every * self._every * 1000) - 1)
            except Exception as error:  # noqa: BLE001 - what is counted must not wait for a restart
                logger().error("calls_not_metered", exc_info=error)

    def send(self, at_ms: int) -> None:
        """Send the counts as usage at `at_ms`, and what is unsent."""
        if self._calls:
            calls, self._calls = self._calls, {}
            self._intervals += 1
            self._unsent.append(self._records_of(calls, at_ms))
        for _ in range(len(self._unsent)):
            self._bring(self._unsent.popleft())

    def _records_of(self, calls: dict[bytes, int], at_ms: int) -> Records:
        beacons = [
            UsageBeacon(
                store_id=store.decode(),
                event_id=str(self._id_of(store)),
                meter=METER,
                quantity=count,
                timestamp=at_ms,
            )
            for store, count in calls.items()
        ]
        context = RequestContext(
            received_at=int(time() * 1000),
            source="server",
            ip=None,
            user_agent=None,
            key_store=None,
            correlation=None,
            trusted=True,
            key_id=METER,
            is_own_work=True,
        )
        encoded = self._stream.enveloper.encode_all(cast("list[AnyBeacon]", beacons), context)
        return [record for record in encoded.records if record is not None]

    def _id_of(self, store: bytes) -> UUID:
        """An id that is the same for the same store, meter, process and interval."""
        return uuid5(self._process, f"{store.decode()}:{METER}:{self._intervals}")

    def _bring(self, records: Records) -> None:
        topic, done = self._stream.topic, partial(self._on_delivery, records)
        if not self._publisher.broker.is_writable:
            self._spool_or_keep(records)
            return
        try:
            self._publisher.publish(topic, records, done, self._stream.room)
        except QueueFull:
            self._unsent.append(records)

    def _on_delivery(self, records: Records, error: KafkaError | None) -> None:
        if error is None:
            metrics.OWN_WORK.labels(METER).inc(len(records))
        else:
            self._spool_or_keep(records)

    def _spool_or_keep(self, records: Records) -> None:
        try:
            if self._spool is None:
                raise NoRoom
            done = partial(self._on_spooled, records)
            self._spool.append(self._stream.topic, records, done, self._stream.room)
        except NoRoom:
            self._unsent.append(records)

    def _on_spooled(self, records: Records, fault: OSError | None) -> None:
        if fault is None:
            metrics.OWN_WORK.labels(METER).inc(len(records))
        else:
            self._unsent.append(records)
