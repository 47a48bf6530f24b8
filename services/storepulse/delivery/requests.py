"""Requests to a destination: one attempt at a claim, and the end of those that last too long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import replace

from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.means import Means
from storepulse.delivery.queue import Claim
from storepulse.delivery.reading import PreparedBatch, sort_events
from storepulse.destinations.rules.model import DeliveryBatch, DeliveryOutcome, Destination
from storepulse.destinations.rules.settlement import AttemptedBatch, settle

log = logger()


async def attempt(
    destination: Destination, claim: Claim, prepared: PreparedBatch | None, means: Means
) -> EndedAttempt:
    """One attempt at a claim, and what it means for the batch."""
    reach("delivery.before_send")
    outcome, requested = await _request(destination, claim, prepared, means)
    reach("delivery.after_send")
    now = means.clock()
    batch = AttemptedBatch(
        claim.batch_id,
        [row.event_id for row in claim.rows],
        claim.failures,
        claim.probe,
        means.breakers.of(destination.destination_id).others_arrive,
    )
    settlement = settle(destination, batch, outcome, now, means.draw())
    return EndedAttempt(destination, claim, outcome, settlement, now, requested)


async def _request(
    destination: Destination, claim: Claim, prepared: PreparedBatch | None, means: Means
) -> tuple[DeliveryOutcome, bool]:
    """The outcome of one attempt, and whether it came to a request."""
    events, refusals, omissions = sort_events(destination, claim, prepared)
    if not events:
        return DeliveryOutcome("delivered", refusals=refusals, omissions=omissions), False
    now = means.clock()
    batch = DeliveryBatch(claim.batch_id, claim.failures + 1, events)
    kind = means.kinds[destination.kind]
    started = time.monotonic()
    try:
        # Beyond its claim a batch may be another process's.
        async with asyncio.timeout((claim.until - now).total_seconds()):
            outcome = await kind.send(destination, batch, means.client, now)
    except TimeoutError:
        outcome = DeliveryOutcome("retry", error="timeout: took longer than the claim")
    except Exception as error:
        # A kind does not raise: where one does, its batch waits like after any other fault.
        log.exception("a kind of destination failed", destination=destination.name)
        outcome = DeliveryOutcome("retry", error=f"{type(error).__name__}: {error}")
    requested = outcome.verdict != "oversize"
    return (
        replace(
            outcome,
            refusals={**refusals, **outcome.refusals},
            omissions={**omissions, **outcome.omissions},
            seconds=outcome.seconds or time.monotonic() - started,
        ),
        requested,
    )


async def cancel(requests: Collection[asyncio.Task[None]]) -> list[str]:
    """Ends requests, which are named by their batches; the ids of those that had not ended."""
    for request in requests:
        request.cancel()
    await asyncio.gather(*requests, return_exceptions=True)
    return [request.get_name() for request in requests if request.cancelled()]
