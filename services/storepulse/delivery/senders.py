"""All senders of a process, one for each destination, and what wakes them.

Destinations are reloaded every second, so that an administrator's changes take effect without a
restart. One query finds the idle destinations that have something due or ripe. The matcher also
wakes the senders of the rows that it has just stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.delivery.means import Means
from storepulse.delivery.sender import DestinationSender
from storepulse.destinations.rules.model import Destination
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.domain.health import DISABLED_DESTINATION, Check
from storepulse.slices.process_exit import leave

log = logger()

POLL_SECONDS = 0.2
RELOAD_SECONDS = 1.0
REPORT_SECONDS = 10.0
#: How many broken destinations the health check names.
MOST_DETAILS = 3

#: Reads all destinations. Raises Transient, and Misconfigured if a secret cannot be decrypted.
Load = Callable[[], Awaitable[list[Destination]]]
_BREAKER = {"closed": 0.0, "probing": 0.5, "open": 1.0}
#: The gauges that have one series for each destination name.
_GAUGES = (
    metrics.DELIVERY_BREAKER,
    metrics.DELIVERY_DISABLED,
    metrics.DELIVERY_ACCOUNT_FAULT,
    metrics.DELIVERY_PENDING,
    metrics.DELIVERY_QUEUE_AGE,
)


class Senders:
    """The senders of a process."""

    def __init__(self, means: Means, load: Load) -> None:
        self._means = means
        self._load = load
        self._senders: dict[str, DestinationSender] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._unknown: set[str] = set()
        self._stopping = asyncio.Event()
        #: Every destination, whatever its status, as of the last reload.
        self.destinations: Mapping[str, Destination] = {}
        self.is_loaded = False

    def wake(self, destination_ids: Collection[str]) -> None:
        """Wakes the senders of destinations that may have something to send."""
        for destination_id in destination_ids:
            if sender := self._senders.get(destination_id):
                sender.wake()

    def stop(self) -> None:
        """Stops claiming; `run` returns once the requests under way have ended."""
        self._stopping.set()

    def check(self) -> Check:
        """Return the health check of the destinations, and update their gauges."""
        details, all_are_disabled = [], True
        names = {(destination.name,) for destination in self.destinations.values()}
        for gauge in _GAUGES:
            # Remove the series of destinations that were removed or renamed.
            metrics.forget_others(gauge, names)
        for destination_id, destination in self.destinations.items():
            name, is_disabled = destination.name, destination.status == "disabled"
            # A paused destination gets no requests, so its stored breaker state may be outdated.
            is_active = destination.status == "active"
            breaker = self._means.breakers.of(destination_id)
            state = breaker.state if is_active else "closed"
            metrics.DELIVERY_BREAKER.labels(name).set(_BREAKER[state])
            metrics.DELIVERY_ACCOUNT_FAULT.labels(name).set(bool(breaker.account_fault))
            metrics.DELIVERY_DISABLED.labels(name).set(is_disabled)
            if is_disabled:
                details.append(f"destination {name} answered 410 and is disabled")
            elif state != "closed":
                details.append(f"destination {name} is out of reach; its events wait")
                all_are_disabled = False
        more = len(details) - MOST_DETAILS
        if more > 0:
            details[MOST_DETAILS:] = [f"and {more} more destinations"]
        advice = DISABLED_DESTINATION if all_are_disabled else None
        return Check("destinations", "; ".join(details), advice)

    async def run(self) -> None:
        """Sends until `stop`."""
        reloaded = reported = -REPORT_SECONDS
        while not self._stopping.is_set():
            now = time.monotonic()
            try:
                # Set the times first, so that a fault does not make the queries more frequent.
                if now - reloaded >= RELOAD_SECONDS:
                    reloaded = now
                    await self._reload()
                await self._poll()
                if now - reported >= REPORT_SECONDS:
                    reported = now
                    await self._report()
            except Transient as error:
                log.warning("delivery waits for a fault to pass", reason=str(error))
                metrics.TRANSIENT_FAULTS.labels("delivery", "postgresql").inc()
            with contextlib.suppress(TimeoutError):
                pause = POLL_SECONDS if self._senders else RELOAD_SECONDS
                await asyncio.wait_for(self._stopping.wait(), pause)
        for sender in self._senders.values():
            sender.stop()
        await asyncio.gather(*self._running.values(), *self._ending)

    async def _reload(self) -> None:
        try:
            destinations = {d.destination_id: d for d in await self._load()}
        except Misconfigured as error:
            if not self.is_loaded:
                raise
            log.error("destinations not read again", reason=str(error))
            return
        self._means.breakers.learn(await self._means.queue.breakers())
        for destination_id in self._senders.keys() - destinations.keys():
            self._senders.pop(destination_id).stop()
            self._ending.add(task := self._running.pop(destination_id))
            task.add_done_callback(self._ending.discard)
        for destination_id, destination in destinations.items():
            self._take_over(destination_id, destination)
        self.destinations = destinations
        self.is_loaded = True

    def _take_over(self, destination_id: str, destination: Destination) -> None:
        if destination.kind not in self._means.kinds:
            if destination_id not in self._unknown:
                log.error("no such kind", destination=destination.name, kind=destination.kind)
            self._unknown.add(destination_id)
        elif sender := self._senders.get(destination_id):
            if sender.destination != destination:
                sender.update(destination)
        else:
            sender = self._senders[destination_id] = DestinationSender(destination, self._means)
            task = self._running[destination_id] = asyncio.create_task(sender.run())
            task.add_done_callback(self._on_sender_end)

    def _on_sender_end(self, task: asyncio.Task[None]) -> None:
        """End the process if a sender ended with an exception."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            leave("a sender ended", error=repr(error))

    async def _poll(self) -> None:
        idle_senders = [
            s for s in self._senders.values() if s.is_idle and s.destination.status == "active"
        ]
        if idle_senders:
            destinations = [sender.destination for sender in idle_senders]
            self.wake(
                await self._means.queue.ready(
                    destinations, [sender.size for sender in idle_senders]
                )
            )

    async def _report(self) -> None:
        self.check()
        if not self.destinations:
            return
        now = self._means.clock()
        backlogs = await self._means.queue.backlogs(list(self.destinations))
        for destination_id, destination in self.destinations.items():
            name = destination.name
            if backlog := backlogs.get(destination_id):
                age = (now - backlog.oldest).total_seconds() if backlog.oldest else 0.0
                metrics.DELIVERY_PENDING.labels(name).set(backlog.events)
                metrics.DELIVERY_QUEUE_AGE.labels(name).set(max(0.0, age))
