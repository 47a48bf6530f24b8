"""Combines the records from Kafka for all readers of this process; idle without readers.

Rules: everything here runs on the event loop. Reading starts with the first reader and stops
`KEPT_SECONDS` after the last one has left, so that a reader who returns in time has missed nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, defaultdict
from time import time

from storepulse.adapters import metrics
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.pool import Pool
from storepulse.adapters.server_state import ServerState
from storepulse.adapters.settings import Settings
from storepulse.contracts.dead_letter_headers import STAGE
from storepulse.domain.errors import Transient
from storepulse.query.live.allowance import Allowance
from storepulse.query.live.arrivals import Arrival, entry_of_event
from storepulse.query.live.entries import Entry
from storepulse.query.live.ledger_look import LedgerReader, StreamPartition
from storepulse.query.live.outcomes import PartitionOutcomes, WaitingEvent
from storepulse.query.live.rates import Rates
from storepulse.query.live.refusals import Refusal, entry_of_refusal
from storepulse.query.live.tail import Tail, TailBatch
from storepulse.query.live.window import LiveWindow

#: Most streams that one key may hold open, and that one process serves.
MOST_OF_KEY = 8
MOST_READERS = 100
KEPT_SECONDS = 60.0
LEDGER_EVERY_SECONDS = 1.0

log = logger()


class LiveHub:
    """The state that readers share, and the readers."""

    def __init__(self, settings: Settings, database: Pool, kafka: ServerState) -> None:
        self._settings = settings
        self._database = database
        self._kafka = kafka
        self._readers: Counter[str] = Counter()
        self._tail: Tail | None = None
        self._ledger: asyncio.Task[None] | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._ended: set[asyncio.Task[None]] = set()
        #: Set when this process is shutting down.
        self.stopping = asyncio.Event()
        self._begin_anew()

    def _begin_anew(self) -> None:
        #: Identifies this state: positions of another epoch are meaningless.
        self.epoch = secrets.token_hex(4)
        self.window = LiveWindow()
        self.rates = Rates()
        #: Rates are complete from this time on, in milliseconds since 1970.
        self.known_since_ms = 0
        self.caught_up = asyncio.Event()
        self._allowance = Allowance()
        self._outcomes: defaultdict[StreamPartition, PartitionOutcomes]
        self._outcomes = defaultdict(PartitionOutcomes)

    @property
    def is_current(self) -> bool:
        """Whether records are being read; if not, counts of the current seconds are unknown."""
        return self.caught_up.is_set() and not self._kafka.fault

    # ---- readers ----------------------------------------------------------------------------

    def join(self, name: str) -> None:
        """Add a reader. Raises RequestRefused 429 or 503 if there are too many."""
        if self._readers[name] >= MOST_OF_KEY:
            message = f"A key may watch {MOST_OF_KEY} times at once: close another live view"
            raise RequestRefused.rate_limited(message, 10)
        if self._readers.total() >= MOST_READERS or self.stopping.is_set():
            message = "Too many watch at once, try again"
            raise RequestRefused.unavailable(message, "TOO_MANY_READERS", 10)
        self._readers[name] += 1
        metrics.LIVE_READERS.set(self._readers.total())
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        if self._tail is None:
            self._start()

    def leave(self, name: str) -> None:
        """Remove a reader."""
        self._readers[name] -= 1
        if not self._readers[name]:
            del self._readers[name]
        metrics.LIVE_READERS.set(self._readers.total())
        if not self._readers and self._tail is not None:
            loop = asyncio.get_running_loop()
            self._resting = loop.call_later(KEPT_SECONDS, self._rest)

    async def close(self) -> None:
        """Stop the tail, the ledger's task and all feeds."""
        self.stopping.set()
        if self._resting is not None:
            self._resting.cancel()
        await self._stop()
        await asyncio.gather(*self._ended)

    def _start(self) -> None:
        loop = asyncio.get_running_loop()

        def hand_over(batch: TailBatch) -> None:
            # Blocks the tail's thread, so that it never runs ahead of the event loop.
            asyncio.run_coroutine_threadsafe(self._take(batch), loop).result()

        self._tail = Tail(self._settings, hand_over)
        self._tail.start()
        self._ledger = asyncio.create_task(self._watch_ledger())

    def _rest(self) -> None:
        self._resting = None
        task = asyncio.create_task(self._stop())
        self._ended.add(task)
        task.add_done_callback(self._ended.discard)

    async def _stop(self) -> None:
        tail, self._tail = self._tail, None
        ledger, self._ledger = self._ledger, None
        if ledger is not None:
            ledger.cancel()
        if tail is not None:
            await asyncio.to_thread(tail.stop)
            if self._tail is None:
                self._begin_anew()

    # ---- records ------------------------------------------------------------------------------

    async def _take(self, batch: TailBatch) -> None:
        self.take(batch, int(time() * 1000))

    def take(self, batch: TailBatch, now_ms: int) -> None:
        """Process a batch of the tail."""
        if batch.since_ms is not None:
            self.known_since_ms = batch.since_ms
        if batch.is_cut:
            self._note_cut()
        for arrival in batch.arrivals:
            at_ms = min(arrival.at_ms, now_ms)
            match arrival.place.family:
                case "ingest":
                    self._take_accepted(arrival, at_ms)
                case "events":
                    self._take_applied(arrival, at_ms)
                case "dlq":
                    self._take_dead(arrival, at_ms)
                case "refused":
                    self._take_refused(arrival, at_ms)
        for place, offset in batch.read.items():
            outcomes = self._outcomes[place.stream, place.partition]
            if place.family == "events":
                outcomes.events_read = offset
            elif place.family == "dlq":
                outcomes.dead_read = offset
        self._take_repeats(now_ms)
        if batch.is_caught_up:
            self.caught_up.set()
        elif batch.is_away:
            self.caught_up.clear()

    def _note_cut(self) -> None:
        self.window.note_cut()
        metrics.LIVE_LEFT_OUT.labels("behind").inc()
        for outcomes in self._outcomes.values():
            for event in outcomes.clear():
                self._lose_sight(event)

    def _take_accepted(self, arrival: Arrival, at_ms: int) -> None:
        stream, store_id = arrival.place.stream, arrival.store_id
        self.rates.count(at_ms, store_id, stream, "accepted")
        entry: Entry | None = None
        if self._allowance.take(store_id, at_ms // 1000):
            entry = entry_of_event(arrival)
            self.window.add(entry)
        else:
            self.window.leave_out(store_id, stream)
            metrics.LIVE_LEFT_OUT.labels("rate").inc()
        event = WaitingEvent(arrival.offset, arrival.key, store_id, entry)
        outcomes = self._outcomes[stream, arrival.place.partition]
        early = outcomes.pop_early(event)
        if isinstance(early, int):
            self._apply(event, early)
        elif early is not None:
            self._let_die(event, early)
        else:
            too_many = outcomes.add(event)
            if too_many is not None:
                self._lose_sight(too_many)

    def _take_applied(self, arrival: Arrival, at_ms: int) -> None:
        stream = arrival.place.stream
        self.rates.count(at_ms, arrival.store_id, stream, "applied")
        outcomes = self._outcomes[stream, arrival.place.partition]
        event = outcomes.take_applied(arrival.key, arrival.at_ms)
        if event is not None:
            self._apply(event, arrival.at_ms)

    def _take_dead(self, arrival: Arrival, at_ms: int) -> None:
        offset = arrival.headers.get("__dlq.errors.offset", "")
        partition = arrival.headers.get("__dlq.errors.partition", "")
        is_ours = STAGE in arrival.headers and partition == str(arrival.place.partition)
        if not (is_ours and offset.isdigit()):
            return  # written by another tool
        stream = arrival.place.stream
        self.rates.count(at_ms, arrival.store_id, stream, "dead")
        outcomes = self._outcomes[stream, arrival.place.partition]
        event = outcomes.take_dead(int(offset), arrival.headers)
        if event is not None:
            self._let_die(event, arrival.headers)

    def _take_refused(self, arrival: Arrival, at_ms: int) -> None:
        refusal = arrival.refusal
        assert isinstance(refusal, Refusal)  # noqa: S101 - as the tail makes them
        entry = entry_of_refusal(refusal, arrival.place.partition, arrival.offset, arrival.at_ms)
        self.rates.count(at_ms, entry.store_id, entry.stream, "rejected")
        if refusal.left_out:
            of_key = refusal.store_id
            self.rates.count(at_ms, of_key, entry.stream, "rejected", refusal.left_out)
            self.window.leave_out(of_key, entry.stream, refusal.left_out)
        self.window.add(entry)

    def _take_repeats(self, now_ms: int) -> None:
        for (stream, _), outcomes in self._outcomes.items():
            for event in outcomes.take_repeats():
                self.rates.count(now_ms, event.store_id, stream, "duplicate")
                if event.entry is not None:
                    event.entry.stage = "duplicate"
                    self.window.note_change(event.entry)

    def _apply(self, event: WaitingEvent, at_ms: int) -> None:
        entry = event.entry
        if entry is not None:
            entry.stage, entry.applied_ms = "applied", max(0, at_ms - entry.received_at)
            self.window.note_change(entry)

    def _let_die(self, event: WaitingEvent, headers: dict[str, str]) -> None:
        entry = event.entry
        if entry is not None:
            entry.stage = "dead"
            entry.field = headers.get("x-storepulse-field") or None
            message = headers.get("__dlq.errors.message") or headers.get("x-storepulse-reason", "")
            entry.wish = message[:300]
            self.window.note_change(entry)

    def _lose_sight(self, event: WaitingEvent) -> None:
        if event.entry is not None:
            event.entry.stage = "unknown"
            self.window.note_change(event.entry)

    # ---- duplicates ---------------------------------------------------------------------------

    async def _watch_ledger(self) -> None:
        reader = LedgerReader(self._settings, self._database)
        while True:
            await asyncio.sleep(LEDGER_EVERY_SECONDS)
            waiting = [where for where, outcomes in self._outcomes.items() if outcomes.waiting]
            if not waiting:
                continue
            try:
                looks = await reader.look(waiting)
            except Transient as error:
                log.debug("live_view_without_ledger", reason=str(error))
                continue
            for where, look in looks.items():
                self._outcomes[where].note_ledger(look)
            self._take_repeats(int(time() * 1000))
