"""Headers of records in `events.*`, for subscribers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: The idempotency key, with which a subscriber can drop a duplicate without decoding it.
EVENT_ID = "event_id"
#: The same for all events of a session, unless the client sent its own.
CORRELATION_ID = "correlation_id"

#: The overhead of a header's name and value sizes, as librdkafka counts it.
_SIZES_BYTES = 10

Headers = Sequence[tuple[str, bytes]]


def headers_of_event(
    event_id: bytes, correlation_id: bytes, record_headers: Headers = ()
) -> Headers:
    """The event's headers after those of its original record (`record_headers`), each once.

    >>> headers_of_event(b"e", b"c", [("trace", b"t"), ("correlation_id", b"another")])
    [('trace', b't'), ('event_id', b'e'), ('correlation_id', b'c')]
    """
    ours = [(EVENT_ID, event_id), (CORRELATION_ID, correlation_id)]
    if not record_headers:
        return ours
    plain = [(plain_name_of(name), value) for name, value in record_headers]
    return [header for header in plain if header[0] not in (EVENT_ID, CORRELATION_ID)] + ours


def plain_name_of(name: str) -> str:
    """Replace NUL in a header's name: PostgreSQL's text cannot hold it, and librdkafka would cut
    there."""
    return name.replace("\0", "\ufffd")


def wire_bytes_of(headers: Iterable[tuple[str, bytes | None]]) -> int:
    """An upper bound of the bytes that Kafka needs for headers.

    The sizes count too, because a record may have thousands of empty headers.
    """
    return sum(len(name.encode()) + len(value or b"") + _SIZES_BYTES for name, value in headers)
