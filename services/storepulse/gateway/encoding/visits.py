"""Values that the events of one session share, encoded once and remembered."""

from __future__ import annotations

from typing import Any

from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.identity import (
    canonical_uuid,
    derived_correlation,
    is_session,
    namespace_of,
)
from storepulse.gateway.encoding.avro_text import avro_of_some_text, avro_of_text
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import ANY
from storepulse.gateway.names.new_name_limits import NewNameLimit
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.stream import Stream

#: The number of visits kept per stream, for trusted and for other senders; one takes about 1 KiB.
_VISITS = 16_384
_NULL = b"\0"

#: The shared values of one session's events: store id, namespace of derived ids, session, the
#: records' key, store and session in Avro, correlation id, correlation id in Avro. A plain tuple,
#: because it is unpacked for each event, which is slower for a named tuple.
Visit = tuple[str, bytes, str | None, bytes, bytes, str, bytes]
#: By store, as sent or as the key determines it, and session.
VisitsByName = dict[tuple[str | None, str | None], Visit]


class Visits:
    """The visits of one stream."""

    def __init__(self, stream: Stream, new_stores: NewNameLimit) -> None:
        self._stream = stream
        #: Finds the store of an event if neither the event nor the sender's key names one.
        self.store_of = stream.store_of
        self._new_stores = new_stores
        #: Indexed by whether the sender is trusted.
        self.by_trust: tuple[VisitsByName, VisitsByName] = ({}, {})

    def make(self, beacon: AnyBeacon, context: RequestContext, values: tuple[Any, ...]) -> Visit:
        """Make and remember the visit of an event.

        Raises Rejected for a wrong store or session, and RequestRefused if a sender without a key
        names too many new stores.
        """
        trusted = context.trusted
        sent_store = beacon.store_id or context.key_store or self._store_of(context, values)
        visits = self.by_trust[trusted]
        visit = visits.get((sent_store, beacon.session_id))
        if visit is not None:
            return visit
        session = self._session_of(beacon)
        store_id = canonical_uuid("store_id", sent_store)
        if context.key_id is None:
            self._check_new_store(store_id, context.received_at)
        correlation = derived_correlation(store_id, session or store_id)
        if session is None:
            session_in_avro = _NULL
        elif not self._stream.session_required:
            session_in_avro = avro_of_some_text(session)
        else:
            session_in_avro = avro_of_text(session)
        visit = (
            store_id,
            namespace_of(store_id, self._stream.name, trusted=trusted),
            session,
            (session or store_id).encode(),
            avro_of_text(store_id) + session_in_avro,
            correlation,
            avro_of_text(correlation),
        )
        if len(visits) >= _VISITS:
            visits.clear()
        visits[sent_store, beacon.session_id] = visit
        return visit

    def _store_of(self, context: RequestContext, values: tuple[Any, ...]) -> str:
        if self.store_of is None:
            raise Rejected("store_id", REQUIRED)
        return self.store_of(values, context.page_host)

    def _session_of(self, beacon: AnyBeacon) -> str | None:
        session = beacon.session_id
        if not session and not self._stream.session_required:
            return None
        if session is None or is_session(session) is None:
            wanted = "must be 1 to 128 letters, digits, - or _"
            raise Rejected(self._stream.input.session_field, wanted)
        return session

    def _check_new_store(self, store_id: str, now_ms: int) -> None:
        """Raises RequestRefused 429 for a new store beyond the cap."""
        stores = self._new_stores
        if not stores.accept(store_id, ANY, now_ms):
            metrics.RATE_LIMITED.labels("stores").inc()
            raise RequestRefused.rate_limited(
                f"{stores.cap} new stores an hour may come without an API key",
                stores.retry_seconds(now_ms),
            )
