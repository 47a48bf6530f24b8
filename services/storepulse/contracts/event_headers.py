"""Headers of a record in `events.*`, as subscribers know them."""

from __future__ import annotations

from collections.abc import Sequence

#: The idempotency key: lets a subscriber drop a repeat without decoding it.
EVENT_ID = "event_id"
#: The same for all events of a session, unless the client sent its own.
CORRELATION_ID = "correlation_id"

Headers = Sequence[tuple[str, bytes]]


def event_headers(event_id: bytes, correlation_id: bytes, own: Headers = ()) -> Headers:
    """The event's headers after those that its record had (`own`), each once.

    >>> event_headers(b"e", b"c", [("trace", b"t"), ("correlation_id", b"another")])
    [('trace', b't'), ('event_id', b'e'), ('correlation_id', b'c')]
    """
    ours = [(EVENT_ID, event_id), (CORRELATION_ID, correlation_id)]
    if not own:
        return ours
    return [header for header in own if header[0] not in (EVENT_ID, CORRELATION_ID)] + ours
