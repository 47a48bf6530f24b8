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
    """At most `most` batches of `size` events: indexes in `waiting`, which is in sending order.

    A batch is made when it is full or one of its events was queued by `ripe_before`. In an ordered
    destination, batches that are sent side by side share no key: later events of a key wait.
    """
    batches: list[list[int]] = []
    batch: list[int] = []
    keys_in_batches: set[str] = set()
    for index, event in enumerate(waiting):
        if ordered and event.ordering_key in keys_in_batches:
            continue
        batch.append(index)
        if len(batch) == size:
            batches.append(batch)
            keys = (waiting[member].ordering_key for member in batch)
            keys_in_batches |= {key for key in keys if key is not None}
            batch = []
            if len(batches) == most:
                return batches
    if any(waiting[member].created_at <= ripe_before for member in batch):
        batches.append(batch)
    return batches
