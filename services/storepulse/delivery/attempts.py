"""An attempt that has ended, on its way from the sender to PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storepulse.delivery.purchases import Purchase
from storepulse.delivery.queue import Claim
from storepulse.destinations.rules.model import DeliveryOutcome, Destination
from storepulse.destinations.rules.settlement import Settlement


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """An attempt and what it means for its batch. `at` is when it ended.

    `requested`: something was sent; not so where no event of the batch may be sent any more.
    `purchases` are those of the batch by event id, where the destination gets an order's purchase
    once; of them, `repeats` were left out because another event carries their order's.
    """

    destination: Destination
    claim: Claim
    outcome: DeliveryOutcome
    settlement: Settlement
    at: datetime
    requested: bool = True
    purchases: Mapping[str, Purchase] = field(default_factory=dict)
    repeats: frozenset[str] = frozenset()

    @property
    def error(self) -> str:
        """What failed, in text that PostgreSQL takes."""
        return self.outcome.error.replace("\x00", "\ufffd")
