"""Sends to one destination: claims batches, keeps its requests under way, hands on the outcomes.

Destinations share nothing but the budget of events in hand, of which none can take all: one that
hangs delays no other. What is claimed but not sent in time is given back, never sent late.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.breakers import Breakers
from storepulse.delivery.outcomes import Outcomes
from storepulse.delivery.queue import Claim, ClaimLimits, Queue
from storepulse.delivery.reading import LEAST_ROWS, PreparedBatch, prepare, sort_events
from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds.kind import Kind
from storepulse.destinations.rules.model import DeliveryBatch, DeliveryOutcome, Destination
from storepulse.destinations.rules.pace import Tokens, next_ahead
from storepulse.destinations.rules.settlement import AttemptedBatch, settle
from storepulse.domain.errors import Transient

log = logger()

#: Events in hand of one destination, and of all: claimed, under way or not yet settled.
MOST_EVENTS = 10_000
MOST_EVENTS_TOGETHER = 30_000
#: The same in bytes of what is stored, of all; one destination gets a third.
MOST_BYTES_TOGETHER = 64 * 2**20
#: No claim for less than this share of what a destination may have in hand.
LEAST_ROOM = 1 / 8
#: What a claim must last beyond the request's own time-out.
MARGIN = timedelta(seconds=2)
#: With a rate limit, no more is claimed than goes out within this time.
RATED_SECONDS = 3.0
PAUSE_SECONDS = 0.5
#: How long requests under way may take to end when the process stops.
GRACE_SECONDS = 5.0


@dataclass
class Budget:
    """Events and their bytes that this process may have in hand."""

    free: int = MOST_EVENTS_TOGETHER
    bytes: int = MOST_BYTES_TOGETHER
    free_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.free_bytes = self.bytes

    @property
    def most_bytes(self) -> int:
        """What one destination may have of them."""
        return self.bytes // 3

    def take(self, events: int, bytes_: int) -> None:
        """Less is free from here on; negative numbers give back."""
        self.free -= events
        self.free_bytes -= bytes_


@dataclass(frozen=True, slots=True)
class Means:
    """What the senders of a process share."""

    queue: Queue
    outcomes: Outcomes
    breakers: Breakers
    client: SafeClient
    kinds: Mapping[str, Kind]
    clock: Clock
    draw: Callable[[], float]
    budget: Budget = field(default_factory=Budget)


class DestinationSender:
    """The sender of one destination. `run` until `stop`."""

    def __init__(self, destination: Destination, means: Means) -> None:
        self._means = means
        self._held: dict[str, Claim] = {}
        self._held_events = self._held_bytes = 0
        self._prepared: dict[str, PreparedBatch] = {}
        self._claimed: deque[tuple[Claim, float]] = deque()
        self._unsent: list[str] = []
        self._requests: set[asyncio.Task[None]] = set()
        self._ahead = 0
        self._waited = 0.0
        self._more = True
        self._wake = asyncio.Event()
        self._stopping = False
        self._tokens: Tokens | None = None
        self.update(destination)

    def update(self, destination: Destination) -> None:
        """Takes over a destination as it is declared now."""
        rate = destination.rate_per_second
        if rate is None:
            self._tokens = None
        elif self._tokens is None or self._tokens.rate != rate:
            self._tokens = Tokens(rate)
        self.destination = destination
        kind = self._means.kinds[destination.kind]
        self._size = min(destination.batch_events, kind.max_events)
        self._wake.set()

    @property
    def size(self) -> int:
        """Events of a full batch."""
        return self._size

    @property
    def idle(self) -> bool:
        """Whether it must be told when there is something to send."""
        return not self._more

    def wake(self) -> None:
        """There may be something to send."""
        self._more = True
        self._wake.set()

    def stop(self) -> None:
        """No further claims; `run` ends when what is under way has ended."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Sends until `stop`."""
        while not self._stopping:
            self._wake.clear()
            try:
                if not await self._round():
                    await self._wake.wait()
            except Transient as error:
                log.warning("cannot claim", destination=self.destination.name, reason=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
        await self._end()

    async def _round(self) -> bool:
        """Starts and claims what can be; False where there is nothing more to do for now."""
        breaker = self._means.breakers.of(self.destination.destination_id)
        if breaker.state != "closed" or self.destination.status != "active":
            self._give_back([claim for claim, _ in self._claimed if not claim.probe])
        self._start()
        await self._release()
        probe = breaker.state != "closed"
        if not self._more or self.destination.status != "active":
            return False
        if not breaker.allows(self._means.clock()):
            # The poll wakes again: it knows when something is due, and this when it may go out.
            self._more = False
            return False
        most, bytes_ = self._room()
        if most < 1 and not self._held:
            # The others have all of the budget; nothing of ours will wake us, the poll does.
            self._more = False
            return False
        # In bulk while work is in hand, but never for more room than there can be.
        if most < max(1, min(self._ahead, MOST_EVENTS // self._size) // 2) and self._held:
            return False
        await self._claim(ClaimLimits(self._size, most, bytes_, self._held, probe))
        return True

    def _room(self) -> tuple[int, int]:
        """How many batches may be claimed now, and how many bytes."""
        budget = self._means.budget
        bytes_ = min(budget.most_bytes - self._held_bytes, budget.free_bytes)
        if bytes_ < budget.most_bytes * LEAST_ROOM:
            return 0, 0
        most = self.destination.max_in_flight - len(self._requests) + self._ahead
        if self._tokens is not None:
            most = min(most, max(1, int(self._tokens.rate * RATED_SECONDS)))
        most -= len(self._claimed)
        events = min(MOST_EVENTS - self._held_events, budget.free)
        return min(most, events // self._size), bytes_

    async def _claim(self, wanted: ClaimLimits) -> None:
        budget, reserved = self._means.budget, wanted.most * wanted.size
        budget.take(reserved, wanted.bytes)
        self._more = False
        claims: list[Claim] = []
        try:
            claims = await self._means.queue.claim(self.destination, wanted)
        except Transient:
            self._more = True
            raise
        finally:
            budget.take(-reserved, -wanted.bytes)
        # In hand from here on: also where the process is told to stop meanwhile.
        for claim in claims:
            self._hold(claim)
        if self._means.kinds[self.destination.kind].sends_json:
            await self._prepare(claims)
        bytes_ = sum(c.bytes for c in claims)
        at = time.monotonic()
        ran_dry = not self._claimed and len(self._requests) < self.destination.max_in_flight
        self._claimed.extend((claim, at) for claim in claims)
        # Where bytes were the limit, the last batch did not get full and still waits.
        full = len(claims) == wanted.most or 2 * bytes_ >= wanted.bytes
        self._more = self._more or full
        self._ahead = next_ahead(self._ahead, ran_dry=ran_dry and full, waited=self._waited)
        self._waited = 0.0

    async def _prepare(self, claims: list[Claim]) -> None:
        """Decodes and renders what was claimed, beside the requests that are under way."""
        if sum(len(claim.rows) for claim in claims) < LEAST_ROWS:
            return
        prepared = await asyncio.to_thread(prepare, claims)
        self._prepared |= prepared
        self._count(0, sum(made.bytes for made in prepared.values()))

    def _start(self) -> None:
        """Begins requests for what is claimed, as far as limits allow."""
        destination, now = self.destination, self._means.clock()
        latest = timedelta(seconds=destination.timeout_seconds) + MARGIN
        while self._claimed and len(self._requests) < destination.max_in_flight:
            claim, since = self._claimed[0]
            if claim.until - now < latest:
                self._give_back([claim])
                continue
            steady = time.monotonic()
            if self._tokens is not None and (wait := self._tokens.missing(steady)) > 0:
                asyncio.get_running_loop().call_later(wait, self._wake.set)
                return
            self._claimed.popleft()
            self._waited = max(self._waited, steady - since)
            request = asyncio.create_task(self._send(claim), name=claim.batch_id)
            self._requests.add(request)
            request.add_done_callback(self._ended)

    def _ended(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        if not self._stopping:
            self._start()
        self._wake.set()

    async def _send(self, claim: Claim) -> None:
        destination, now = self.destination, self._means.clock()
        reach("delivery.before_send")
        outcome, requested = await self._attempt(destination, claim)
        reach("delivery.after_send")
        now = self._means.clock()
        batch = AttemptedBatch(
            claim.batch_id, [row.event_id for row in claim.rows], claim.failures, claim.probe
        )
        settlement = settle(destination, batch, outcome, now, self._means.draw())
        self._means.outcomes.put(
            EndedAttempt(destination, claim, outcome, settlement, now, requested), self._settled
        )

    async def _attempt(
        self, destination: Destination, claim: Claim
    ) -> tuple[DeliveryOutcome, bool]:
        """The outcome of one attempt, and whether it came to a request."""
        prepared = self._prepared.get(claim.batch_id)
        events, refused, dropped = sort_events(destination, claim, prepared)
        if not events:
            return DeliveryOutcome("delivered", refused=refused, dropped=dropped), False
        now = self._means.clock()
        batch = DeliveryBatch(claim.batch_id, claim.failures + 1, events)
        kind = self._means.kinds[destination.kind]
        started = time.monotonic()
        try:
            # Beyond its claim a batch may be another process's.
            async with asyncio.timeout((claim.until - now).total_seconds()):
                outcome = await kind.send(destination, batch, self._means.client, now)
        except TimeoutError:
            outcome = DeliveryOutcome("retry", error="timeout: took longer than the claim")
        except Exception as error:
            # A kind does not raise: where one does, its batch waits like after any other fault.
            log.exception("a kind of destination failed", destination=destination.name)
            outcome = DeliveryOutcome("retry", error=f"{type(error).__name__}: {error}")
        seconds = outcome.seconds or time.monotonic() - started
        return (
            replace(
                outcome,
                refused={**refused, **outcome.refused},
                dropped={**dropped, **outcome.dropped},
                seconds=seconds,
            ),
            True,
        )

    def _settled(self, ended: EndedAttempt) -> None:
        if ended.settlement.batch == "divided" or self.destination.ordered:
            # The parts are due at once; and what had to wait for these events need not any more.
            self._more = True
        self._forget(ended.claim)
        self._wake.set()

    def _hold(self, claim: Claim) -> None:
        self._held[claim.batch_id] = claim
        self._count(len(claim.rows), claim.bytes)

    def _forget(self, claim: Claim) -> None:
        if self._held.pop(claim.batch_id, None) is not None:
            prepared = self._prepared.pop(claim.batch_id, None)
            self._count(-len(claim.rows), -claim.bytes - (prepared.bytes if prepared else 0))

    def _count(self, events: int, bytes_: int) -> None:
        self._held_events += events
        self._held_bytes += bytes_
        self._means.budget.take(events, bytes_)

    def _give_back(self, claims: list[Claim]) -> None:
        """Takes claims out of the line; `_release` tells PostgreSQL."""
        unwanted = {claim.batch_id for claim in claims}
        self._claimed = deque(c for c in self._claimed if c[0].batch_id not in unwanted)
        self._unsent += unwanted

    async def _release(self) -> None:
        """Gives back what was not sent. Raises Transient; it is still in hand then."""
        unsent = list(self._unsent)
        if not unsent:
            return
        await self._means.queue.release(unsent)
        self._unsent = [b for b in self._unsent if b not in unsent]
        for batch_id in unsent:
            self._forget(self._held[batch_id])

    async def _end(self) -> None:
        """Waits for what is under way, for a while; gives back the rest."""
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=GRACE_SECONDS)
            self._unsent += await _cancelled(late)
        self._give_back([claim for claim, _ in self._claimed])
        try:
            await self._release()
        except Transient as error:
            # The claims run out by themselves.
            log.warning("claims not released", reason=str(error))


async def _cancelled(requests: set[asyncio.Task[None]]) -> list[str]:
    """Ends requests; the ids of their batches."""
    for request in requests:
        request.cancel()
    await asyncio.gather(*requests, return_exceptions=True)
    return [request.get_name() for request in requests if request.cancelled()]
