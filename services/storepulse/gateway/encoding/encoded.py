"""A request's events, ready for Kafka."""

from __future__ import annotations

from storepulse.domain.errors import Rejected
from storepulse.domain.plans import ReachedLimit
from storepulse.streams.beacon import Warned


class EncodedEvents:
    """The record (key, value) and id of each event; None and "" for refused ones.

    Parallel lists, because an object per event would cost as much as encoding it. `public` has the
    id and creation time given to each cart event. `refused` has the index and reason of bad events.
    `warned` has the index of an event, accepted or not, and the field and reason of what was left
    out. `correlation` is the first event's. `reached` has the limits of the first store that has
    reached any.
    """

    __slots__ = ("correlation", "ids", "public", "reached", "records", "refused", "warned")

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes] | None] = []
        self.ids: list[str] = []
        self.public: list[tuple[str, str] | None] = []
        self.refused: list[tuple[int, Rejected]] = []
        self.warned: list[tuple[int, Warned]] = []
        self.correlation = ""
        self.reached: tuple[ReachedLimit, ...] = ()

    def left_out(self) -> list[tuple[int, str, str]]:
        """Index, field and reason of what was left out of accepted events."""
        return [(at, *warned) for at, warned in self.warned if self.records[at] is not None]

    def add_refused(self, rejected: Rejected, *, has_public_id: bool) -> None:
        """Add a refused event."""
        self.refused.append((len(self.ids), rejected))
        self.records.append(None)
        self.ids.append("")
        if has_public_id:
            self.public.append(None)

    def refuse(self, index: int, rejected: Rejected) -> None:
        """Refuse an event that was encoded."""
        self.records[index] = None
        self.ids[index] = ""
        self.refused.append((index, rejected))
