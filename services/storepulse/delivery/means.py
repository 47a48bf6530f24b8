"""The objects that all senders of a process share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from storepulse.adapters.clock import Clock
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.budget import Budget
from storepulse.delivery.outcomes import Outcomes
from storepulse.delivery.purchase_claims import PurchaseClaims
from storepulse.delivery.queue import Queue
from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds.kind import Kind


@dataclass(frozen=True, slots=True)
class Means:
    """The objects that senders use for claims, requests and outcomes. `draw` returns a random
    number in [0, 1)."""

    queue: Queue
    outcomes: Outcomes
    breakers: Breakers
    purchases: PurchaseClaims
    client: SafeClient
    kinds: Mapping[str, Kind]
    clock: Clock
    draw: Callable[[], float]
    budget: Budget = field(default_factory=Budget)
