"""Requests to a destination: one attempt at a claim, and the cancellation of late requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.means import Means
from storepulse.delivery.purchase_claims import held_by_another
from storepulse.delivery.purchases import Purchase, purchases_of
from storepulse.delivery.queue import Claim
from storepulse.delivery.reading import PreparedBatch, sort_events
from storepulse.destinations.kinds.selection import select
from storepulse.destinations.rules.model import (
    DeliveryBatch,
    DeliveryOutcome,
    Destination,
    Event,
)
from storepulse.destinations.rules.settlement import AttemptedBatch, settle

log = logger()


async def attempt(
    destination: Destination, claim: Claim, prepared: PreparedBatch | None, means: Means
) -> EndedAttempt:
    """Makes one attempt at a claim and settles it."""
    reach("delivery.before_send")
    made = await _request(destination, claim, prepared, means)
    reach("delivery.after_send")
    now = means.clock()
    batch = AttemptedBatch(
        claim.batch_id,
        [row.event_id for row in claim.rows],
        claim.failures,
        claim.probe,
        means.breakers.of(destination.destination_id).others_arrive,
    )
    settlement = settle(destination, batch, made.outcome, now, means.draw())
    return EndedAttempt(
        destination, claim, made.outcome, settlement, now, made.requested, made.purchases,
        made.repeats,
    )  # fmt: skip


@dataclass(slots=True)
class _Request:
    """The result of a claim so far; the fields are those of `EndedAttempt`."""

    outcome: DeliveryOutcome = field(default_factory=lambda: DeliveryOutcome("delivered"))
    omissions: dict[str, str] = field(default_factory=dict)
    requested: bool = False
    purchases: dict[str, Purchase] = field(default_factory=dict)
    repeats: frozenset[str] = frozenset()


async def _request(
    destination: Destination, claim: Claim, prepared: PreparedBatch | None, means: Means
) -> _Request:
    """One attempt: the omissions, the purchase claims, and the request if there is one."""
    events, refusals, omissions = sort_events(destination, claim, prepared)
    made = _Request(omissions=omissions)
    now = means.clock()
    started = time.monotonic()
    try:
        # After its claim expires, another process may claim the batch.
        async with asyncio.timeout((claim.until - now).total_seconds()):
            await _send(destination, claim, events, means, made)
    except TimeoutError:
        made.outcome = DeliveryOutcome("retry", error="timeout: took longer than the claim")
    except Exception as error:
        # Kinds should not raise. If one does, the batch is retried as after any other fault.
        log.exception("a kind of destination failed", destination=destination.name)
        made.outcome = DeliveryOutcome("retry", error=f"{type(error).__name__}: {error}")
    made.outcome = replace(
        made.outcome,
        refusals={**refusals, **made.outcome.refusals},
        omissions={**made.omissions, **made.outcome.omissions},
        seconds=made.outcome.seconds or time.monotonic() - started,
    )
    return made


async def _send(
    destination: Destination, claim: Claim, events: list[Event], means: Means, made: _Request
) -> None:
    """Sends those of a claim's events that may be sent. Raises what the kind raises."""
    now = means.clock()
    kind = means.kinds[destination.kind]
    if kind.vendor_streams is not None:
        orders = {e.event_id: order for e in events if (order := kind.purchase_of(e)) is not None}
        made.purchases = purchases_of(destination.destination_id, orders, events)
    if made.omissions:
        events = [event for event in events if event.event_id not in made.omissions]
    events, not_for_kind = select(kind, destination, events, now)
    made.omissions |= not_for_kind
    if made.purchases and any(event.event_id in made.purchases for event in events):
        events, repeats = await _claim_purchases(events, made.purchases, means)
        made.omissions |= {event_id: reason for event_id, (_, reason) in repeats.items()}
        made.purchases |= {event_id: purchase for event_id, (purchase, _) in repeats.items()}
        made.repeats = frozenset(repeats)
    if events:
        made.requested = True
        batch = DeliveryBatch(claim.batch_id, claim.failures + 1, events)
        made.outcome = await kind.send(destination, batch, means.client, now)
        made.requested = made.outcome.verdict != "oversize"


async def _claim_purchases(
    events: Sequence[Event], purchases: Mapping[str, Purchase], means: Means
) -> tuple[list[Event], dict[str, tuple[Purchase, str]]]:
    """The events to send, and the repeats by event id: each purchase, reduced to the number under
    which another event holds it, with the reason."""
    wanted = [purchases[event.event_id] for event in events if event.event_id in purchases]
    holders = await means.purchases.claim(wanted)
    sent: list[Event] = []
    repeats: dict[str, tuple[Purchase, str]] = {}
    for event in events:
        purchase = purchases.get(event.event_id)
        held = held_by_another(purchase, holders) if purchase is not None else None
        if purchase is None or held is None:
            sent.append(event)
            continue
        holder = holders.get(held)
        by = f"event {holder.event_id}" if holder is not None else "another event"
        reason = f"the order's purchase is sent once, by {by}"
        repeats[event.event_id] = replace(purchase, orders=(held,)), reason
    return sent, repeats


async def cancel(requests: Collection[asyncio.Task[None]]) -> list[str]:
    """Cancels requests. Returns the batch ids of those that had not ended; a task's name is its
    batch id."""
    for request in requests:
        request.cancel()
    await asyncio.gather(*requests, return_exceptions=True)
    return [request.get_name() for request in requests if request.cancelled()]
