"""Headers of a record in `events.*`, as subscribers know them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: The idempotency key: lets a subscriber drop a repeat without decoding it.
EVENT_ID = "event_id"
#: The same for all events of a session, unless the client sent its own.
CORRELATION_ID = "correlation_id"

#: The sizes of a header's name and value, as librdkafka counts them.
_SIZES_BYTES = 10

Headers = Sequence[tuple[str, bytes]]


def headers_of_event(
    event_id: bytes, correlation_id: bytes, record_headers: Headers = ()
) -> Headers:
    """The event's headers after those that its record had (`record_headers`), each once.

    >>> headers_of_event(b"e", b"c", [("trace", b"t"), ("correlation_id", b"another")])
    [('trace', b't'), ('event_id', b'e'), ('correlation_id', b'c')]
    """
    ours = [(EVENT_ID, event_id), (CORRELATION_ID, correlation_id)]
    if not record_headers:
        return ours
    plain = [(plain_name_of(name), value) for name, value in record_headers]
    return [header for header in plain if header[0] not in (EVENT_ID, CORRELATION_ID)] + ours


def plain_name_of(name: str) -> str:
    """A header's name as PostgreSQL and librdkafka take it whole: the one has no text for NUL, the
    other would end there, and make another name of it."""
    return name.replace("\0", "\ufffd")


def wire_bytes_of(headers: Iterable[tuple[str, bytes | None]]) -> int:
    """The most bytes that Kafka needs for headers. Each counts with its sizes: a record may have
    thousands of empty ones."""
    return sum(len(name.encode()) + len(value or b"") + _SIZES_BYTES for name, value in headers)
