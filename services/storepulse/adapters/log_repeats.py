"""Lines that repeat: said once, then counted.

Rules: a line with the same words about the same thing is written once in `WINDOW_SECONDS`; the
next one that is written says how many were not (`repeated`). While a server is away, each kind of
line is written once, whatever it is about, and the end of the outage says how many were not.
Critical lines are always written, lines below warning too. What Kafka's clients say is a symptom: a
few kinds of their lines are written in the same time, and none in an outage or shortly after it.
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
#: Libraries that speak of the servers that they cannot reach.
CLIENTS = frozenset({"aiokafka", "faust", "mode", "librdkafka"})
#: Kinds of lines of one of them that are written in a window.
MOST_OF_A_LIBRARY = 3
#: After an outage, libraries are still at work on it.
AFTERMATH_SECONDS = 10.0
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
        self._ended_at = -AFTERMATH_SECONDS
        #: By library, when it began a window, and how many of its lines were written in it.
        self._libraries: dict[str, tuple[float, int]] = {}

    def forget(self) -> None:
        """Begins anew."""
        with self._lock:
            self._kinds.clear()
            self._outages.clear()
            self._libraries.clear()
            self._ended_at = -AFTERMATH_SECONDS

    def begin_outage(self, server: str) -> None:
        """A server is away: from now on each kind of line is written once."""
        with self._lock:
            self._outages.setdefault(server, 0)
            for kind in self._kinds.values():
                kind.in_outage = False

    def end_outage(self, server: str) -> int:
        """It is back; the number of lines that were not written meanwhile."""
        with self._lock:
            self._ended_at = self._clock()
            return self._outages.pop(server, 0)

    def judge_library(self, logger_name: str, text: str) -> int | None:
        """The same as `judge` of a library's line."""
        now, library = self._clock(), logger_name.partition(".")[0]
        with self._lock:
            if self._outages or now - self._ended_at < AFTERMATH_SECONDS:
                self._count()
                return None
            began, written = self._libraries.get(library, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, written = now, 0
            unwritten = self._judge(now, (library, text)) if written < MOST_OF_A_LIBRARY else None
            self._libraries[library] = (began, written + (unwritten is not None))
            return unwritten

    def judge(self, event: str, subjects: tuple[str, ...]) -> int | None:
        """None where a line is not to be written, else how many like it were not before."""
        with self._lock:
            key = ("", event) if self._outages else ("", event, *subjects)
            return self._judge(self._clock(), key)

    def _judge(self, now: float, subject: tuple[str, ...]) -> int | None:
        is_away = bool(self._outages)
        key = tuple(_changing.sub("#", part) for part in subject)
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
            self._kinds[key] = _Kind(now, in_outage=is_away)
            return 0
        if kind.in_outage if is_away else now - kind.written_at < WINDOW_SECONDS:
            kind.unwritten += 1
            self._count()
            return None
        unwritten, kind.unwritten = kind.unwritten, 0
        kind.written_at, kind.in_outage = now, is_away
        return unwritten

    def _count(self) -> None:
        for server in self._outages:
            self._outages[server] += 1


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
            if record.levelno < logging.WARNING:
                return True
            text = record.getMessage()
            if record.name.partition(".")[0] in CLIENTS:
                repeated = self._repeats.judge_library(record.name, text)
            else:
                repeated = self._repeats.judge(f"{text} {record.exc_info}", (record.name,))
        elif record.levelno >= logging.WARNING:
            subjects = tuple(str(fields.get(name, "")) for name in SUBJECTS)
            # Another traceback is another fault.
            words = f"{fields.get('event', '')} {fields.get('exception', '')}"
            repeated = self._repeats.judge(words, subjects)
        else:
            return True
        if repeated:
            if isinstance(record.msg, dict):
                record.msg["repeated"] = repeated
            else:
                record.repeated = repeated
        return repeated is not None
