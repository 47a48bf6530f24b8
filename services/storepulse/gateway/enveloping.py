"""From a checked beacon to an Avro value: ids, times, checksum, and what a request shares.

Costs are counted here. What the events of one session share is encoded once and remembered
(`Visit`), what the events of one request share is encoded once (the tail, the prefix of ids, the
time); ids are text throughout.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused
from storepulse.contracts.encoder import (
    LENGTHS,
    SOME,
    SOME_LENGTHS,
    Encoder,
    checksum,
    encoder_of,
    zigzag,
    zigzag_time,
)
from storepulse.domain.clients import USER_AGENT_CHARACTERS, bot_reason
from storepulse.domain.envelope import ANYBODYS, certain_ms, iso_ms, occurred_ms
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.identity import (
    HEX_AS_ZERO,
    UUID7_DIGITS,
    ZERO_UUID,
    canonical_uuid,
    derived_correlation,
    id_of_content,
    id_of_key,
    is_session,
    namespace_of,
    safe_id,
    uuid7,
    uuid7_prefix,
)
from storepulse.domain.stores import host_of, store_id_of_domain, store_id_of_landing_page
from storepulse.gateway.known_names import ANY
from storepulse.gateway.new_names import Names
from storepulse.streams.beacon import AnyBeacon, Input, Rules
from storepulse.streams.cart.beacon import public_id, session_of

#: Of each kind of key, in each stream; a visit takes about 1 KiB.
_VISITS = 16_384
_PUBLIC_IDS = 65_536
_ENTROPY_BYTES = 4_096

#: The order that `Enveloper._head` writes; it refuses to start with a schema that has another.
_HEAD = ("event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at")
_NONE = b"\0"
#: Of a client's UUID: that of ids which we derive, and those of the nil and the largest one.
_ODD_VERSIONS = b"50f"


class Entropy:
    """Random hex digits from the system, fetched a page at a time."""

    __slots__ = ("_at", "_pool")

    def __init__(self) -> None:
        self._pool = ""
        self._at = 0

    def digits(self) -> str:
        """As many as a UUIDv7 wants."""
        at = self._at
        end = self._at = at + UUID7_DIGITS
        if end > len(self._pool):
            self._pool = os.urandom(_ENTROPY_BYTES).hex()
            at, self._at = 0, UUID7_DIGITS
            end = UUID7_DIGITS
        return self._pool[at:end]


@dataclass(slots=True)
class Sender:
    """What one request says about all its events. `trusted`: it holds a secret key."""

    received_at: int
    source: str
    ip: str | None
    user_agent: str | None
    key_store: str | None
    correlation: str | None
    page_host: str | None = None
    trusted: bool = False
    key_id: object = None


#: What the events of one (store, session) and one kind of key share: store id, namespace of
#: derived ids, session, the records' key, store and session in Avro, correlation id, the same in
#: Avro. A bare tuple: it is taken apart for each event, and a named one would be iterated over.
Visit = tuple[str, bytes, str | None, bytes, bytes, str, bytes]
#: By store, as sent or as the key says, and session.
Visits = dict[tuple[str | None, str | None], Visit]


class Encoded:
    """Events ready for Kafka: (key, value) and id of each, None and "" where one was refused.

    Parallel lists, since an object an event would cost as much as encoding it. `public` holds the
    id and creation time that a cart event is given. `correlation` is the first event's.
    """

    __slots__ = ("correlation", "ids", "public", "records", "refused")

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes] | None] = []
        self.ids: list[str] = []
        self.public: list[tuple[str, str] | None] = []
        self.refused: list[tuple[int, Rejected]] = []
        self.correlation = ""

    def refuse(self, at: int, rejected: Rejected) -> None:
        """Takes the event at a place out."""
        self.records[at] = None
        self.ids[at] = ""
        self.refused.append((at, rejected))


class PublicIds:
    """Remembers the id and creation time that a cart event was given, for its retries."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], tuple[str, int]] = {}

    def of(self, store_id: str, event_id: str, fresh: tuple[str, int]) -> tuple[str, int]:
        """What the event was given before, else `fresh`, from now on."""
        found = self._given.get((store_id, event_id))
        if found is None:
            if len(self._given) >= _PUBLIC_IDS:
                del self._given[next(iter(self._given))]
            self._given[store_id, event_id] = found = fresh
        return found


