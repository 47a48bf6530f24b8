"""One request with beacons, from the first header to the answer after the broker.

Order: rate limit, body, JSON, key, rules, Kafka, answer. 2xx only when the broker has acknowledged
every event that the answer calls accepted, or, where Kafka cannot be written and a spool is there,
when the disk has them; the answer says so. In a batch the good events are accepted and the bad ones
named; if none is good, nothing is written and the answer is 400.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter, time_ns
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import KafkaError

from storepulse.access.keys import ApiKey
from storepulse.adapters.http.errors import RequestRefused, error_body, refusal_of_error
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.contracts.topics import Catalog
from storepulse.domain.errors import Rejected
from storepulse.domain.stores import is_name_of, normalised_domain
from storepulse.gateway import answers, bodies
from storepulse.gateway.calls import Call, Caller
from storepulse.gateway.decoding import BadEvent, Batch, Decoding, StreamBatch, whole_but_for_halves
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.enveloping import Encoded, Enveloper, Sender, page_host_of
from storepulse.gateway.known_names import KnownNames
from storepulse.gateway.metering import Meter, StreamMeter
from storepulse.gateway.new_names import Names
from storepulse.gateway.publisher import PERMANENT, Publisher, QueueFull
from storepulse.gateway.rejects import Rejects
from storepulse.gateway.shedding import room
from storepulse.gateway.spool.spool import NoRoom, Spool
from storepulse.streams.beacon import Rules
from storepulse.streams.beacons import INPUTS
from storepulse.streams.cart.beacon import CartBeacon

CART_UNAVAILABLE = ("Database service unavailable", "DATABASE_UNAVAILABLE")
UNAVAILABLE = ("Events cannot be stored at the moment, try again", "STORAGE_UNAVAILABLE")

_stream_batch = msgspec.json.Decoder(StreamBatch).decode


class _Lane:
    """What serves one stream."""

    def __init__(self, stream: str, settings: Settings, catalog: Catalog, names: Names) -> None:
        entry = catalog.streams[stream]
        rules = Rules(max_coordinate_y=settings.gateway_max_coordinate_y)
        self.stream = stream
        self.topic = catalog.ingest(stream)
        self.decoding = Decoding(INPUTS[stream], settings.gateway_max_batch)
        self.enveloper = Enveloper(INPUTS[stream], rules, entry.priority, names)
        self.meter = StreamMeter(stream)
        self.needs_host = stream == "landing"
        self.room = room(entry.priority, settings.gateway_max_in_flight)


class _Taken(NamedTuple):
    """A request whose events Kafka does not take now."""

    endpoint: Endpoint
    lane: _Lane
    call: Call
    exchange: Exchange
    batch: Batch
    encoded: Encoded
    records: list[tuple[bytes, bytes]]


class Collector:
    """Serves the endpoints that take events."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        caller: Caller,
        publisher: Publisher,
        rejects: Rejects,
        table: dict[str, Endpoint],
        spool: Spool | None,
    ) -> None:
        self._settings = settings
        self._caller = caller
        self._publisher = publisher
        self._rejects = rejects
        self._spool = spool
        self._max_body = settings.gateway_max_body_bytes
        self._max_event = settings.gateway_max_event_bytes
        self._log = logger()
        #: To be started by whoever has a database.
        self.known_names = KnownNames()
        names = Names(settings, self.known_names)
        self._lanes = {stream: _Lane(stream, settings, catalog, names) for stream in INPUTS}
        self._meters = {path: Meter(path) for path in table}

    def serve(self, exchange: Exchange) -> None:
        """Serves one complete request; its answer is written now or when the broker has all."""
        call = self._caller.call(exchange.headers, exchange.client, exchange.query, collecting=True)
        endpoint = exchange.endpoint
        try:
            self._collect(endpoint, call, exchange)
        except RequestRefused as refused:
            self._refuse(exchange, call, refused)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            self._log.error(
                "request_failed",
                exc_info=error,
                route=endpoint.path,
                request_id=call.request_id,
                correlation_id=call.correlation,
            )
            self._refuse(exchange, call, self._broken(endpoint))

    def refuse_size(self, exchange: Exchange) -> None:
        """Answers a request whose body is over the limit, without the rest of the body."""
        call = self._caller.call(exchange.headers, exchange.client, exchange.query, collecting=True)
        try:
            self._caller.limit(call, exchange.endpoint.limit, exchange.endpoint.windows)
            raise RequestRefused.too_large(f"The body is larger than {self._max_body} bytes")
        except RequestRefused as refused:
            exchange.keep_alive = False
            self._refuse(exchange, call, refused)

    def _collect(self, endpoint: Endpoint, call: Call, exchange: Exchange) -> None:
        self._caller.limit(call, endpoint.limit, endpoint.windows)
        if endpoint.cart_answer and not self._settings.cart_endpoint_enabled:
            raise RequestRefused.unavailable(
                "Cart tracking is switched off", "ENDPOINT_DISABLED", 300
            )
        body = bytes(exchange.body)
        try:
            body = bodies.unpack(body, call.headers, self._max_body)
            lane, batch = self._decode(endpoint, body)
            self._caller.authorise(call, batch.key, "ingest")
            self._take(endpoint, lane, call, exchange, batch)
        except Rejected as rejected:
            stream = endpoint.stream or "unknown"
            if endpoint.stream is not None:
                self._lanes[stream].meter.events("rejected", 1)
            if isinstance(rejected, bodies.BadGzip):
                body = rejected.so_far
            self._keep(stream, call, body, rejected.field, rejected.reason)
            raise refusal_of_error(rejected) from None

    def _decode(self, endpoint: Endpoint, body: bytes) -> tuple[_Lane, Batch]:
        """The lane and events of a body. Raises Rejected, or RequestRefused 413."""
        if endpoint.stream is not None:
            lane = self._lanes[endpoint.stream]
            decoding = lane.decoding
            return lane, decoding.one(body) if endpoint.one else decoding.batch(body)
        named = whole_but_for_halves(_stream_batch, body)
        found = self._lanes.get(named.stream)
        if found is None:
            raise Rejected("stream", f"is none of {', '.join(sorted(self._lanes))}")
        return found, found.decoding.events(named.events, named.key)

    def _take(
        self, endpoint: Endpoint, lane: _Lane, call: Call, exchange: Exchange, batch: Batch
    ) -> None:
        """Encodes and publishes. Raises Rejected for a bad single event, else RequestRefused."""
        if call.api_key is not None and call.api_key.store_id is not None:
            _check_store(call.api_key, str(call.api_key.store_id), batch)
        sender = self._sender(endpoint, lane, call)
        encoded = lane.enveloper.encode_all(batch.beacons, sender)
        if len(exchange.body) > self._max_event or b"content-encoding" in call.headers:
            self._check_sizes(endpoint, encoded)
        if endpoint.one and encoded.refused:
            raise encoded.refused[0][1]
        bad = _add_refused(batch, encoded)
        records: list[tuple[bytes, bytes]] = encoded.records  # type: ignore[assignment] # None: bad
        if bad:
            self._keep_bad(lane, call, bad)
            records = [record for record in encoded.records if record is not None]
        if not records:
            raise _all_bad(bad)
        call.correlation = encoded.correlation
        count = len(records)
        started = exchange.started

        def done(error: KafkaError | None) -> None:
            try:
                if error is not None:
                    if error.code() in PERMANENT:
                        raise self._unstorable(endpoint, lane, error, count)
                    taken = _Taken(endpoint, lane, call, exchange, batch, encoded, records)
                    # These were let in already: the whole of the room is theirs.
                    self._to_disk(taken, self._settings.gateway_max_in_flight)
                    return
                lane.meter.events("accepted", count)
                if batch.replaced_nuls:
                    lane.meter.replaced_nuls(batch.replaced_nuls)
                status, body = self._answer(endpoint, lane, call, encoded, batch)
            except RequestRefused as refused:
                self._refuse(exchange, call, refused)
            else:
                exchange.answer(status, call.answer_lines(len(body)), body)
                self._meters[endpoint.path].request(status, perf_counter() - started)

        if not self._publisher.writable:
            taken = _Taken(endpoint, lane, call, exchange, batch, encoded, records)
            self._to_disk(taken, lane.room)
            return
        try:
            self._publisher.publish(lane.topic, records, done, lane.room)
        except QueueFull:
            lane.meter.events("unavailable", count)
            raise RequestRefused.unavailable(
                *(CART_UNAVAILABLE if endpoint.cart_answer else UNAVAILABLE), 1
            ) from None

    def _to_disk(self, taken: _Taken, room: int) -> None:
        """Hands events to the spool. Raises RequestRefused where it takes none."""
        try:
            if self._spool is None:
                raise NoRoom
            on_disk = partial(self._on_disk, taken)
            self._spool.append(taken.lane.topic, taken.records, on_disk, room)
        except NoRoom:
            raise self._not_stored(taken) from None

    def _on_disk(self, taken: _Taken, fault: OSError | None) -> None:
        """Answers a request whose events the disk has, or refused."""
        endpoint, lane, call, exchange, batch, encoded, records = taken
        if fault is not None:
            self._refuse(exchange, call, self._not_stored(taken))
            return
        lane.meter.events("spooled", len(records))
        if batch.replaced_nuls:
            lane.meter.replaced_nuls(batch.replaced_nuls)
        status, body = self._answer(endpoint, lane, call, encoded, batch, spooled=True)
        exchange.answer(status, call.answer_lines(len(body)) + answers.SPOOLED_LINE, body)
        self._meters[endpoint.path].request(status, perf_counter() - exchange.started)

    def _not_stored(self, taken: _Taken) -> RequestRefused:
        taken.lane.meter.events("unavailable", len(taken.records))
        return RequestRefused.unavailable(
            *(CART_UNAVAILABLE if taken.endpoint.cart_answer else UNAVAILABLE)
        )

    def _answer(
        self,
        endpoint: Endpoint,
        lane: _Lane,
        call: Call,
        encoded: Encoded,
        batch: Batch,
        *,
        spooled: bool = False,
    ) -> tuple[int, bytes]:
        """Status and body for events that the broker has, or the spool."""
        if endpoint.cart_answer:
            if endpoint.one:
                assert encoded.public[0] is not None  # noqa: S101 - accepted cart events have one
                return 200, answers.cart_body(*encoded.public[0])
            return 200, answers.cart_batch_body(_cart_outcomes(encoded, batch))
        return 202, answers.accepted_body(
            [event_id for event_id in encoded.ids if event_id] if batch.bad else encoded.ids,
            [_named(event) for event in batch.bad],
            call.correlation,
            self._debug(lane, call, encoded) if call.debug else None,
            spooled=spooled,
        )

    def _unstorable(
        self, endpoint: Endpoint, lane: _Lane, error: KafkaError, count: int
    ) -> RequestRefused:
        """What to answer when the broker will never take the events."""
        lane.meter.events("error", count)
        self._log.error("delivery_refused", stream=lane.stream, fault=error.name())
        return self._broken(endpoint)

    def _refuse(self, exchange: Exchange, call: Call, refused: RequestRefused) -> None:
        body = error_body(refused)
        lines = call.answer_lines(len(body))
        for name, value in refused.headers:
            lines += b"%b: %b\r\n" % (name, value)
        exchange.answer(refused.status, lines, body)
        self._meters[exchange.endpoint.path].request(
            refused.status, perf_counter() - exchange.started
        )

    def _check_sizes(self, endpoint: Endpoint, encoded: Encoded) -> None:
        """Takes events over their limit out; only a large body can hold one."""
        for at, record in enumerate(encoded.records):
            if record is not None and len(record[1]) > self._max_event:
                if endpoint.one:
                    raise RequestRefused.too_large(
                        f"The event is larger than {self._max_event} bytes"
                    )
                reason = f"The event is larger than {self._max_event} bytes"
                encoded.refuse(at, Rejected("", reason))

    def _keep_bad(self, lane: _Lane, call: Call, bad: list[BadEvent]) -> None:
        lane.meter.events("rejected", len(bad))
        for event in bad:
            self._keep(lane.stream, call, event.raw, event.field, event.reason)

    def _keep(self, stream: str, call: Call, body: bytes, field: str, reason: str) -> None:
        known = self._caller.is_known(call)
        self._rejects.keep(stream, body, field, reason, call.correlation, known=known)

    def _broken(self, endpoint: Endpoint) -> RequestRefused:
        if endpoint.cart_answer:
            return RequestRefused(500, "Failed to track cart event", "DATABASE_ERROR")
        return RequestRefused(500, "The event could not be stored", "STORAGE_ERROR")

    def _sender(self, endpoint: Endpoint, lane: _Lane, call: Call) -> Sender:
        key = call.api_key
        trusted = key is not None and key.kind == "secret"
        return Sender(
            received_at=time_ns() // 1_000_000,
            source="server" if trusted else endpoint.source,
            ip=call.ip,
            user_agent=call.text(b"user-agent") or None,
            key_store=str(key.store_id) if key is not None and key.store_id is not None else None,
            correlation=call.sent_correlation,
            page_host=page_host_of(call.text(b"origin"), call.text(b"referer"))
            if lane.needs_host
            else None,
            trusted=trusted,
            key_id=None if key is None else key.key_id,
        )

    def _debug(self, lane: _Lane, call: Call, encoded: Encoded) -> Any:
        """The records as they were encoded, for `?debug=1` with a secret key; else None."""
        if call.api_key is None or call.api_key.kind != "secret":
            return None
        decode = schema_of(lane.stream).decode
        return [decode(record[1][HEADER_BYTES:]) for record in encoded.records if record]


