"""An attempt that has ended, on its way from the sender to PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storepulse.delivery.queue import Claim
from storepulse.destinations.rules.model import DeliveryOutcome, Destination
from storepulse.destinations.rules.settlement import Settlement


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """An attempt and what it means for its batch. `at` is when it ended.

    `requested`: something was sent; not so where no event of the batch may be sent any more.
    """

    destination: Destination
    claim: Claim
    outcome: DeliveryOutcome
    settlement: Settlement
    at: datetime
    requested: bool = True

    @property
    def error(self) -> str:
        """What failed, in text that PostgreSQL takes."""
        return self.outcome.error.replace("\x00", "\ufffd")
