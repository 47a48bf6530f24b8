"""The settlement: what the outcome of an attempt means for its batch.

delivered ─► finished; events that were refused by name fail
refused   ─► finished if it is one event, else divided until the offending event is alone
oversize  ─► divided at once, without counting an attempt
retry     ─► again after a wait; finished, with all events failed, when no retry is left
gone      ─► the destination is disabled and keeps the batch

A fault of the account does not fail events: after the last retry the batch is tried again at the
longest wait. But if other batches arrive meanwhile, the fault concerns these events, and the batch
is treated as refused. Otherwise events that a receiver's firewall blocks would wait forever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from storepulse.destinations.rules.model import DeliveryOutcome, Destination
from storepulse.destinations.rules.retry import last_wait, wait_before_retry

REFUSED = "refused by the destination"
EXHAUSTED = "retries exhausted"


@dataclass(frozen=True, slots=True)
class BatchPart:
    """Events that become a new batch, or (`batch_id` None) return to the queue."""

    batch_id: str | None
    events: Sequence[str]


@dataclass(frozen=True, slots=True)
class Settlement:
    """The next state of a batch and its events.

    - `attempts`: the batch's attempts so far; dividing by size and probes do not count
    - `failed`: event ids that fail for good, with the reason
    - `left_out`: event ids that are skipped, with the reason
    - `sent`: events that arrived although the batch is not finished
    - `parts`: the new batches of a divided batch's events

    Every other event of a finished batch is sent.
    """

    batch: Literal["finished", "again", "divided", "disabled"]
    attempts: int
    due_at: datetime | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    sent: frozenset[str] = frozenset()
    parts: Sequence[BatchPart] = ()


@dataclass(frozen=True, slots=True)
class AttemptedBatch:
    """A batch after an attempt: its event ids in order, and how many attempts failed before.

    `probe`: it was sent to test whether the destination is back, and counts as no attempt.
    `others_arrive`: the destination accepts other batches.
    """

    batch_id: str
    events: Sequence[str]
    failures: int = 0
    probe: bool = False
    others_arrive: bool = False


def settle(
    destination: Destination,
    batch: AttemptedBatch,
    outcome: DeliveryOutcome,
    now: datetime,
    draw: float,
) -> Settlement:
    """The settlement of a batch. `draw` in [0, 1) is the jitter of retries."""
    attempts = batch.failures + 1
    if outcome.verdict == "gone":
        return _settlement("disabled", batch.failures, outcome, due_at=now)
    unnamed = [e for e in batch.events if not (e in outcome.refusals or e in outcome.omissions)]
    remaining = [e for e in unnamed if e not in outcome.accepted_ids]
    if outcome.verdict == "delivered" or not remaining:
        return _settlement("finished", attempts, outcome)
    if outcome.verdict == "oversize":
        parts = _halves(batch.batch_id, remaining, ordered=destination.ordered)
        return _settlement("divided", batch.failures, outcome, parts=parts)
    if outcome.verdict == "refused":
        return _divide_or_finish(destination, batch, outcome, remaining)
    if batch.probe and outcome.fault != "source":
        return _settlement("again", batch.failures, outcome, due_at=now)
    wait = wait_before_retry(destination.retry_seconds, attempts, draw, outcome.retry_after)
    if wait is None and outcome.fault == "account":
        if batch.others_arrive:
            return _divide_or_finish(destination, batch, outcome, remaining)
        wait = last_wait(destination.retry_seconds, draw)
    if wait is None:
        return _settlement("finished", attempts, outcome, dict.fromkeys(remaining, EXHAUSTED))
    return _settlement("again", attempts, outcome, due_at=now + timedelta(seconds=wait))


def _divide_or_finish(
    destination: Destination,
    batch: AttemptedBatch,
    outcome: DeliveryOutcome,
    remaining: Sequence[str],
) -> Settlement:
    """Finish a batch with one remaining event; divide any other to find the offending event."""
    attempts = batch.failures + 1
    if outcome.refusals:
        parts = [BatchPart(part_id(batch.batch_id, "rest"), remaining)]
    elif len(remaining) == 1:
        return _settlement("finished", attempts, outcome, dict.fromkeys(remaining, REFUSED))
    else:
        parts = _halves(batch.batch_id, remaining, ordered=destination.ordered)
    return _settlement("divided", attempts, outcome, parts=parts)


def _settlement(
    batch: Literal["finished", "again", "divided", "disabled"],
    attempts: int,
    outcome: DeliveryOutcome,
    failed: Mapping[str, str] | None = None,
    *,
    due_at: datetime | None = None,
    parts: Sequence[BatchPart] = (),
) -> Settlement:
    return Settlement(
        batch,
        attempts,
        due_at,
        failed={**outcome.refusals, **(failed or {})},
        left_out=outcome.omissions,
        sent=outcome.accepted_ids,
        parts=parts,
    )


def _halves(batch_id: str, events: Sequence[str], *, ordered: bool) -> list[BatchPart]:
    middle = len(events) // 2
    # In an ordered destination, the second half must not be sent before the first.
    second = None if ordered else part_id(batch_id, "second")
    return [
        BatchPart(part_id(batch_id, "first"), events[:middle]),
        BatchPart(second, events[middle:]),
    ]


def part_id(batch_id: str, part: str) -> str:
    """The id of a part of a batch. It is deterministic, so that repeated divisions agree."""
    return str(uuid5(UUID(batch_id), part))
