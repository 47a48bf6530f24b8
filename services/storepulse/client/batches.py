"""Which events go into one request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storepulse.client.encoding import QueuedEvent

#: Where a batch of a stream's events is taken.
PATHS = {
    "activity": "/api/customer-activity/batch",
    "bot": "/api/analytics/events",
    "campaign": "/collect",
    "cart": "/api/cart-tracking/track-batch",
    "order": "/api/orders/batch",
    "usage": "/api/usage",
}
#: Of a body; the gateway takes 256 KiB.
MOST_BODY_BYTES = 200 * 1024
_BETWEEN, _AFTER = b",", b"]}"
#: How bodies begin. `/collect` takes every stream: its body says which.
_BEFORE = b'{"events":['
_BEFORE_AT = {"/collect": b'{"stream":"campaign","events":['}


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one stream, which one request sends. The same events have the same bytes."""

    path: str
    events: tuple[QueuedEvent, ...]

    @property
    def body(self) -> bytes:
        """The request's body."""
        before = _BEFORE_AT.get(self.path, _BEFORE)
        return before + _BETWEEN.join(event.body for event in self.events) + _AFTER

    def halves(self) -> list[Batch]:
        """The batch as two smaller ones."""
        middle = len(self.events) // 2
        return [Batch(self.path, self.events[:middle]), Batch(self.path, self.events[middle:])]


def batches_of(events: Iterable[QueuedEvent], most_events: int) -> list[Batch]:
    """The events by stream, each stream's in their order, in requests that the gateway takes."""
    streams: dict[str, list[list[QueuedEvent]]] = {}
    sizes: dict[str, int] = {}
    for event in events:
        groups = streams.setdefault(event.stream, [[]])
        size = sizes.get(event.stream, 0) + len(event.body) + len(_BETWEEN)
        if groups[-1] and (len(groups[-1]) >= most_events or size > MOST_BODY_BYTES):
            groups.append([])
            size = len(event.body) + len(_BETWEEN)
        groups[-1].append(event)
        sizes[event.stream] = size
    return [
        Batch(PATHS[stream], tuple(group)) for stream, groups in streams.items() for group in groups
    ]
