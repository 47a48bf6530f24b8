"""Sends to one destination: claims batches, makes requests and hands over the outcomes.

Destinations share only the budget of events in hand. A claim that is not sent in time is given
back, never sent late.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from datetime import timedelta

from storepulse.adapters.logging import logger
from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.budget import ClaimsInHand
from storepulse.delivery.means import Means
from storepulse.delivery.queue import Claim, ClaimLimits
from storepulse.delivery.reading import LEAST_ROWS, prepare
from storepulse.delivery.requests import attempt, cancel
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.pace import Tokens, next_ahead
from storepulse.domain.errors import Transient

log = logger()

#: How much longer than the request's time-out a claim must last when the request starts.
MARGIN = timedelta(seconds=2)
#: With a rate limit, a claim takes no more batches than can be sent within this time.
RATED_SECONDS = 3.0
PAUSE_SECONDS = 0.5
#: How long requests under way may take to end when the process stops.
GRACE_SECONDS = 5.0


class DestinationSender:
    """The sender of one destination."""

    def __init__(self, destination: Destination, means: Means) -> None:
        self._means = means
        self._in_hand = ClaimsInHand(means.budget)
        #: Claims that wait for their request, each with the time when it began to wait.
        self._line: deque[tuple[Claim, float]] = deque()
        self._to_release: list[str] = []
        self._requests: set[asyncio.Task[None]] = set()
        #: How many batches to claim ahead of the requests, and the longest wait of a claim in line.
        self._ahead_count = 0
        self._longest_wait = 0.0
        self._has_more = True
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._tokens: Tokens | None = None
        self.update(destination)

    def update(self, destination: Destination) -> None:
        """Takes over a destination's current declaration."""
        rate = destination.rate_per_second
        if rate is None:
            self._tokens = None
        elif self._tokens is None or self._tokens.rate != rate:
            self._tokens = Tokens(rate)
        self.destination = destination
        kind = self._means.kinds[destination.kind]
        self._size = min(destination.batch_events, kind.max_events)
        self._most_body_bytes = kind.most_body_bytes(destination.config)
        self._wake.set()

    @property
    def size(self) -> int:
        """Events of a full batch."""
        return self._size

    @property
    def is_idle(self) -> bool:
        """Whether the sender must be woken when there is something to send."""
        return not self._has_more

    def wake(self) -> None:
        """Tells the sender that there may be something to send."""
        self._has_more = True
        self._wake.set()

    def stop(self) -> None:
        """Stops claiming; `run` returns once the requests under way have ended."""
        self._is_stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Sends until `stop`."""
        while not self._is_stopping:
            self._wake.clear()
            try:
                if not await self._advance():
                    await self._wake.wait()
            except Transient as error:
                log.warning("cannot claim", destination=self.destination.name, reason=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
        await self._end()

    async def _advance(self) -> bool:
        """Starts requests and claims batches. Returns False if the sender must wait for a wake."""
        breaker = self._means.breakers.of(self.destination.destination_id)
        if breaker.state != "closed" or self.destination.status != "active":
            self._give_back([claim for claim, _ in self._line if not claim.probe])
        self._start()
        await self._release()
        is_probe = breaker.state != "closed"
        if not self._has_more or self.destination.status != "active":
            return False
        if not breaker.allows(self._means.clock()):
            # The poll wakes this sender again; the breaker then decides whether it may send.
            self._has_more = False
            return False
        most, bytes_ = self._room()
        if most < 1 and not self._in_hand:
            # Other destinations have the whole budget. No request of ours will end and wake this
            # sender, so leave that to the poll.
            self._has_more = False
            return False
        # Claim in bulk while work is in hand, but never wait for more room than there can be.
        bulk = min(self._ahead_count, self._in_hand.most_events // self._size) // 2
        if most < max(1, bulk) and self._in_hand:
            return False
        in_hand = self._in_hand.batch_ids
        body_bytes = self._most_body_bytes
        await self._claim(ClaimLimits(self._size, most, bytes_, in_hand, is_probe, body_bytes))
        return True

    def _room(self) -> tuple[int, int]:
        """How many batches may be claimed now, and how many bytes."""
        events, bytes_ = self._in_hand.room()
        most = self.destination.max_in_flight - len(self._requests) + self._ahead_count
        if self._tokens is not None:
            most = min(most, max(1, int(self._tokens.rate * RATED_SECONDS)))
        most -= len(self._line)
        return min(most, events // self._size), bytes_

    async def _claim(self, limits: ClaimLimits) -> None:
        budget, reserved = self._means.budget, limits.most * limits.size
        budget.take(reserved, limits.bytes)
        self._has_more = False
        claims: list[Claim] = []
        try:
            claims = await self._means.queue.claim(self.destination, limits)
        except Transient:
            self._has_more = True
            raise
        finally:
            budget.take(-reserved, -limits.bytes)
        # Add them before the next await, so that they are given back if the process stops.
        for claim in claims:
            self._in_hand.add(claim)
        if self._means.kinds[self.destination.kind].sends_json:
            await self._prepare(claims)
        bytes_ = sum(claim.bytes for claim in claims)
        at = time.monotonic()
        ran_dry = not self._line and len(self._requests) < self.destination.max_in_flight
        self._line.extend((claim, at) for claim in claims)
        # If the byte limit ended the claim, more rows wait although fewer batches were formed.
        is_full = len(claims) == limits.most or 2 * bytes_ >= limits.bytes
        self._has_more = self._has_more or is_full
        self._ahead_count = next_ahead(
            self._ahead_count, ran_dry=ran_dry and is_full, longest_wait=self._longest_wait
        )
        self._longest_wait = 0.0

    async def _prepare(self, claims: list[Claim]) -> None:
        """Decodes and renders claims in a thread, while requests are under way."""
        if sum(len(claim.rows) for claim in claims) >= LEAST_ROWS:
            self._in_hand.add_prepared(await asyncio.to_thread(prepare, claims))

    def _start(self) -> None:
        """Starts requests for waiting claims, as far as the limits allow."""
        destination, now = self.destination, self._means.clock()
        least = timedelta(seconds=destination.timeout_seconds) + MARGIN
        while self._line and len(self._requests) < destination.max_in_flight:
            claim, since = self._line[0]
            if claim.until - now < least:
                self._give_back([claim])
                continue
            steady = time.monotonic()
            if self._tokens is not None and (wait := self._tokens.take(steady)) > 0:
                asyncio.get_running_loop().call_later(wait, self._wake.set)
                return
            self._line.popleft()
            self._longest_wait = max(self._longest_wait, steady - since)
            request = asyncio.create_task(self._send(claim), name=claim.batch_id)
            self._requests.add(request)
            request.add_done_callback(self._on_request_end)

    def _on_request_end(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        if not self._is_stopping:
            self._start()
        self._wake.set()

    async def _send(self, claim: Claim) -> None:
        prepared = self._in_hand.prepared_batch(claim.batch_id)
        ended = await attempt(self.destination, claim, prepared, self._means)
        self._means.outcomes.put(ended, self._on_settled)

    def _on_settled(self, ended: EndedAttempt) -> None:
        if ended.settlement.batch == "divided" or self.destination.ordered:
            # The parts are due at once, and the next events of these ordering keys may be sent.
            self._has_more = True
        self._in_hand.remove(ended.claim.batch_id)
        self._wake.set()

    def _give_back(self, claims: list[Claim]) -> None:
        """Takes claims out of the line; `_release` gives them back in PostgreSQL."""
        batch_ids = {claim.batch_id for claim in claims}
        self._line = deque(pair for pair in self._line if pair[0].batch_id not in batch_ids)
        self._to_release += batch_ids

    async def _release(self) -> None:
        """Gives back unsent claims. If it raises Transient, they are still in hand."""
        batch_ids = list(self._to_release)
        if not batch_ids:
            return
        await self._means.queue.release(batch_ids)
        self._to_release = [b for b in self._to_release if b not in batch_ids]
        for batch_id in batch_ids:
            self._in_hand.remove(batch_id)

    async def _end(self) -> None:
        """Waits up to `GRACE_SECONDS` for requests under way, then gives back the rest."""
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=GRACE_SECONDS)
            self._to_release += await cancel(late)
        self._give_back([claim for claim, _ in self._line])
        try:
            await self._release()
        except Transient as error:
            # The claims expire by themselves.
            log.warning("claims not released", reason=str(error))
