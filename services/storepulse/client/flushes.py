"""A caller's wish that what it queued is sent before it goes on."""

from __future__ import annotations

import threading
import time


class FlushRequest:
    """Waits in the queue behind the events that it is about.

    `is_last`: nothing comes after it. `ends_when_safe`: a spool that has the events is enough.
    """

    def __init__(
        self, seconds: float, *, is_last: bool = False, ends_when_safe: bool = False
    ) -> None:
        self.ends_at = time.monotonic() + seconds
        self.is_last, self.ends_when_safe = is_last, ends_when_safe
        #: How many events of the process were taken in before it.
        self.target = 0
        self.is_tried = False
        self.is_sent = False
        self._done = threading.Event()

    @property
    def is_done(self) -> bool:
        """Whether there is an answer."""
        return self._done.is_set()

    def finish(self, *, is_sent: bool) -> None:
        """Answers, the first time."""
        if not self._done.is_set():
            self.is_sent = is_sent
            self._done.set()

    def wait(self) -> bool:
        """Waits for the answer until its time is over: whether all was sent or refused."""
        self._done.wait(max(0.0, self.ends_at - time.monotonic()))
        return self.is_sent
