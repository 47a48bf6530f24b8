"""A request's events, ready for Kafka."""

from __future__ import annotations

from storepulse.domain.errors import Rejected
from storepulse.domain.plans import ReachedLimit
from storepulse.streams.beacon import Warned


class EncodedEvents:
    """(key, value) and id of each event, None and "" where one was refused.

    Parallel lists, since an object an event would cost as much as encoding it. `public` holds the
    id and creation time that a cart event is given. `refused` has index and reason of the bad ones.
    `warned`: index, and field and reason of what was left out of an event, taken or not.
    `correlation` is the first event's. `reached`: limits of the first store that has reached any.
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
        """Index, field and reason of what was left out of the events that were taken."""
        return [(at, *warned) for at, warned in self.warned if self.records[at] is not None]

    def add_refused(self, rejected: Rejected, *, has_public_id: bool) -> None:
        """Adds an event that cannot be taken."""
        self.refused.append((len(self.ids), rejected))
        self.records.append(None)
        self.ids.append("")
        if has_public_id:
            self.public.append(None)

    def refuse(self, index: int, rejected: Rejected) -> None:
        """Takes out an event that was encoded."""
        self.records[index] = None
        self.ids[index] = ""
        self.refused.append((index, rejected))
