"""The loop that takes events from the queue, sends them, and retries.

One thread runs it, with one request in flight, so a visitor's events arrive in order. Only `close`
ends the loop. An event's bytes never change between attempts.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue

from storepulse.client.answers import AnswerVerdict
from storepulse.client.backlog import EventBacklog, Portion
from storepulse.client.batches import Batch, batches_of
from storepulse.client.encoding import QueuedEvent
from storepulse.client.flushes import FlushRequest
from storepulse.client.problems import Problem, ProblemTeller
from storepulse.client.settings import ClientSettings
from storepulse.client.transport import Transport

Item = QueuedEvent | FlushRequest | None
#: The maximum number of events in a turn, and in a portion.
MOST_TAKEN = 500
#: A short pause to gather events saves thread switches in the caller's process.
MEMORY_PAUSE, SPOOL_PAUSE = 0.05, 0.005
#: Unanswered events may be sent again for 7 days without counting twice.
MOST_AGE_SECONDS = 6 * 24 * 3600.0
LOOK_SECONDS = 60.0
FIRST_WAIT = 1.0
_FAULT_PAUSE = 1.0


class Sender:
    """Sends events from a queue until it is closed. `wake` interrupts a short pause."""

    def __init__(
        self,
        queue: SimpleQueue[Item],
        backlog: EventBacklog,
        transport: Transport,
        teller: ProblemTeller,
        settings: ClientSettings,
    ) -> None:
        self._queue, self.backlog, self._transport = queue, backlog, transport
        self._teller, self._settings = teller, settings
        self.wake = threading.Event()
        self.accepted = self.refused = self.dropped = 0
        #: Called each turn: reports problems from callers' threads.
        self.tell_callers_problems: Callable[[], None] = lambda: None
        self._portion: Portion | None = None
        self._batches: deque[Batch] = deque()
        self._flushes: list[FlushRequest] = []
        self._taken = self._settled = 0
        self._failures = 0
        self._retry_at = 0.0
        self._is_told_to_wait = False
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._is_over = False

    def run(self) -> None:
        """Run until the client is closed."""
        while not self._is_over:
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - the loop must go on
                self._teller.tell(Problem("failure", f"{type(error).__name__}: {error}"))
                self.wake.wait(_FAULT_PAUSE)
                self.wake.clear()
        self._transport.close()
        self.backlog.close()

    def _turn(self) -> None:
        self._take_items()
        self.tell_callers_problems()
        now = time.monotonic()
        if self._look_at <= now and self.backlog.is_safe:
            self._look_at = now + LOOK_SECONDS
            self.backlog.look_for_others()
        self._begin_portion()
        if self._batches and self._may_try(now):
            self._send(self._batches[0])
        self._end_portion()
        if self.backlog.fault is not None:
            reason = f"the disk fails, so memory is used: {self.backlog.fault}"
            self.backlog.fault = None
            self._teller.tell(Problem("spool", reason))
        self._answer_flushes()

    def _take_items(self) -> None:
        """Wait for something to do, then take what is in the queue."""
        wait = self._seconds_to_wait()
        events: list[QueuedEvent] = []
        try:
            item = self._queue.get_nowait() if wait == 0 else self._queue.get(timeout=wait)
        except Empty:
            return
        pause = SPOOL_PAUSE if self.backlog.is_safe else MEMORY_PAUSE
        if isinstance(item, QueuedEvent) and not self._flushes:
            self.wake.wait(min(pause, self._settings.interval))
            self.wake.clear()
        while True:
            if isinstance(item, QueuedEvent):
                events.append(item)
            elif item is not None:
                self._add(events)
                events = []
                item.target = self._taken
                self._flushes.append(item)
            if len(events) >= MOST_TAKEN:
                break
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
        self._add(events)

    def _add(self, events: list[QueuedEvent]) -> None:
        if not events:
            return
        left = self.backlog.add(events, time.time())
        self._taken += len(events) - len(left)
        if left:
            self.dropped += len(left)
            reason = "the spool has all the bytes it may"
            self._teller.tell(Problem("spool_full", reason, len(left), _ids(left)))

    def _seconds_to_wait(self) -> float | None:
        """How long to wait for a new item at most; None means without a limit."""
        now = time.monotonic()
        waits = [flush.ends_at - now for flush in self._flushes if flush.is_last]
        if self._batches or self.backlog.has_older():
            waits.append(0.0 if self._may_try(now) else self._retry_at - now)
        else:
            since = self.backlog.oldest_time()
            if since is not None:
                # The wall clock may be set, so the wait is never longer than the interval.
                age = max(0.0, time.time() - since)
                due = 0.0 if self._flushes else self._settings.interval - age
                waits.append(due if self._may_try(now) else max(due, self._retry_at - now))
            if self.backlog.is_safe:
                waits.append(self._look_at - now)
        return max(0.0, min(waits)) if waits else None

    def _may_try(self, now: float) -> bool:
        if now >= self._retry_at:
            return True
        # A flush triggers an attempt at once, unless the gateway asked us to wait.
        return not self._is_told_to_wait and any(not flush.is_tried for flush in self._flushes)

    def _begin_portion(self) -> None:
        if self._portion is not None:
            return
        since = self.backlog.oldest_time()
        is_due = since is not None and (
            bool(self._flushes) or not 0 <= time.time() - since < self._settings.interval
        )
        if self.backlog.has_older() or is_due:
            self._portion = self.backlog.take()
            if self._portion is not None:
                batches = batches_of(self._portion.events, self._settings.batch_events)
                self._batches = deque(batches)

    def _end_portion(self) -> None:
        portion = self._portion
        if portion is None:
            return
        if self._batches and time.time() - portion.taken_at > MOST_AGE_SECONDS:
            lost = [event for batch in self._batches for event in batch.events]
            self.dropped += len(lost)
            reason = "waited for six days; sent again later, they could count twice"
            self._teller.tell(Problem("too_old", reason, len(lost), _ids(lost)))
            self._batches.clear()
        if not self._batches:
            self.backlog.settle(portion)
            self._settled += len(portion.events) if portion.is_own else 0
            self._portion = None

    def _send(self, batch: Batch) -> None:
        seconds = self._settings.request_seconds
        for flush in self._flushes:
            flush.is_tried = True
            if flush.is_last:
                seconds = min(seconds, max(0.05, flush.ends_at - time.monotonic()))
        verdict = self._transport.post(batch, seconds)
        if verdict.outcome == "kept":
            self._keep(verdict)
            return
        self._failures, self._retry_at, self._is_told_to_wait = 0, 0.0, False
        self._batches.popleft()
        if verdict.outcome == "too_large" and len(batch.events) > 1:
            self._batches.extendleft(reversed(batch.halves()))
        elif verdict.outcome == "taken":
            self.accepted += len(batch.events) - len(verdict.refused)
            self.refused += len(verdict.refused)
            for place, reason in verdict.refused:
                ids = _ids(batch.events[place : place + 1])
                self._teller.tell(Problem("refused", reason, 1, ids, verdict.status))
        else:
            self.refused += len(batch.events)
            self._teller.tell(
                Problem(
                    "refused", verdict.reason, len(batch.events), _ids(batch.events), verdict.status
                )
            )

    def _keep(self, verdict: AnswerVerdict) -> None:
        """Wait before the next attempt: as the gateway asks, else exponentially longer, with
        jitter."""
        self._is_told_to_wait = verdict.wait is not None
        wait = min(FIRST_WAIT * 2 ** min(self._failures, 20), self._settings.longest_wait)
        wait *= 0.5 + random.random() / 2  # noqa: S311 - spreads clients, guards nothing
        self._failures += 1
        self._retry_at = time.monotonic() + (wait if verdict.wait is None else verdict.wait)
        self._teller.tell(Problem("unreachable", verdict.reason, status=verdict.status))
        for flush in self._flushes:
            if flush.ends_when_safe and self.backlog.is_safe:
                flush.finish(is_sent=False)

    def _answer_flushes(self) -> None:
        now = time.monotonic()
        for flush in list(self._flushes):
            is_sent = self._settled >= flush.target
            is_over = flush.is_done or now >= flush.ends_at
            if not is_sent and not is_over:
                continue
            flush.finish(is_sent=is_sent)
            self._flushes.remove(flush)
            if flush.is_last:
                self._is_over = True
                if not is_sent and not self.backlog.is_safe:
                    self._tell_lost()

    def _tell_lost(self) -> None:
        lost = self.backlog.waiting_count
        self.dropped += lost
        self._teller.tell(Problem("not_sent", "the client was closed before", lost))


def _ids(events: list[QueuedEvent] | tuple[QueuedEvent, ...]) -> tuple[str, ...]:
    return tuple(event.id for event in events[:100])
