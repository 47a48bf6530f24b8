"""What a process may have in hand: events and their bytes, claimed and not yet settled.

All destinations share one budget, of which none can take everything: one that hangs delays no
other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from storepulse.delivery.claim_transaction import Claim
from storepulse.delivery.reading import PreparedBatch

#: Events in hand of one destination, and of all: claimed, under way or not yet settled.
MOST_EVENTS = 10_000
MOST_EVENTS_TOGETHER = 30_000
#: The same in bytes of what is stored, of all; one destination gets a third.
MOST_BYTES_TOGETHER = 64 * 2**20
#: No claim for less than this share of what a destination may have in hand.
LEAST_ROOM = 1 / 8


@dataclass
class Budget:
    """Events and their bytes that this process may have in hand."""

    free: int = MOST_EVENTS_TOGETHER
    bytes: int = MOST_BYTES_TOGETHER
    free_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.free_bytes = self.bytes

    @property
    def most_bytes(self) -> int:
        """What one destination may have of them."""
        return self.bytes // 3

    def take(self, events: int, bytes_: int) -> None:
        """Less is free from here on; negative numbers give back."""
        self.free -= events
        self.free_bytes -= bytes_


class ClaimsInHand:
    """Claims of one destination, with what was prepared of them, at the budget's expense."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._claims: dict[str, Claim] = {}
        self._prepared: dict[str, PreparedBatch] = {}
        self._events = self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._claims)

    @property
    def batch_ids(self) -> Collection[str]:
        """Of all claims."""
        return self._claims.keys()

    @property
    def most_events(self) -> int:
        """Events that the destination may have in hand."""
        return MOST_EVENTS

    def room(self) -> tuple[int, int]:
        """Events and bytes that may be claimed now; (0, 0) where it is too little to claim for."""
        budget = self._budget
        bytes_ = min(budget.most_bytes - self._bytes, budget.free_bytes)
        if bytes_ < budget.most_bytes * LEAST_ROOM:
            return 0, 0
        return min(MOST_EVENTS - self._events, budget.free), bytes_

    def add(self, claim: Claim) -> None:
        """A claim is ours from here on."""
        self._claims[claim.batch_id] = claim
        self._count(len(claim.rows), claim.bytes)

    def add_prepared(self, batches: Mapping[str, PreparedBatch]) -> None:
        """Events were decoded and rendered, by batch id; these bytes count as well."""
        self._prepared |= batches
        self._count(0, sum(batch.bytes for batch in batches.values()))

    def prepared_batch(self, batch_id: str) -> PreparedBatch | None:
        """What was prepared of a claim."""
        return self._prepared.get(batch_id)

    def remove(self, batch_id: str) -> None:
        """A claim is settled or given back. Nothing happens where it is not in hand."""
        claim = self._claims.pop(batch_id, None)
        if claim is not None:
            prepared = self._prepared.pop(batch_id, None)
            self._count(-len(claim.rows), -claim.bytes - (prepared.bytes if prepared else 0))

    def _count(self, events: int, bytes_: int) -> None:
        self._events += events
        self._bytes += bytes_
        self._budget.take(events, bytes_)
