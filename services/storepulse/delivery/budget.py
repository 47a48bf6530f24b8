"""The budget: how many events and bytes a process may have in hand.

All destinations share one budget. None can take all of it, so that a destination that hangs does
not delay the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from storepulse.delivery.claim_transaction import Claim
from storepulse.delivery.reading import PreparedBatch

#: Maximum of events in hand, of one destination and of all together.
MOST_EVENTS = 10_000
MOST_EVENTS_TOGETHER = 30_000
#: Maximum of bytes in hand of all destinations together; one destination gets a third.
MOST_BYTES_TOGETHER = 64 * 2**20
#: Claims are made only while this share of a destination's bytes is free.
LEAST_ROOM = 1 / 8


@dataclass
class Budget:
    """The events and bytes that this process may still claim."""

    free: int = MOST_EVENTS_TOGETHER
    bytes: int = MOST_BYTES_TOGETHER
    free_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.free_bytes = self.bytes

    @property
    def most_bytes(self) -> int:
        """The maximum of bytes for one destination."""
        return self.bytes // 3

    def take(self, events: int, bytes_: int) -> None:
        """Reserves events and bytes; negative numbers give them back."""
        self.free -= events
        self.free_bytes -= bytes_


class ClaimsInHand:
    """The claims of one destination and their prepared batches, counted against the budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._claims: dict[str, Claim] = {}
        self._prepared: dict[str, PreparedBatch] = {}
        self._events = self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._claims)

    @property
    def batch_ids(self) -> Collection[str]:
        """The batch ids of all claims."""
        return self._claims.keys()

    @property
    def most_events(self) -> int:
        """The maximum of events for the destination."""
        return MOST_EVENTS

    def room(self) -> tuple[int, int]:
        """Events and bytes that may be claimed now; (0, 0) if too few bytes are free."""
        budget = self._budget
        bytes_ = min(budget.most_bytes - self._bytes, budget.free_bytes)
        if bytes_ < budget.most_bytes * LEAST_ROOM:
            return 0, 0
        return min(MOST_EVENTS - self._events, budget.free), bytes_

    def add(self, claim: Claim) -> None:
        """Adds a claim and counts it."""
        self._claims[claim.batch_id] = claim
        self._count(len(claim.rows), claim.bytes)

    def add_prepared(self, batches: Mapping[str, PreparedBatch]) -> None:
        """Adds prepared batches by batch id; their bytes count too."""
        self._prepared |= batches
        self._count(0, sum(batch.bytes for batch in batches.values()))

    def prepared_batch(self, batch_id: str) -> PreparedBatch | None:
        """The prepared batch of a claim, if there is one."""
        return self._prepared.get(batch_id)

    def remove(self, batch_id: str) -> None:
        """Removes a claim that was settled or given back. Ignores one that is not in hand."""
        claim = self._claims.pop(batch_id, None)
        if claim is not None:
            prepared = self._prepared.pop(batch_id, None)
            self._count(-len(claim.rows), -claim.bytes - (prepared.bytes if prepared else 0))

    def _count(self, events: int, bytes_: int) -> None:
        self._events += events
        self._bytes += bytes_
        self._budget.take(events, bytes_)
