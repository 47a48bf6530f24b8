"""Store a request's events, and answer when that is done.

2xx is sent only when the broker has acknowledged every accepted event or, if Kafka cannot be
written and there is a spool, when the events are on disk; the answer says which.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from confluent_kafka import KafkaError

from storepulse.adapters.http.errors import RETRY_AFTER_SECONDS, RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.logging import logger
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.gateway import answers
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import BeaconBatch
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.ingest_streams import IngestStream
from storepulse.gateway.own_work import CallMeter
from storepulse.gateway.publishing.publisher import PERMANENT, Publisher, QueueFull
from storepulse.gateway.refusals import refusal_of_fault, refusal_of_outage
from storepulse.gateway.responder import Responder
from storepulse.gateway.spool.spool import NoRoom, Spool


class Submission(NamedTuple):
    """A request's events on their way into storage. `records` are the good ones, at least one.

    `then` is set for a part of a request: it is called instead of answering once the part is
    stored, with whether it is spooled.
    """

    endpoint: Endpoint
    stream: IngestStream
    call: Call
    exchange: Exchange
    batch: BeaconBatch
    encoded: EncodedEvents
    records: list[tuple[bytes, bytes]]
    then: Callable[[bool], None] | None = None


class EventStore:
    """Kafka, and the spool behind it. `room`: how many events may wait in total.

    `calls` meters accepted requests.
    """

    def __init__(
        self,
        publisher: Publisher,
        spool: Spool | None,
        responder: Responder,
        room: int,
        calls: CallMeter,
    ) -> None:
        self._publisher = publisher
        self._broker = publisher.broker
        self._spool = spool
        self._responder = responder
        self._room = room
        self._calls = calls
        self._log = logger()

    def store(self, submission: Submission) -> None:
        """Store the events, then answer. Raises RequestRefused if neither Kafka nor the spool takes
        them."""
        stream = submission.stream
        if not self._broker.is_writable:
            self._append_to_spool(submission, stream.room)
            return
        done = partial(self._on_delivery, submission)
        try:
            self._publisher.publish(stream.topic, submission.records, done, stream.room)
        except QueueFull:
            raise _outage_of(submission, 1) from None

    def _on_delivery(self, submission: Submission, error: KafkaError | None) -> None:
        if error is None:
            self._accept(submission)
            return
        try:
            if error.code() in PERMANENT:
                raise self._refusal_of(submission, error)
            # These events were admitted before, so the stream's smaller room does not apply.
            self._append_to_spool(submission, self._room)
        except RequestRefused as refusal:
            self._responder.refuse(submission.exchange, submission.call, refusal)

    def _append_to_spool(self, submission: Submission, room: int) -> None:
        """Hand events to the spool. Raises RequestRefused if it does not take them."""
        try:
            if self._spool is None:
                raise NoRoom
            on_synced = partial(self._on_spooled, submission)
            self._spool.append(submission.stream.topic, submission.records, on_synced, room)
        except NoRoom:
            raise _outage_of(submission) from None

    def _on_spooled(self, submission: Submission, fault: OSError | None) -> None:
        """Answer a request after the spool has written its events or failed."""
        if fault is None:
            self._accept(submission, spooled=True)
        else:
            refusal = _outage_of(submission)
            self._responder.refuse(submission.exchange, submission.call, refusal)

    def _accept(self, submission: Submission, *, spooled: bool = False) -> None:
        endpoint, stream, call, exchange, batch, encoded, records, then = submission
        stream.meter.count_events("spooled" if spooled else "accepted", len(records))
        self._calls.count(records[0][1])
        if batch.replaced_nuls:
            stream.meter.count_replaced_nuls(batch.replaced_nuls)
        if then is not None:
            then(spooled)
            return
        lines = answers.SPOOLED_LINE if spooled else b""
        if not endpoint.cart_answer:
            debug = _debug_of(stream, call, encoded) if call.wants_debug else None
            status = endpoint.status
            body = answers.accepted_body(
                encoded, batch, call.correlation, debug, spooled=spooled, visitor=call.visitor_id
            )
        elif endpoint.one:
            assert encoded.public[0] is not None  # noqa: S101 - accepted cart events have one
            status, body = 200, answers.cart_body(*encoded.public[0])
        else:
            status, body = 200, answers.cart_batch_body(encoded, batch)
        self._responder.accept(exchange, call, status, body, lines)

    def _refusal_of(self, submission: Submission, error: KafkaError) -> RequestRefused:
        """The answer if the broker will never take the events."""
        stream = submission.stream
        stream.meter.count_events("error", len(submission.records))
        self._log.error("delivery_refused", stream=stream.name, fault=error.name())
        return refusal_of_fault(submission.endpoint)


def _outage_of(submission: Submission, seconds: int = RETRY_AFTER_SECONDS) -> RequestRefused:
    submission.stream.meter.count_events("unavailable", len(submission.records))
    return refusal_of_outage(submission.endpoint, seconds)


def _debug_of(stream: IngestStream, call: Call, encoded: EncodedEvents) -> Any:
    """The encoded records for `?debug=1` with a secret key, else None."""
    if call.api_key is None or call.api_key.kind != "secret":
        return None
    decode = schema_of(stream.name).decode
    return [decode(record[1][HEADER_BYTES:]) for record in encoded.records if record]
