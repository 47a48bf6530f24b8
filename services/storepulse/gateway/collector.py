"""Handle requests with beacons, from the first header to the event store.

Order: rate limit, body, JSON, key, rules, store, answer. For calls signed by servers: key or
signature, then rate limit, body, JSON, rules, store, answer. In a batch the good events are
accepted and the bad ones are named; if none is good, nothing is written and the answer is 400.
"""

from __future__ import annotations

from dataclasses import replace
from time import time_ns

import msgspec

from storepulse.access.store_table import StoreTable
from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused, refusal_of_error
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.domain.envelope import PROGRAMS, clock_error_ms, sent_ms
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import meter_label
from storepulse.gateway import answers, bodies
from storepulse.gateway.admission import Admission
from storepulse.gateway.batch_refusals import refusal_of_all
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import BadEvent, BeaconBatch, StreamBatch
from storepulse.gateway.doors.beacons import beacons_of_call, check_proofs
from storepulse.gateway.doors.door import needs_secret_key
from storepulse.gateway.doors.table import doors_of
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext, page_host_of
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.event_store import EventStore, Submission
from storepulse.gateway.half_surrogates import decode_around_faults
from storepulse.gateway.ingest_streams import IngestStream
from storepulse.gateway.plan_limits import CODE, PlanLimited, refusal_of_limit, warning_line
from storepulse.gateway.refusals import refusal_of_fault
from storepulse.gateway.rejects import RefusedSender, Rejects
from storepulse.gateway.responder import Responder
from storepulse.gateway.segment_calls import Encode, SegmentCalls
from storepulse.gateway.stated_fields import take_stated_fields
from storepulse.gateway.store_ownership import check_store
from storepulse.gateway.visitor_cookie import take_visitor
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.stream import Ignored

_decode_stream_batch = msgspec.json.Decoder(StreamBatch).decode


def encode_all(
    enveloper: Enveloper, beacons: list[AnyBeacon], context: RequestContext
) -> EncodedEvents:
    """Encode events that all belong to the request's visitor."""
    if context.kept_addresses:
        context = context.narrow_for_key()
    return enveloper.encode_all(beacons, context)


