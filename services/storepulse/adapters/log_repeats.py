"""Lines that repeat: said once, then counted.

Rules: a line with the same words about the same thing is written once in `WINDOW_SECONDS`; the
next one that is written says how many were not (`repeated`). While a server is away, each kind of
line is written once, whatever it is about, and the end of the outage says how many were not.
Critical lines are always written. Below warning only what libraries say is counted.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

WINDOW_SECONDS = 30.0
#: More kinds of lines than a process has; beyond, the window begins anew for all.
MOST_KINDS = 1_000
#: What a line is about.
SUBJECTS = (
    "stream", "topic", "partition", "destination", "server", "fault", "kind", "store", "route",
    "field", "path",
)  # fmt: skip
_changing = re.compile(r"0x[0-9a-f]+|[0-9]+(?:\.[0-9]+)*|[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(slots=True)
class _Kind:
    """One kind of line: when it was written last, and how many were not since."""

    written_at: float
    unwritten: int = 0
    in_outage: bool = False


class Repeats:
    """Decides which lines are written. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, ...], _Kind] = {}
        #: By server that is away, lines that were not written since.
        self._outages: dict[str, int] = {}

    def forget(self) -> None:
        """Begins anew."""
        with self._lock:
            self._kinds.clear()
            self._outages.clear()

    def begin_outage(self, server: str) -> None:
        """A server is away: from now on each kind of line is written once."""
        with self._lock:
            self._outages.setdefault(server, 0)
            for kind in self._kinds.values():
                kind.in_outage = False

    def end_outage(self, server: str) -> int:
        """It is back; the number of lines that were not written meanwhile."""
        with self._lock:
            return self._outages.pop(server, 0)

    def judge(self, source: str, event: str, subjects: tuple[str, ...]) -> int | None:
        """None where a line is not to be written, else how many like it were not before."""
        now, words = self._clock(), _changing.sub("#", event)
        with self._lock:
            is_away = bool(self._outages)
            key = (source, words) if is_away else (source, words, *subjects)
            kind = self._kinds.get(key)
            if kind is None:
                if len(self._kinds) >= MOST_KINDS:
                    self._kinds.clear()
                self._kinds[key] = _Kind(now, in_outage=is_away)
                return 0
            if kind.in_outage if is_away else now - kind.written_at < WINDOW_SECONDS:
                kind.unwritten += 1
                for server in self._outages:
                    self._outages[server] += 1
                return None
            unwritten, kind.unwritten = kind.unwritten, 0
            kind.written_at, kind.in_outage = now, is_away
            return unwritten


class RepeatFilter(logging.Filter):
    """The rules as a filter of the handler that writes."""

    def __init__(self, repeats: Repeats) -> None:
        super().__init__()
        self._repeats = repeats

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; notes in it how many were not."""
        fields: Mapping[str, Any] | None = record.msg if isinstance(record.msg, dict) else None
        if record.levelno >= logging.CRITICAL:
            return True
        if fields is None:
            repeated = self._repeats.judge(record.name, record.getMessage(), ())
        elif record.levelno >= logging.WARNING:
            subjects = tuple(str(fields.get(name, "")) for name in SUBJECTS)
            # Another traceback is another fault.
            words = f"{fields.get('event', '')} {fields.get('exception', '')}"
            repeated = self._repeats.judge("", words, subjects)
        else:
            return True
        if repeated:
            if isinstance(record.msg, dict):
                record.msg["repeated"] = repeated
            else:
                record.repeated = repeated
        return repeated is not None
