"""Exposures that the gateway itself creates when its answer shows a variant.

They are encoded and go to Kafka or the spool like all events, but without a request of their own
that needs a key or counts against a rate limit. The browser may send the same exposure: it has the
same id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import time_ns
from typing import cast

from confluent_kafka import KafkaError

from storepulse.access.store_table import StoreTable
from storepulse.adapters.logging import logger
from storepulse.adapters.metrics import EventOutcome
from storepulse.domain.envelope import PROGRAMS
from storepulse.gateway.call import Call
from storepulse.gateway.call_reader import CallReader
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.ingest_streams import IngestStream
from storepulse.gateway.publishing.pending_request import Records
from storepulse.gateway.publishing.publisher import PERMANENT, Publisher, QueueFull
from storepulse.gateway.spool.spool import NoRoom, Spool
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.experiment.beacon import ExperimentBeacon

_SENDER = "exposures"
#: Called with whether the exposures are stored.
Tell = Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Exposure:
    """A visitor was shown a variant, or a session if the visitor is not known."""

    store_id: str
    test_id: str
    phase: int
    variant_id: str
    visitor_id: str | None
    session_id: str | None


class ExposurePublisher:
    """Stores exposures. It belongs to the gateway's event loop."""

    def __init__(
        self,
        stream: IngestStream,
        publisher: Publisher,
        spool: Spool | None,
        reader: CallReader,
        stores: StoreTable,
    ) -> None:
        """`stream` is the experiment stream."""
        self._stream = stream
        self._publisher = publisher
        self._spool = spool
        self._reader = reader
        self._stores = stores

    def publish(self, exposures: Sequence[Exposure], call: Call, tell: Tell) -> None:
        """Store exposures; call `tell` once, with whether Kafka or the disk has them all.

        `call` is the one being answered. Raises Rejected for invalid ids; `tell` is then not
        called.
        """
        beacons = [
            ExperimentBeacon(
                event_type="Exposure",
                store_id=exposure.store_id,
                test_id=exposure.test_id,
                phase=exposure.phase,
                variant_id=exposure.variant_id,
                visitor_id=exposure.visitor_id,
                session_id=exposure.session_id,
            )
            for exposure in exposures
        ]
        encoded = self._stream.enveloper.encode_all(
            cast("list[AnyBeacon]", beacons), self._context_of(call)
        )
        if encoded.refused:
            raise encoded.refused[0][1]
        records = [record for record in encoded.records if record is not None]
        self._bring(records, tell)

    def _context_of(self, call: Call) -> RequestContext:
        source = "server" if call.is_trusted else "tracker"
        return RequestContext(
            received_at=time_ns() // 1_000_000,
            source=source,
            # No address is kept until it is known which stores keep less of it.
            ip=self._reader.visitor_address(call) if self._stores.is_loaded else None,
            country=self._reader.visitor_country(call),
            user_agent=None if source in PROGRAMS else call.user_agent,
            key_store=None,
            correlation=call.sent_correlation,
            # Tests belong to known stores, so the cap on new stores does not matter.
            key_id=_SENDER,
            kept_addresses=self._stores.kept_addresses,
        )

    def _bring(self, records: Records, tell: Tell) -> None:
        if not self._publisher.broker.is_writable:
            self._append_to_spool(records, tell)
            return
        done = partial(self._on_delivery, records, tell)
        try:
            self._publisher.publish(self._stream.topic, records, done, self._stream.room)
        except QueueFull:
            self._settle(records, tell, "unavailable")

    def _on_delivery(self, records: Records, tell: Tell, error: KafkaError | None) -> None:
        if error is None:
            self._settle(records, tell, "accepted")
        elif error.code() in PERMANENT:
            logger().error("delivery_refused", stream=self._stream.name, fault=error.name())
            self._settle(records, tell, "error")
        else:
            self._append_to_spool(records, tell)

    def _append_to_spool(self, records: Records, tell: Tell) -> None:
        try:
            if self._spool is None:
                raise NoRoom
            done = partial(self._on_spooled, records, tell)
            self._spool.append(self._stream.topic, records, done, self._stream.room)
        except NoRoom:
            self._settle(records, tell, "unavailable")

    def _on_spooled(self, records: Records, tell: Tell, fault: OSError | None) -> None:
        self._settle(records, tell, "spooled" if fault is None else "unavailable")

    def _settle(self, records: Records, tell: Tell, outcome: EventOutcome) -> None:
        """Count the outcome and report it."""
        self._stream.meter.count_events(outcome, len(records))
        tell(outcome in ("accepted", "spooled"))