class Enveloper:
    """Makes one stream's Avro values."""

    def __init__(self, stream_input: Input, rules: Rules, priority: str, names: Names) -> None:
        encoder: Encoder = encoder_of(stream_input.stream)
        self._stream = stream_input.stream
        self._is_cart = stream_input.stream == "cart"
        self._is_landing = stream_input.stream == "landing"
        self._is_heatmap = stream_input.stream == "heatmap"
        marks = self._is_heatmap or self._is_landing
        if marks is not (encoder.tail_fields[-1] == "folded"):
            raise NotImplementedError(f"the tail of {stream_input.stream} is {encoder.tail_fields}")
        self._unmarked = (None,) if marks else ()
        #: Whose published contract has a field for the visitor's user agent.
        self._takes_agent = self._is_cart or self._is_landing
        wanted = (*_HEAD, *(("public_id",) if self._is_cart else ()), "content_crc")
        if encoder.head_fields != wanted:
            raise NotImplementedError(f"the head of {stream_input.stream} is {encoder.head_fields}")
        self._names = names
        self._own_values = stream_input.own
        self._own = encoder.own
        self._tail = encoder.tail
        self._start = encoder.header + LENGTHS[36]
        self._rules = rules
        self._priority = priority
        self._entropy = Entropy()
        #: By whether the sender is trusted.
        self._visits: tuple[Visits, Visits] = ({}, {})
        self._public_ids = PublicIds()

    def tail(self, sender: Sender, beacon: AnyBeacon | None = None) -> bytes:
        """The last part of the record; `beacon` where it says more than its request.

        What only a shop's server can know counts with a secret key alone: that it is a server, and
        which user agent its visitor has.
        """
        source, agent, consent = sender.source, sender.user_agent, None
        if beacon is not None:
            if beacon.source and (sender.trusted or beacon.source in ANYBODYS):
                source = beacon.source
            if beacon.user_agent and (sender.trusted or self._takes_agent or not agent):
                agent = beacon.user_agent
            consent = beacon.consent
        robot = bot_reason(agent) if agent else None
        return self._tail(
            sender.received_at,
            source,
            self._priority,
            consent.analytics if consent else "unknown",
            consent.marketing if consent else "unknown",
            sender.ip,
            agent[:USER_AGENT_CHARACTERS] if agent else None,
            None,
            robot is not None,
            robot,
            *self._unmarked,
        )

    def encode_all(  # noqa: PLR0912, PLR0915 - calls would cost a fifth of the loop
        self, beacons: list[AnyBeacon], sender: Sender
    ) -> Encoded:
        """Encodes every event; refused ones are listed with the reason.

        Raises RequestRefused where a sender without a key brings too many new stores.
        """
        shared_tail = self.tail(sender)
        received = sender.received_at
        received_encoded = zigzag_time(received)
        earliest, latest = certain_ms(received)
        prefix = ""
        own_values, own_of, start, rules = self._own_values, self._own, self._start, self._rules
        trusted = sender.trusted
        visits, key_store = self._visits[trusted], sender.key_store
        ip, digits = (sender.ip or "").encode(), self._entropy.digits
        sent = sender.correlation
        sent_encoded = _text(sent) if sent is not None else None
        is_cart, is_heatmap, is_landing = self._is_cart, self._is_heatmap, self._is_landing
        names = self._names.of_key(sender.key_id)
        addresses, selectors = names.addresses, names.selectors.current
        landing_pages = names.landing_pages.current
        result = Encoded()
        add_record, add_id = result.records.append, result.ids.append
        for beacon in beacons:
            try:
                values = own_values(beacon, rules)
                visit = visits.get((beacon.store_id or key_store, beacon.session_id))
                if visit is None:
                    visit = self._visit(beacon, sender, values)
                store_id, namespace, session, key, who, correlation, correlation_encoded = visit
                own = own_of(*values)
                timestamp = beacon.timestamp
                if timestamp is None:
                    occurred, occurred_encoded = received, received_encoded
                else:
                    if type(timestamp) is int and earliest <= timestamp <= latest:
                        occurred = timestamp
                    else:
                        occurred = occurred_ms(timestamp, received)
                    occurred_encoded = zigzag_time(occurred)
                event_id = beacon.event_id
                if event_id is None:
                    given = beacon.idempotency_key or beacon.message_id or beacon.id
                    if given:
                        event_id = id_of_key(namespace, given)
                    elif timestamp is not None:
                        visitor = beacon.visitor_id
                        told = visitor.encode() if visitor else b""
                        at = key if session else b""
                        event_id = id_of_content(namespace, at, occurred, told, ip, own)
                    else:
                        prefix = prefix or uuid7_prefix(received)
                        event_id = uuid7(prefix, digits())
                    id_encoded = event_id.encode()
                else:
                    id_encoded = event_id.encode()
                    if id_encoded.translate(HEX_AS_ZERO) != ZERO_UUID:
                        raise Rejected("event_id", "is no UUID")
                    if not id_encoded.islower():
                        event_id = event_id.lower()
                        id_encoded = event_id.encode()
                    if id_encoded[14] in _ODD_VERSIONS:
                        event_id = safe_id(event_id, namespace, trusted=trusted)
                        id_encoded = event_id.encode()
                if beacon.source is None and beacon.consent is None and beacon.user_agent is None:
                    tail = shared_tail
                else:
                    tail = self.tail(sender, beacon)
                if is_heatmap:
                    if hash(values[1]) not in addresses or hash(values[7]) not in selectors:
                        mark = names.mark_of_heatmap(store_id, values[1], values[7], received)
                        tail = _marked(tail, mark)
                elif is_landing and hash(values[2]) not in landing_pages:
                    tail = _marked(tail, names.mark_of_landing(values[2], received))
                public_encoded = b""
                if is_cart:
                    public, public_encoded = self._public(store_id, event_id, received)
                    result.public.append(public)
            except Rejected as error:
                result.refused.append((len(result.ids), error))
                add_record(None)
                add_id("")
                if is_cart:
                    result.public.append(None)
                continue
            visitor = beacon.visitor_id
            value = b"".join(
                (
                    start,
                    id_encoded,
                    who,
                    _some_text(visitor) if visitor else _NONE,
                    sent_encoded or correlation_encoded,
                    occurred_encoded,
                    public_encoded,
                    checksum(own),
                    own,
                    tail,
                )
            )
            add_record((key, value))
            add_id(event_id)
            if not result.correlation:
                result.correlation = sent or correlation
        return result

    def _public(self, store_id: str, event_id: str, received: int) -> tuple[tuple[str, str], bytes]:
        fresh = (public_id(received, int(self._entropy.digits(), 16)), received)
        given, created = self._public_ids.of(store_id, event_id, fresh)
        return (given, iso_ms(created)), _text(given)

    def _visit(self, beacon: AnyBeacon, sender: Sender, values: tuple[Any, ...]) -> Visit:
        sent = beacon.store_id or sender.key_store or self._fallback(sender, values)
        visits = self._visits[sender.trusted]
        visit = visits.get((sent, beacon.session_id))
        if visit is not None:
            return visit
        if self._is_cart:
            session = session_of(beacon)  # type: ignore[arg-type]
        else:
            session = beacon.session_id
            if session is None or is_session(session) is None:
                raise Rejected("session_id", "wants 1 to 128 letters, digits, - or _")
        store_id = canonical_uuid("store_id", sent)
        if sender.key_id is None:
            self._admit_store(store_id, sender.received_at)
        correlation = derived_correlation(store_id, session or store_id)
        in_avro = _text(session) if session is not None else b""
        if self._is_cart:
            in_avro = _NONE if session is None else _some_text(session)
        visit = (
            store_id,
            namespace_of(store_id, self._stream, trusted=sender.trusted),
            session,
            (session or store_id).encode(),
            _text(store_id) + in_avro,
            correlation,
            _text(correlation),
        )
        if len(visits) >= _VISITS:
            visits.clear()
        visits[sent, beacon.session_id] = visit
        return visit

    def _admit_store(self, store_id: str, now_ms: int) -> None:
        """Raises RequestRefused for a new store beyond the cap."""
        stores = self._names.stores
        if not stores.admit(store_id, ANY, now_ms):
            metrics.RATE_LIMITED.labels("stores").inc()
            seconds = stores.retry_seconds(now_ms)
            raise RequestRefused(
                429,
                f"{stores.cap} new stores an hour may come without an API key",
                "RATE_LIMITED",
                headers=((b"retry-after", b"%d" % seconds),),
            )

    def _fallback(self, sender: Sender, values: tuple[Any, ...]) -> str:
        """The store of an event that names none. Raises Rejected where it must name one."""
        if self._is_cart:
            return store_id_of_domain(values[0])
        if self._is_landing:
            if sender.page_host is not None:
                return store_id_of_domain(sender.page_host)
            return store_id_of_landing_page(values[2])
        raise Rejected("store_id", REQUIRED)


def _marked(tail: bytes, mark: int) -> bytes:
    """The tail with its last field, which is null in all of them."""
    return tail[:-1] + SOME + zigzag(mark) if mark else tail


def _text(text: str) -> bytes:
    """Avro's form of a string."""
    encoded = text.encode()
    return LENGTHS[len(encoded)] + encoded


def _some_text(text: str) -> bytes:
    """The same as one side of a union with null."""
    encoded = text.encode()
    return SOME_LENGTHS[len(encoded)] + encoded


def page_host_of(origin: str, referer: str) -> str | None:
    """The host of the page that sent a beacon, from its Origin or Referer header."""
    return host_of(origin) or host_of(referer)
