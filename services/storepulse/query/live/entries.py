"""One event as readers of the live view see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from storepulse.domain.times import utc_text

#: How far an event has come. `accepted`: the gateway accepted it and Kafka has it. `unknown`: its
#: outcome was not followed because too many events arrived at once.
Stage = Literal["accepted", "applied", "duplicate", "rejected", "dead", "unknown"]
#: What a reader can filter by.
Kind = Literal["all", "rejected", "duplicate"]

#: Replaces the stream in the ids of what the gateway refused.
REFUSED = "refused"
STAGES_OF_KIND: dict[Kind, frozenset[str]] = {
    "rejected": frozenset({"rejected", "dead"}),
    "duplicate": frozenset({"duplicate"}),
}
_encode = msgspec.json.Encoder().encode
#: Some readers of streams take these for ends of lines, against the standard.
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}


class Entry(msgspec.Struct):
    """An event and its outcome. Times are in milliseconds since 1970.

    `accepted_ms`, `applied_ms`: from receipt by the gateway until Kafka had the event, and until it
    was applied. `field`, `value` and `wish`, for an invalid event: the field, its value (cut), and
    what is required. `id` is the place of its record: stream, partition, offset.
    """

    id: str
    received_at: int
    stream: str
    type: str
    what: str
    store_id: str | None
    session_id: str | None
    event_id: str | None
    stage: Stage
    accepted_ms: int | None = None
    applied_ms: int | None = None
    field: str | None = None
    value: str | None = None
    wish: str | None = None

    def is_of_kind(self, kind: Kind) -> bool:
        """Whether it is of this kind."""
        return kind == "all" or self.stage in STAGES_OF_KIND[kind]

    def as_answer(self) -> dict[str, Any]:
        """The entry with times in the API's format."""
        at = datetime.fromtimestamp(self.received_at / 1000, UTC)
        return {**msgspec.structs.asdict(self), "received_at": utc_text(at)}


class KeptEntry:
    """An entry in the window. `number`: of its last change. Its JSON is made once for all."""

    __slots__ = ("_json", "entry", "number")

    def __init__(self, entry: Entry, number: int) -> None:
        self.entry = entry
        self.number = number
        self._json: str | None = None

    def change(self, number: int) -> None:
        """Note that the entry has changed."""
        self.number = number
        self._json = None

    @property
    def json(self) -> str:
        """The entry as a JSON object."""
        if self._json is None:
            self._json = _encode(self.entry.as_answer()).decode().translate(_LINE_ENDS)
        return self._json


def id_of(place: str, partition: int, offset: int) -> str:
    """The id of the event whose record is at this offset; `place` is its stream or REFUSED."""
    return f"{place}-{partition}-{offset}"


def place_of(live_id: str) -> tuple[str, int, int] | None:
    """Stream (or REFUSED), partition and offset of an id; None if it is not valid."""
    place, _, rest = live_id.partition("-")
    partition, _, offset = rest.partition("-")
    if not (_is_number(partition, 4) and _is_number(offset, 18)):
        return None
    return place, int(partition), int(offset)


def _is_number(text: str, most_digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most_digits
