"""The caller's side of the queue, and its behaviour at fork and exit.

Only `flush` and `close` wait. Callers share no lock on which a signal handler or a finalizer could
deadlock: the queue is a SimpleQueue, and the lock of the counters is reentrant. The thread starts
with the first event of a process. After a fork, the child has its own queue, thread and connection,
and the parent's events remain the parent's.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable
from queue import SimpleQueue

from storepulse.client.backlog import MakeBacklog
from storepulse.client.encoding import QueuedEvent
from storepulse.client.flushes import FlushRequest
from storepulse.client.problems import Kind, Problem, ProblemTeller
from storepulse.client.sender import Item, Sender
from storepulse.client.settings import ClientSettings
from storepulse.client.transport import Transport

MakeTransport = Callable[[], Transport]
#: The number of failed calls that are kept for the sender to report one by one.
MOST_FAULTS = 100
#: How long a client without references keeps trying.
LONGEST_END = 600.0


class Outbox:
    """A queue and the thread that empties it."""

    def __init__(
        self,
        settings: ClientSettings,
        teller: ProblemTeller,
        make_backlog: MakeBacklog,
        make_transport: MakeTransport,
    ) -> None:
        self._settings, self._teller = settings, teller
        self.exit_seconds = settings.exit_seconds
        self._make_backlog, self._make_transport = make_backlog, make_transport
        self._inherited: list[object] = []
        self._is_closed = self._was_all_sent = False
        self._begin()
        _OUTBOXES.add(self)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._counting = threading.RLock()
        self._lost: Counter[Kind] = Counter()
        self._untold: Counter[Kind] = Counter()
        self._faults: deque[str] = deque(maxlen=MOST_FAULTS)
        self._sender: Sender | None = None

    def put(self, event: QueuedEvent) -> bool:
        """Queue an event; False if there is no room or the client is closed. Never waits."""
        if self._pid != os.getpid():
            self.renew()
        sender = self._sender
        waiting = self._queue.qsize() + (sender.backlog.waiting_count if sender is not None else 0)
        if self._is_closed or waiting >= self._settings.most_events:
            self.count("not_sent" if self._is_closed else "queue_full")
            return False
        self._queue.put(event)
        if self._thread is None:
            self._start()
        return True

    def count(self, kind: Kind, message: str = "") -> None:
        """Count an event that was lost in the caller's thread; the sender reports it."""
        with self._counting:
            self._lost[kind] += 1
            if message:
                self._faults.append(message)
            else:
                self._untold[kind] += 1
        if self._is_closed:
            return
        if self._queue.qsize() == 0:
            self._queue.put(None)
        if self._thread is None:
            self._start()

    def count_quietly(self, kind: Kind) -> None:
        """Count an event that is lost for a reason that was reported before."""
        with self._counting:
            self._lost[kind] += 1

    def flush(self, seconds: float) -> bool:
        """Wait until everything queued before is sent or refused; False on a timeout."""
        if self._is_closed:
            return self._was_all_sent
        if self._thread is None and self._queue.qsize() == 0:
            return True
        request = FlushRequest(seconds)
        self._ask(request)
        return request.wait()

    def close(self, seconds: float) -> bool:
        """End the client: wait as `flush` does, but not if a spool has everything."""
        if self._pid != os.getpid():
            self.renew()
        if self._is_closed:
            return self._was_all_sent
        self._is_closed = self._was_all_sent = True
        if self._thread is None and self._queue.qsize() == 0:
            return True
        request = FlushRequest(seconds, is_last=True, ends_when_safe=True)
        self._ask(request)
        if self._thread is None:
            self._work()  # No thread can be started, so this one sends.
        self._was_all_sent = request.wait()
        return self._was_all_sent

    def end_in_background(self) -> None:
        """End the client without waiting; queued events are sent as long as the process lives."""
        if self._thread is not None and not self._is_closed:
            self._is_closed = True
            self._ask(FlushRequest(LONGEST_END, is_last=True, ends_when_safe=True))

    def stats(self) -> tuple[int, int, int, int, Counter[Kind]]:
        """Counts: accepted, refused, dropped by the sender, waiting in memory; and lost in
        callers."""
        sender = self._sender
        with self._counting:
            lost = Counter(self._lost)
        if sender is None:
            return 0, 0, 0, self._queue.qsize(), lost
        waiting = self._queue.qsize() + sender.backlog.waiting_count
        return sender.accepted, sender.refused, sender.dropped, waiting, lost

    def renew(self) -> None:
        """Start with empty state in a forked process."""
        if self._sender is not None:
            # Neither closed nor collected, because the connection belongs to the parent.
            self._inherited.append(self._sender)
            self._sender.backlog.abandon()
        self._begin()

    def _ask(self, request: FlushRequest) -> None:
        self._queue.put(request)
        if self._thread is None:
            self._start()
        if self._sender is not None:
            self._sender.wake.set()

    def _start(self) -> None:
        """Start the thread, unless another caller is doing so.

        Does not raise: if no thread can be started, the next event tries again.
        """
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="storepulse", daemon=True)
                thread.start()
                self._thread = thread
        except RuntimeError:
            pass
        finally:
            self._starting.release()

    def _work(self) -> None:
        """Run the sender. The spool is opened here, not in the callers' threads."""
        self._new_sender().run()

    def _new_sender(self) -> Sender:
        if self._sender is None:
            sender = Sender(
                self._queue,
                self._make_backlog(),
                self._make_transport(),
                self._teller,
                self._settings,
            )
            sender.tell_callers_problems = self._tell_lost
            self._sender = sender
        return self._sender

    def _tell_lost(self) -> None:
        """Report events lost in callers' threads; called by the sender."""
        if not self._untold and not self._faults:
            return
        with self._counting:
            untold, self._untold = self._untold, Counter()
            faults = [self._faults.popleft() for _ in range(len(self._faults))]
        for message in faults:
            self._teller.tell(Problem("bad_arguments", message, 1))
        for kind, number in untold.items():
            self._teller.tell(Problem(kind, _REASONS.get(kind, kind), number))


_REASONS: dict[Kind, str] = {
    "queue_full": "too many events wait, so new ones are dropped",
    "not_sent": "the client is closed",
}
_OUTBOXES: weakref.WeakSet[Outbox] = weakref.WeakSet()


def _renew_all() -> None:
    for outbox in tuple(_OUTBOXES):
        outbox.renew()


def _close_all() -> None:
    """Close all clients at the end of the process, within the longest `exit_seconds`."""
    outboxes = tuple(_OUTBOXES)
    ends_at = time.monotonic() + max((box.exit_seconds for box in outboxes), default=0.0)
    for outbox in outboxes:
        outbox.close(max(0.0, ends_at - time.monotonic()))


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
