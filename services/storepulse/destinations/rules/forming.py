"""Which waiting events make the next batches of a destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is part of no batch: when it was queued, and what it must stay in order with.

    `ordering_key` None: nothing.
    """

    created_at: datetime
    ordering_key: str | None = None


def form(
    waiting: Sequence[Waiting], size: int, most: int, *, ordered: bool, ripe_before: datetime
) -> list[list[int]]:
    """At most `most` batches of `size` events: places in `waiting`, which is in sending order.

    A batch is made when it is full or one of its events was queued by `ripe_before`. In an ordered
    destination, batches that are sent side by side share no key: later events of a key wait.
    """
    batches: list[list[int]] = []
    batch: list[int] = []
    taken: set[str] = set()
    for place, event in enumerate(waiting):
        if ordered and event.ordering_key in taken:
            continue
        batch.append(place)
        if len(batch) == size:
            batches.append(batch)
            taken |= {key for p in batch if (key := waiting[p].ordering_key) is not None}
            batch = []
            if len(batches) == most:
                return batches
    if any(waiting[place].created_at <= ripe_before for place in batch):
        batches.append(batch)
    return batches
