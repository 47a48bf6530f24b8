"""Forms the next batches of a destination from waiting events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event in no batch, and when it was queued.

    Events of one `ordering_key` must stay in order; None: no order. `bytes` is the estimated size
    that the event adds to a request's body.
    """

    created_at: datetime
    event_id: str
    ordering_key: str | None = None
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """A batch is full with `events`, or if another event would exceed `bytes` (None: no limit)."""

    events: int
    bytes: int | None = None


def form(
    waiting: Sequence[Waiting],
    full: BatchLimits,
    most: int,
    *,
    ordered: bool,
    ripe_before: datetime,
) -> list[list[int]]:
    """At most `most` batches, as indexes in `waiting`, which is in sending order.

    A batch is formed if it is full, or if one of its events was queued by `ripe_before`. An event
    above the limit of bytes gets its own batch. Two events of one id (of two streams or two stores)
    go into different batches, because ids identify events within a batch. In an ordered
    destination, concurrent batches share no key: later events of a key wait.
    """
    batches: list[list[int]] = []
    batch: list[int] = []
    bytes_ = 0
    keys_in_batches: set[str] = set()
    ids_in_batch: set[str] = set()

    def close() -> None:
        nonlocal batch, bytes_
        batches.append(batch)
        keys = (waiting[member].ordering_key for member in batch)
        keys_in_batches.update(key for key in keys if key is not None)
        batch, bytes_ = [], 0
        ids_in_batch.clear()

    for index, event in enumerate(waiting):
        if ordered and event.ordering_key in keys_in_batches:
            continue
        is_too_large = full.bytes is not None and bytes_ + event.bytes > full.bytes
        if batch and (is_too_large or event.event_id in ids_in_batch):
            close()
            if len(batches) == most:
                return batches
            if ordered and event.ordering_key in keys_in_batches:
                continue
        batch.append(index)
        ids_in_batch.add(event.event_id)
        bytes_ += event.bytes
        if len(batch) == full.events:
            close()
            if len(batches) == most:
                return batches
    if any(waiting[member].created_at <= ripe_before for member in batch):
        batches.append(batch)
    return batches
