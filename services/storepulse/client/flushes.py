"""A caller's request to wait until its queued events are sent."""

from __future__ import annotations

import threading
import time


class FlushRequest:
    """A marker in the queue behind the events that it waits for.

    `is_last`: no item follows it. `ends_when_safe`: it is enough that a spool has the events.
    """

    def __init__(
        self, seconds: float, *, is_last: bool = False, ends_when_safe: bool = False
    ) -> None:
        self.ends_at = time.monotonic() + seconds
        self.is_last, self.ends_when_safe = is_last, ends_when_safe
        #: How many events of the process were queued before it.
        self.target = 0
        self.is_tried = False
        self.is_sent = False
        self._done = threading.Event()

    @property
    def is_done(self) -> bool:
        """Whether the request is answered."""
        return self._done.is_set()

    def finish(self, *, is_sent: bool) -> None:
        """Answer the request, the first time."""
        if not self._done.is_set():
            self.is_sent = is_sent
            self._done.set()

    def wait(self) -> bool:
        """Wait for the answer until the time limit; whether everything was sent or refused."""
        self._done.wait(max(0.0, self.ends_at - time.monotonic()))
        return self.is_sent
