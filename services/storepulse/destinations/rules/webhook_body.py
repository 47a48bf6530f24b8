"""The bodies of webhooks, after Standard Webhooks: `type`, `timestamp` and `data`.

A destination with one event per request gets the event's own type and the event as `data`. Any
other gets `events.batch` with such objects in `data.events`, even for a single event. A body
depends only on its events, so that each attempt at a batch sends the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import msgspec

from storepulse.destinations.rules.event_json import event_json
from storepulse.destinations.rules.model import Event
from storepulse.domain.times import utc_text
from storepulse.streams.registry import STREAMS

BATCH = "events.batch"
#: The type name for all custom types of shops.
OWN = "custom"
#: Bytes of a body: what Standard Webhooks recommends, and the bounds that a destination may set.
USUAL_BYTES = 20 * 1024
LEAST_BYTES, MOST_BYTES = 1024, 256 * 1024

_capital = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def _known_type(stream: str, event_type: str) -> str:
    name = _capital.sub("_", event_type).lower().removeprefix(f"{stream}_")
    return f"{stream}.{name}"


def type_of(stream: str, event_type: str) -> str:
    """The type of an event's message: `landing.add_to_cart`, `cart.add`, `landing.custom`."""
    is_own = event_type not in STREAMS[stream].types.all_names
    return _known_type(stream, OWN if is_own else event_type)


def message_of(event: Event) -> bytes:
    """One event with its type and the time when it happened."""
    happened = event.value.get("occurred_at")
    at = happened if isinstance(happened, datetime) else event.received_at
    content = event.json or msgspec.json.encode(event_json(event))
    head = f'{{"type":"{type_of(event.stream, event.event_type)}","timestamp":"{utc_text(at)}"'
    return b'%s,"data":%s}' % (head.encode(), content)


def body_of(events: Sequence[Event], *, is_single: bool) -> bytes:
    """The body of a request: a single event's message, or a batch."""
    if is_single and len(events) == 1:
        return message_of(events[0])
    newest = utc_text(max(event.received_at for event in events))
    head = f'{{"type":"{BATCH}","timestamp":"{newest}","data":{{"events":['
    return b"%s%s]}}" % (head.encode(), b",".join(map(message_of, events)))