def _add_refused(batch: Batch, encoded: Encoded) -> list[BadEvent]:
    """All bad events of a batch, with their places in the request."""
    for at, rejected in encoded.refused:
        place = at if batch.places is None else batch.places[at]
        raw = answers.encode(batch.beacons[at])
        batch.bad.append(BadEvent(place, rejected.field, rejected.reason, raw))
    batch.bad.sort(key=lambda event: event.index)
    return batch.bad


def _named(event: BadEvent) -> dict[str, Any]:
    return {"index": event.index, "field": event.field, "reason": event.reason}


def _all_bad(bad: list[BadEvent]) -> RequestRefused:
    first = bad[0]
    path = f"events[{first.index}].{first.field}" if first.field else f"events[{first.index}]"
    refused = refusal_of_error(Rejected(path, first.reason))
    refused.rejected = [_named(event) for event in bad]
    return refused


def _check_store(key: ApiKey, store_id: str, batch: Batch) -> None:
    """A key that is tied to a store writes to no other, and a publishable one under no other name:
    anybody can read it in the shop's pages. Raises RequestRefused.
    """
    for beacon in batch.beacons:
        if beacon.store_id is not None and beacon.store_id.lower() != store_id:
            raise RequestRefused(403, "The API key belongs to another store", "OTHER_STORE")
        if key.kind == "publishable" and isinstance(beacon, CartBeacon):
            try:
                name = normalised_domain(beacon.store_name)
            except Rejected:
                continue  # it is refused with the field and the reason
            if not is_name_of(name, store_id, key.domain):
                raise RequestRefused(
                    403, "storeName is no name of the API key's store", "OTHER_STORE"
                )


def _cart_outcomes(encoded: Encoded, batch: Batch) -> list[dict[str, Any]]:
    """One outcome an event, in the order of the request."""
    outcomes: list[dict[str, Any]] = [
        {"index": event.index, "status": "error", "field": event.field, "reason": event.reason}
        for event in batch.bad
    ]
    for at, record in enumerate(encoded.records):
        public = encoded.public[at]
        if record is not None and public is not None:
            place = at if batch.places is None else batch.places[at]
            data = {"id": public[0], "createdAt": public[1]}
            outcomes.append({"index": place, "status": "success", "data": data})
    return sorted(outcomes, key=lambda outcome: outcome["index"])