class Collector:
    """Serves the endpoints that take events."""

    def __init__(
        self,
        settings: Settings,
        streams: dict[str, IngestStream],
        admission: Admission,
        store: EventStore,
        rejects: Rejects,
        responder: Responder,
        stores: StoreTable,
    ) -> None:
        self._streams = streams
        self._reader, self._limits, self._checks = admission
        self._doors = doors_of(self._checks, stores)
        self._store = store
        self._rejects = rejects
        self._responder = responder
        self._stores, self._limits_of_plans = stores, stores.limits
        self._has_carts = settings.cart_endpoint_enabled
        self._max_event = settings.gateway_max_event_bytes
        self._log = logger()
        self._segment = SegmentCalls(
            streams, admission, stores, store, responder, self.submit, settings.gateway_max_batch
        )

    def serve(self, exchange: Exchange) -> None:
        """Serve a complete request; its answer is written now or when all events are stored."""
        endpoint = exchange.endpoint
        # Pages of other origins may read the answers on collection paths.
        call = self._reader.read(
            exchange.headers, exchange.client, exchange.query, collecting=endpoint.door is None
        )
        try:
            self._collect(endpoint, call, exchange)
        except RequestRefused as refusal:
            excess = self._limits.refusal_of_excess(call, endpoint)
            self._responder.refuse(exchange, call, excess or refusal)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            self._log.error(
                "request_failed",
                exc_info=error,
                route=endpoint.path,
                request_id=call.request_id,
                correlation_id=call.correlation,
            )
            self._responder.refuse(exchange, call, refusal_of_fault(endpoint))

    def refuse_unread(self, exchange: Exchange) -> bool:
        """Refuse a request that waits for "100 Continue" if the key in its head is bad; whether it
        did.

        Without a key in the head, the body may hold one.
        """
        endpoint = exchange.endpoint
        call = self._reader.read(
            exchange.headers, exchange.client, exchange.query, collecting=endpoint.door is None
        )
        if call.sent_key is None and endpoint.door is None:
            return False
        try:
            if endpoint.door is None:
                self._checks.check_sent_key(call, "ingest")
            else:
                self._doors[endpoint.door].check_head(call, exchange)
        except RequestRefused as refused:
            refusal = refused
        else:
            return False
        try:
            self._limits.count_address(call, endpoint.limit, endpoint.windows)
        except RequestRefused as limited:
            refusal = limited
        exchange.keep_alive = False
        self._responder.refuse(exchange, call, refusal)
        return True

    def refuse_size(self, exchange: Exchange) -> None:
        """Refuse a request whose body is over the limit, without reading the rest of the body."""
        endpoint = exchange.endpoint
        call = self._reader.read(
            exchange.headers, exchange.client, exchange.query, collecting=endpoint.door is None
        )
        try:
            self._limits.count_sender(call, endpoint)
            excess = self._limits.refusal_of_excess(call, endpoint)
            message = f"The body is larger than {endpoint.body_bytes} bytes"
            raise excess or RequestRefused.too_large(message)
        except RequestRefused as refusal:
            exchange.keep_alive = False
            self._responder.refuse(exchange, call, refusal)

    def _collect(self, endpoint: Endpoint, call: Call, exchange: Exchange) -> None:
        """Take in a request's events. Raises RequestRefused."""
        if endpoint.door is None:
            self._limits.count_sender(call, endpoint)
        else:
            self._admit(endpoint, endpoint.door, call, exchange)
        if endpoint.cart_answer and not self._has_carts:
            message = "Cart tracking is switched off"
            raise RequestRefused.unavailable(message, "ENDPOINT_DISABLED", 300)
        body = bytes(exchange.body)
        try:
            body = bodies.unpack(body, call.headers, endpoint.body_bytes)
            if endpoint.is_segment:
                self._segment.collect(endpoint, call, exchange, body)
                return
            if endpoint.door is None:
                stream, batch = self._read_events(endpoint, call, exchange, body)
            else:
                told = beacons_of_call(endpoint, call, body, self._max_event)
                if isinstance(told, Ignored):
                    self._ignore(endpoint, call, exchange, told)
                    return
                stream, batch = self._decode(endpoint, told)
                self._doors[endpoint.door].name_events(batch.beacons, call, exchange)
            submission = self._encode(endpoint, stream, call, exchange, batch)
        except PlanLimited as limited:
            raise refusal_of_limit(limited, call, endpoint.limited_status) from None
        except Rejected as rejected:
            if call.excess is not None:
                raise refusal_of_error(rejected) from None  # answered with 429, body not kept
            if endpoint.stream is not None:
                self._streams[endpoint.stream].meter.count_events("rejected", 1)
            if isinstance(rejected, bodies.BadGzip):
                body = rejected.readable
            self._keep(endpoint.stream or "unknown", call, body, rejected.field, rejected.reason)
            raise refusal_of_error(rejected) from None
        self._store.store(submission)

    def _admit(self, endpoint: Endpoint, door: str, call: Call, exchange: Exchange) -> None:
        """Authenticate a signed call. Raises RequestRefused.

        A refused call counts against its address's rate limit.
        """
        try:
            call.api_key = key = self._doors[door].admit(call, exchange)
        except RequestRefused:
            self._limits.count_address(call, endpoint.limit, endpoint.windows)
            raise
        self._limits.count_key(call, key)

    def _ignore(self, endpoint: Endpoint, call: Call, exchange: Exchange, ignored: Ignored) -> None:
        """Answer a webhook that brings no events for us: an error could end the subscription."""
        if endpoint.stream is not None:
            self._streams[endpoint.stream].meter.count_events("ignored", 1)
        body = answers.ignored_body(ignored, call.correlation)
        self._responder.accept(exchange, call, endpoint.status, body)

    def _read_events(
        self, endpoint: Endpoint, call: Call, exchange: Exchange, body: bytes
    ) -> tuple[IngestStream, BeaconBatch]:
        """The stream and events of a call that needs only a key, after its key and visitor are
        checked.

        Raises Rejected or RequestRefused.
        """
        stream, batch = self._decode(endpoint, body)
        take_stated_fields(endpoint, exchange.target, batch)
        self._checks.authorise(call, batch.key, "ingest")
        self._limits.count_visitor(call, endpoint, _session_of(batch))
        if stream.is_of_servers and not call.is_trusted:
            raise needs_secret_key()
        if b"sec-fetch-site" in call.headers:
            take_visitor(call, batch.beacons)
        return stream, batch

    def _decode(self, endpoint: Endpoint, body: bytes) -> tuple[IngestStream, BeaconBatch]:
        """The stream and events of a body. Raises Rejected, or RequestRefused 413."""
        if endpoint.stream is not None:
            stream = self._streams[endpoint.stream]
            decoding = stream.decoding
            if endpoint.lists:
                return stream, decoding.decode_any(body)
            decode = decoding.decode_one if endpoint.one else decoding.decode_batch
            return stream, decode(body)
        named = decode_around_faults(_decode_stream_batch, body)
        named_stream = self._streams.get(named.stream)
        if named_stream is None:
            raise Rejected("stream", f"is not one of {', '.join(sorted(self._streams))}")
        return named_stream, named_stream.decoding.decode_events(
            named.events, named.key, named.sent_at
        )

    def _encode(
        self,
        endpoint: Endpoint,
        stream: IngestStream,
        call: Call,
        exchange: Exchange,
        batch: BeaconBatch,
    ) -> Submission:
        """Make records from events. Raises Rejected for a bad single event, else RequestRefused."""
        submission = self.submit(endpoint, stream, call, exchange, batch)
        if not submission.records:
            raise refusal_of_all(endpoint, batch.bad, [submission.encoded], call)
        call.correlation = submission.encoded.correlation
        return submission

    def submit(
        self,
        endpoint: Endpoint,
        stream: IngestStream,
        call: Call,
        exchange: Exchange,
        batch: BeaconBatch,
        encode: Encode = encode_all,
    ) -> Submission:
        """Make records from events, of which possibly none is good; keep the bad ones.

        Raises Rejected for a bad single event, else RequestRefused.
        """
        if call.api_key is not None:
            check_store(call.api_key, batch, self._stores)
        context = self._context_of(endpoint, stream, call)
        if stream.prove is not None:
            check_proofs(stream.prove, batch, context.key_store, self._stores)
            if endpoint.one and batch.bad:
                raise Rejected(batch.bad[0].field, batch.bad[0].reason)
        sent_at = batch.sent_at
        if sent_at is None and call.sent_at is not None and endpoint.door is None:
            sent_at = sent_ms(call.sent_at)  # signatures do not cover the address
        if sent_at is not None:
            context.clock_error = clock_error_ms(sent_at, context.received_at)
        encoded = encode(stream.enveloper, batch.beacons, context)
        if encoded.reached:
            _note_limits(stream, call, encoded, self._limits_of_plans.now())
        if (
            len(exchange.body) > self._max_event
            or endpoint.beacons_of is not None
            or b"content-encoding" in call.headers
        ):
            self._check_sizes(batch, encoded)
        if batch.is_one and encoded.refused:
            raise encoded.refused[0][1]
        bad = _add_refused(batch, encoded)
        if encoded.warned:
            for _, field, _ in encoded.left_out():
                metrics.INGEST_LEFT_OUT.labels(stream.name, field).inc()
        records: list[tuple[bytes, bytes]] = encoded.records  # type: ignore[assignment] # None: bad
        if bad:
            self._keep_bad(stream, call, bad)
            records = [record for record in encoded.records if record is not None]
        return Submission(endpoint, stream, call, exchange, batch, encoded, records)

    def _context_of(self, endpoint: Endpoint, stream: IngestStream, call: Call) -> RequestContext:
        key = call.api_key
        trusted = call.is_trusted
        source = (
            "server" if trusted else stream.source if endpoint.stream is None else endpoint.source
        )
        context = RequestContext(
            received_at=time_ns() // 1_000_000,
            source=source,
            # No address is kept until it is known which stores keep less of it.
            ip=self._reader.visitor_address(call)
            if self._stores.is_loaded and source != "bot"
            else None,
            country=None if source == "bot" else self._reader.visitor_country(call),
            # For a server or a bot this is the calling program's agent, not a visitor's.
            user_agent=None if source in PROGRAMS else call.user_agent,
            key_store=str(key.store_id) if key is not None and key.store_id is not None else None,
            correlation=call.sent_correlation,
            page_host=page_host_of(call.header_text(b"origin"), call.header_text(b"referer"))
            if stream.needs_host
            else None,
            trusted=trusted,
            key_id=None if key is None else key.key_id,
            kept_addresses=self._stores.kept_addresses,
        )
        if self._limits_of_plans.of_store and not endpoint.is_webhook:
            context.judged = self._limits_of_plans.judge(context.key_store)
        return context

    def _check_sizes(self, batch: BeaconBatch, encoded: EncodedEvents) -> None:
        """Refuse events over the size limit.

        Raises RequestRefused 413 for a single event.
        """
        for index, record in enumerate(encoded.records):
            if record is not None and len(record[1]) > self._max_event:
                reason = f"The event is larger than {self._max_event} bytes"
                if batch.is_one:
                    raise RequestRefused.too_large(reason)
                encoded.refuse(index, Rejected("", reason))

    def _keep_bad(self, stream: IngestStream, call: Call, bad: list[BadEvent]) -> None:
        rejected = [event for event in bad if event.code is None]
        if rejected:
            stream.meter.count_events("rejected", len(rejected))
        for event in rejected:
            self._keep(stream.name, call, event.raw, event.field, event.reason)

    def _keep(self, stream: str, call: Call, body: bytes, field: str, reason: str) -> None:
        key = call.api_key or call.known_key
        is_known = self._checks.has_known_key(call)
        sender = RefusedSender(is_known, key.store_id if is_known and key is not None else None)
        self._rejects.keep(stream, body, field, reason, call.correlation, sender)


def _session_of(batch: BeaconBatch) -> str | None:
    """The session that a request is counted for: its first event's."""
    return batch.beacons[0].session_id if batch.beacons else None


def _note_limits(stream: IngestStream, call: Call, encoded: EncodedEvents, now: float) -> None:
    """Warn the sender if its store has reached a limit, and count the events that the limit
    stopped."""
    call.plan_warning = warning_line(encoded.reached, now, call)
    stopped = [error.limit for _, error in encoded.refused if isinstance(error, PlanLimited)]
    if stopped:
        stream.meter.count_events("limited", len(stopped))
    for limit in stopped:
        call.retry_seconds = max(call.retry_seconds, limit.retry_seconds(now))
        metrics.PLAN_REFUSED.labels(meter_label(limit.meter)).inc()


def _add_refused(batch: BeaconBatch, encoded: EncodedEvents) -> list[BadEvent]:
    """Return all bad events of a batch, with their indexes in the request."""
    for at, rejected in encoded.refused:
        event = batch.bad_event(at, rejected)
        batch.bad.append(replace(event, code=CODE) if isinstance(rejected, PlanLimited) else event)
    batch.bad.sort(key=lambda event: event.index)
    return batch.bad
