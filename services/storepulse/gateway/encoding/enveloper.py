"""Encode checked beacons as Avro values: ids, times, checksum and the values of their request.

This is the hot path. The values that a session's events share are encoded once and remembered
(`visits`). The values that a request's events share are encoded once (the tail, the time). Ids are
text throughout.

A visitor's address is kept in the form that the store has chosen. Rate limits and trust have used
the full address before. An id derived from content uses the kept form only: otherwise anyone with
the id and the event could find the full address by trying all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.contracts.avro_binary import LENGTHS, SOME, checksum, zigzag, zigzag_time
from storepulse.contracts.encoder import Encoder, encoder_of
from storepulse.domain.clients import USER_AGENT_CHARACTERS
from storepulse.domain.envelope import ANYBODYS, certain_ms, clock_error_ms, occurred_ms, stated_ms
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import id_of_content, id_of_key, id_of_stated
from storepulse.domain.plans import stopping_limit
from storepulse.domain.robots import bot_reason
from storepulse.domain.store_settings import Addresses
from storepulse.gateway.encoding.avro_text import avro_of_some_text, avro_of_text
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.encoding.ids import PublicIds, RandomIds
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.encoding.visits import Visit, Visits
from storepulse.gateway.names.new_name_limits import KeyNameLimits, NewNameLimits
from storepulse.gateway.plan_limits import PlanLimited
from storepulse.streams.beacon import AnyBeacon, Rules
from storepulse.streams.stream import StoreOf, Stream

#: The order in which `Enveloper.encode_all` writes. A schema with another order raises at startup.
_HEAD = ("event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at")
#: The start of the tail. After it come fields that the stream's clients do not state, and last the
#: mark of names beyond the cap.
_TAIL = (
    "received_at", "source", "priority", "consent_analytics", "consent_marketing", "ip",
    "user_agent", "country", "is_bot", "bot_reason",
)  # fmt: skip
_NULL = b"\0"
#: The field's name in beacons, by whether the stream has public ids (carts).
_AGENT_FIELD = ("user_agent", "userAgent")

#: (a beacon, rules) -> the values of its stream's own fields.
OwnValues = Callable[[Any, Rules], tuple[Any, ...]]
#: (a beacon, its own values) -> the key of its record.
KeyOf = Callable[[AnyBeacon, tuple[Any, ...]], bytes]
#: By how much of an address a store keeps: the sender in that form, and the tail of its events.
_Narrowed = dict[Addresses, tuple[RequestContext, bytes]]


class Enveloper:
    """Makes one stream's Avro values."""

    def __init__(self, stream: Stream, rules: Rules, limits: NewNameLimits) -> None:
        encoder: Encoder = encoder_of(stream.name)
        if encoder.tail_fields[: len(_TAIL)] != _TAIL or encoder.tail_fields[-1] != "folded":
            raise NotImplementedError(f"the tail of {stream.name} is {encoder.tail_fields}")
        head = (*_HEAD, *(("public_id",) if stream.public_id else ()), "content_crc")
        if encoder.head_fields != head:
            raise NotImplementedError(f"the head of {stream.name} is {encoder.head_fields}")
        self._stream = stream
        #: For each counted name: its index among the stream's own values, and its kind.
        self._counted_names = [
            (encoder.own_fields.index(name.field), name.kind) for name in stream.counted_names
        ]
        self._key_of = _key_of_event(encoder)
        self._derived_id = stream.derived_id
        meter = stream.meter_field
        self._meter_index = None if meter is None else encoder.own_fields.index(meter)
        self._type_index = (
            encoder.own_fields.index(stream.types.column or "") if stream.own_meter else None
        )
        self._unstated = (None,) * (len(encoder.tail_fields) - len(_TAIL))
        self._limits = limits
        self._own_values = stream.input.own
        self._own = encoder.own
        self._tail = encoder.tail
        self._start = encoder.header + LENGTHS[36]
        self._rules = rules
        self._priority = stream.priority
        self._random_ids = RandomIds()
        self._public_ids = None if stream.public_id is None else PublicIds(stream.public_id)
        self._visits = Visits(stream, limits.stores)

    def name_stores_by(self, store_of: StoreOf) -> None:
        """Set the table that finds the store of events when neither the event nor the key names
        one.

        `store_of` raises Rejected if it does not know the store.
        """
        self._visits.store_of = store_of

    def encode_tail(self, context: RequestContext, beacon: AnyBeacon | None = None) -> bytes:
        """The last part of the record; pass `beacon` if it states values of its own.

        Of an untrusted sender, `source` counts only if it is one of ANYBODYS, and `user_agent` only
        if the stream takes it or the request has none.
        """
        source, agent, consent = context.source, context.user_agent, None
        if beacon is not None:
            if beacon.source and (context.trusted or beacon.source in ANYBODYS):
                source = beacon.source
            if (
                isinstance(beacon.user_agent, str)
                and beacon.user_agent
                and (context.trusted or self._stream.takes_user_agent or not agent)
            ):
                agent = beacon.user_agent
            consent = beacon.consent
        robot = bot_reason(agent) if agent else None
        return self._tail(
            context.received_at,
            source,
            self._priority,
            consent.analytics if consent else "unknown",
            consent.marketing if consent else "unknown",
            context.ip,
            agent[:USER_AGENT_CHARACTERS] if agent else None,
            context.country,
            robot is not None,
            robot,
            *self._unstated,
        )

    def encode_all(  # long: the hot path, where a call for each event would show
        self, beacons: list[AnyBeacon], context: RequestContext
    ) -> EncodedEvents:
        """Encode every event; list the refused ones with their reasons.

        Raises RequestRefused if a sender without a key names too many new stores.
        """
        received, trusted, sent = context.received_at, context.trusted, context.correlation
        received_encoded, (earliest, latest) = zigzag_time(received), certain_ms(received)
        sent_encoded, key_store = avro_of_text(sent) if sent else None, context.key_store
        result, own_of, start = EncodedEvents(), self._own, self._start
        own_values = self._values_within(context, result) if context.judged else self._own_values
        # `warn` records the index of the event being encoded.
        rules = replace(
            self._rules,
            takes_own_meters=context.is_own_work,
            warn=lambda w: result.warned.append((len(result.ids), w)),
        )
        visits, limits = self._visits.by_trust[trusted], self._limits.limits_of(context.key_id)
        counted = [(index, limits.known_hashes(kind)) for index, kind in self._counted_names]
        has_public_id, public_encoded = self._stream.public_id is not None, b""
        sender, plain_tail, others = context, self.encode_tail(context), context.kept_addresses
        narrowed: _Narrowed = {}
        add_record, add_id, key_of = result.records.append, result.ids.append, self._key_of
        for beacon in beacons:
            try:
                values = own_values(beacon, rules)
                visit = visits.get((beacon.store_id or key_store, beacon.session_id))
                if visit is None:
                    visit = self._visits.make(beacon, context, values)
                store_id, namespace, _, key, who, correlation, correlation_encoded = visit
                if others:
                    kept = others.get(store_id, "full")
                    sender, plain_tail = self._narrow(context, kept, narrowed)
                own = own_of(*values)
                timestamp = beacon.timestamp
                if timestamp is None:
                    occurred, occurred_encoded = received, received_encoded
                elif context.clock_error or beacon.sent_at is not None:
                    # The id is derived from the stated time, which is the same at every retry.
                    occurred, occurred_encoded = stated_ms(timestamp), _set_time(beacon, context)
                else:
                    is_certain = type(timestamp) is int and earliest <= timestamp <= latest
                    occurred = timestamp if is_certain else occurred_ms(timestamp, received)
                    occurred_encoded = zigzag_time(occurred)
                event_id = (
                    self._make_id(beacon, sender, visit, occurred, own)
                    if beacon.event_id is None or self._derived_id is not None
                    else id_of_stated(beacon.event_id, namespace, trusted)
                )
                says_more = beacon.source or beacon.consent or beacon.user_agent
                tail = self._tail_of(beacon, sender, rules) if says_more else plain_tail
                for index, known in counted:
                    if hash(values[index]) not in known:
                        tail = _mark_tail(tail, self._mark_of(limits, store_id, values, received))
                        break
                if key_of is not None:
                    key = key_of(beacon, values) or key
                if has_public_id:
                    public_encoded = self._add_public_id(result, store_id, event_id, received)
            except Exception as error:  # noqa: BLE001 - it is this event's, and no other's
                self._refuse(result, error)
                continue
            value = (
                start, event_id.encode(), who,
                avro_of_some_text(beacon.visitor_id) if beacon.visitor_id else _NULL,
                sent_encoded or correlation_encoded, occurred_encoded, public_encoded,
                checksum(own), own, tail,
            )  # fmt: skip
            add_record((key, b"".join(value)))
            add_id(event_id)
            if not result.correlation:
                result.correlation = sent or correlation
        return result

    def _values_within(self, context: RequestContext, result: EncodedEvents) -> OwnValues:
        """A decoder of own values for when stores have reached limits.

        It raises PlanLimited for an event that a limit of its store stops.
        """
        assert context.judged is not None  # noqa: S101 - it is asked for then alone
        reached, now = context.judged
        take_values, key_store, make_visit = self._own_values, context.key_store, self._visits.make

        def own_values(beacon: AnyBeacon, rules: Rules) -> tuple[Any, ...]:
            values = take_values(beacon, rules)
            # A stated id is canonical in lower case, so no visit is needed for the lookup.
            stated = beacon.store_id or key_store
            store_id = stated.lower() if stated else make_visit(beacon, context, values)[0]
            limits = reached.get(store_id)
            if limits is None:
                return values
            result.reached = result.reached or limits
            named = None if self._meter_index is None else str(values[self._meter_index])
            stopping = stopping_limit(limits, (self._own_meter_of(values), named), now)
            if stopping is not None:
                raise PlanLimited(stopping, now)
            return values

        return own_values

    def _own_meter_of(self, values: tuple[Any, ...]) -> str | None:
        """The stream's own meter, if it stops events of this type."""
        if self._type_index is None or values[self._type_index] not in self._stream.own_meter_types:
            return None
        return self._stream.own_meter

    def _refuse(self, result: EncodedEvents, error: Exception) -> None:
        """Add a refused event. Raises RequestRefused if the error concerns the whole request."""
        if isinstance(error, RequestRefused):
            raise error
        if not isinstance(error, Rejected):
            logger().error("event_not_encoded", exc_info=error, stream=self._stream.name)
            error = Rejected("", "holds a value that cannot be kept")
        result.add_refused(error, has_public_id=self._public_ids is not None)

    def _tail_of(self, beacon: AnyBeacon, sender: RequestContext, rules: Rules) -> bytes:
        """The tail of an event that states values of its own."""
        if beacon.user_agent and not isinstance(beacon.user_agent, str):
            rules.warn((_AGENT_FIELD[self._public_ids is not None], "is not text"))
        return self.encode_tail(sender, beacon)

    def _narrow(
        self, context: RequestContext, kept: Addresses, narrowed: _Narrowed
    ) -> tuple[RequestContext, bytes]:
        """The sender and the tail for stores that keep this much of an address."""
        found = narrowed.get(kept)
        if found is None:
            sender = context.narrowed(kept)
            found = narrowed[kept] = sender, self.encode_tail(sender)
        return found

    def _make_id(
        self,
        beacon: AnyBeacon,
        context: RequestContext,
        visit: Visit,
        occurred_at: int,
        own: bytes,
    ) -> str:
        """The id of an event that states none, or whose stream derives ids from events."""
        if self._derived_id is not None:
            derived = self._derived_id(visit[0], beacon)
            if derived is not None:
                return derived
            if beacon.event_id is not None:
                return id_of_stated(beacon.event_id, visit[1], context.trusted)
        sent_key = beacon.idempotency_key or beacon.message_id or beacon.id
        if sent_key:
            return id_of_key(visit[1], sent_key)
        if beacon.timestamp is None:
            return self._random_ids.make_uuid7(context.received_at)
        _, namespace, session, key, *_ = visit
        visitor, ip = (beacon.visitor_id or "").encode(), (context.ip or "").encode()
        return id_of_content(namespace, key if session else b"", occurred_at, visitor, ip, own)

    def _mark_of(
        self, limits: KeyNameLimits, store_id: str, values: tuple[Any, ...], now_ms: int
    ) -> int:
        """The sum of the marks of an event's counted names."""
        return sum(
            limits.mark_of(kind, values[index], store_id, now_ms)
            for index, kind in self._counted_names
        )

    def _add_public_id(
        self, result: EncodedEvents, store_id: str, event_id: str, now_ms: int
    ) -> bytes:
        """Give an event its public id; return the id in Avro."""
        assert self._public_ids is not None  # noqa: S101 - only such streams come here
        public = self._public_ids.give_new(store_id, event_id, now_ms, self._random_ids)
        result.public.append(public)
        return avro_of_text(public[0])


