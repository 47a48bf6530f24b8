"""Serve Segment's paths: a call's messages become events of several streams, stored in turn.

The answer is sent when all are stored. If one stream's events cannot be stored, the whole call is
refused and the client repeats it; message ids make what was already stored a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from storepulse.access.rules.needs import WRITE_KEY
from storepulse.access.store_table import StoreTable
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.domain.event_meanings import Meaning, table_of
from storepulse.gateway import answers
from storepulse.gateway.admission import Admission
from storepulse.gateway.batch_refusals import refusal_of_all
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import BadEvent, BeaconBatch
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.event_store import EventStore, Submission
from storepulse.gateway.ingest_streams import IngestStream
from storepulse.gateway.responder import Responder
from storepulse.gateway.segment.batches import batches_of
from storepulse.gateway.segment.calls import read_call
from storepulse.streams.beacon import AnyBeacon

#: (a stream's enveloper, beacons, the request's context) -> their records.
Encode = Callable[[Enveloper, list[AnyBeacon], RequestContext], EncodedEvents]
#: Makes the records of a batch; see `Collector.submit`.
Submit = Callable[[Endpoint, IngestStream, Call, Exchange, BeaconBatch, Encode], Submission]
#: Answers a call whose events are stored; the argument is whether they are spooled.
Answer = Callable[[bool], None]


class SegmentCalls:
    """The paths of Segment's tracking API. `most`: the maximum number of messages in a batch."""

    def __init__(
        self,
        streams: Mapping[str, IngestStream],
        admission: Admission,
        stores: StoreTable,
        store: EventStore,
        responder: Responder,
        submit: Submit,
        most: int,
    ) -> None:
        self._streams = streams
        self._decodings = {name: stream.decoding for name, stream in streams.items()}
        self._reader, self._limits, self._checks = admission
        self._stores = stores
        self._store = store
        self._responder = responder
        self._submit = submit
        self._most = most

    def collect(self, endpoint: Endpoint, call: Call, exchange: Exchange, body: bytes) -> None:
        """Take in a call's messages. Raises Rejected for a malformed call, and RequestRefused."""
        sent = read_call(endpoint.segment, body)
        self._checks.authorise(call, sent.key, "ingest", WRITE_KEY)
        sent.check_count(self._most)
        names_of = partial(self._names_of, call)
        batches = batches_of(sent, self._decodings, names_of, is_trusted=call.is_trusted)
        first = next((batch.beacons[0] for batch in batches.values() if batch.beacons), None)
        self._limits.count_visitor(call, endpoint, first.session_id if first else None)
        parts = [
            self._submit(
                endpoint,
                self._streams[name],
                call,
                exchange,
                batch,
                partial(self._encode, call, batch.addresses),
            )
            for name, batch in batches.items()
            if batch.beacons or batch.bad
        ]
        bad = sorted((b for batch in batches.values() for b in batch.bad), key=lambda b: b.index)
        good = [part for part in parts if part.records]
        if not good:
            listed = None if sent.is_one else "batch"
            raise refusal_of_all(endpoint, bad, [part.encoded for part in parts], call, listed)
        call.correlation = good[0].encoded.correlation
        self._store_in_turn(good, partial(self._answer, good, bad), was_spooled=False)

    def _answer(
        self,
        parts: Sequence[Submission],
        bad: list[BadEvent],
        spooled: bool,
    ) -> None:
        """Answer a call whose parts are all stored."""
        endpoint, _, call, exchange, *_ = parts[0]
        lines = answers.SPOOLED_LINE if spooled else b""
        body = answers.segment_body(_ids_of(parts), bad, call.correlation, spooled=spooled)
        self._responder.accept(exchange, call, endpoint.status, body, lines)

    def _names_of(self, call: Call, store_id: str | None) -> Mapping[str, Meaning]:
        key = call.api_key
        if key is not None and key.store_id is not None:
            store_id = str(key.store_id)
        return table_of(self._stores.settings_of((store_id or "").lower()).event_names)

    def _encode(
        self,
        call: Call,
        addresses: Sequence[str | None],
        enveloper: Enveloper,
        beacons: list[AnyBeacon],
        context: RequestContext,
    ) -> EncodedEvents:
        """Encode events whose messages may state their visitors' addresses."""
        result = EncodedEvents()
        result.records = [None] * len(beacons)
        result.ids = [""] * len(beacons)
        places_of: dict[str | None, list[int]] = {}
        for at, address in enumerate(addresses):
            places_of.setdefault(address, []).append(at)
        for address, places in places_of.items():
            sender = self._sender_at(call, address, context)
            if sender.kept_addresses:
                sender = sender.narrow_for_key()
            part = enveloper.encode_all([beacons[at] for at in places], sender)
            for at, record, event_id in zip(places, part.records, part.ids, strict=True):
                result.records[at], result.ids[at] = record, event_id
            result.refused += [(places[at], rejected) for at, rejected in part.refused]
            result.warned += [(places[at], warned) for at, warned in part.warned]
            result.correlation = result.correlation or part.correlation
            result.reached = result.reached or part.reached
        return result

    def _sender_at(
        self, call: Call, address: str | None, context: RequestContext
    ) -> RequestContext:
        """The context with the address that a message states.

        A trusted sender may state an address; any sender may state that it must not be kept.
        """
        if address == "":
            return replace(context, ip=None)
        if address is None or not context.trusted or not self._stores.is_loaded:
            return context
        return replace(context, ip=address, country=self._reader.country_of(address))

    def _store_in_turn(
        self, parts: Sequence[Submission], answer: Answer, *, was_spooled: bool
    ) -> None:
        """Store the parts one after the other, then answer. Raises RequestRefused."""
        first, *rest = parts

        def store_next(is_spooled: bool) -> None:
            spooled = was_spooled or is_spooled
            if not rest:
                answer(spooled)
                return
            try:
                self._store_in_turn(rest, answer, was_spooled=spooled)
            except RequestRefused as refusal:
                self._responder.refuse(first.exchange, first.call, refusal)

        self._store.store(first._replace(then=store_next))


def _ids_of(parts: Sequence[Submission]) -> list[str]:
    """The ids of the accepted events, in the order of the request."""
    placed = [
        (part.batch.index_of(at), event_id)
        for part in parts
        for at, event_id in enumerate(part.encoded.ids)
        if event_id
    ]
    return [event_id for _, event_id in sorted(placed)]
