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
    """An attempt that ended at `at`, and its settlement.

    `requested` is False if no request was made, for example because no event may be sent any more.
    `purchases` has the batch's purchases by event id, if the destination gets each order's purchase
    once. `repeats` are those left out because another event carries the purchase.
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
        """The error as text without NUL, which PostgreSQL does not accept."""
        return self.outcome.error.replace("\x00", "\ufffd")