def _set_time(beacon: AnyBeacon, context: RequestContext) -> bytes:
    """When an event happened by the gateway's clock, in Avro, corrected by the sender's clock
    error."""
    error = context.clock_error
    if beacon.sent_at is not None:
        error = clock_error_ms(beacon.sent_at, context.received_at)
    return zigzag_time(occurred_ms(beacon.timestamp, context.received_at, error))


def _mark_tail(tail: bytes, mark: int) -> bytes:
    """The tail with `mark` as its last field, which is null until then."""
    return tail[:-1] + SOME + zigzag(mark) if mark else tail


#: Keys that a visit already holds.
_KEYS_OF_VISIT = (("session_id",), ("session_id", "store_id"), ("store_id",))
#: The key of a stream whose events all have a visitor or a session.
_KEY_OF_VISITOR = ("visitor_id", "session_id")


def _key_of_event(encoder: Encoder) -> KeyOf | None:
    """A function that makes a record's key from one of the stream's own fields, or from the
    visitor.

    The function returns b"" if that field is empty. None if the key is the session, else the store
    (the store alone if no beacon has a session). Raises NotImplementedError for any other key, so
    that the gateway does not start.
    """
    key = encoder.schema.key
    if key in _KEYS_OF_VISIT:
        return None
    if key == _KEY_OF_VISITOR:
        return lambda beacon, _values: (beacon.visitor_id or "").encode()
    first, *fallback = key
    if first not in encoder.own_fields or tuple(fallback) not in ((), *_KEYS_OF_VISIT):
        raise NotImplementedError(f"the key of {encoder.schema.stream} is {key}")
    index = encoder.own_fields.index(first)
    return lambda _beacon, values: str(values[index]).encode() if values[index] else b""
