"""Group events into requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storepulse.client.encoding import QueuedEvent

#: The collection path of each stream.
PATHS = {
    "activity": "/api/customer-activity/batch",
    "bot": "/api/analytics/events",
    "campaign": "/collect",
    "cart": "/api/cart-tracking/track-batch",
    "order": "/api/orders/batch",
    "usage": "/api/usage",
}
#: The maximum size of a body; the gateway accepts 256 KiB.
MOST_BODY_BYTES = 200 * 1024
_BETWEEN, _AFTER = b",", b"]}"
#: The start of a body. `/collect` accepts every stream, so its body names one.
_BEFORE = b'{"events":['
_BEFORE_AT = {"/collect": b'{"stream":"campaign","events":['}


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one request, all of one stream. The same events always have the same bytes."""

    path: str
    events: tuple[QueuedEvent, ...]

    @property
    def body(self) -> bytes:
        """The request's body."""
        before = _BEFORE_AT.get(self.path, _BEFORE)
        return before + _BETWEEN.join(event.body for event in self.events) + _AFTER

    def halves(self) -> list[Batch]:
        """Split the batch in two."""
        middle = len(self.events) // 2
        return [Batch(self.path, self.events[:middle]), Batch(self.path, self.events[middle:])]


def batches_of(events: Iterable[QueuedEvent], most_events: int) -> list[Batch]:
    """Group events by stream, in order, into batches within the gateway's limits."""
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
