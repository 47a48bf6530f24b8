"""Suppress and count log lines that repeat.

A line with the same words about the same subject is written once in `WINDOW_SECONDS`; the next one
that is written has the number of suppressed ones (`repeated`). While a server is away, each kind of
line is written once, whatever its subject, and the line about the outage's end has the number of
suppressed ones. Critical lines and lines below warning are always written. Lines of Kafka's clients
are symptoms: a few kinds of them are written per window, and none during an outage or shortly after
it.
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
#: Libraries that log about servers that they cannot reach.
CLIENTS = frozenset({"aiokafka", "faust", "mode", "librdkafka"})
#: The number of kinds of a library's lines that are written in a window.
MOST_OF_A_LIBRARY = 3
#: After an outage, libraries still recover from it.
AFTERMATH_SECONDS = 10.0
#: More kinds of lines than a process has; beyond it, all windows restart.
MOST_KINDS = 1_000
#: The fields that identify a line's subject.
SUBJECTS = (
    "stream", "topic", "partition", "destination", "server", "fault", "kind", "store", "route",
    "field", "path",
)  # fmt: skip
_changing = re.compile(r"0x[0-9a-f]+|[0-9]+(?:\.[0-9]+)*|[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(slots=True)
class _Kind:
    """One kind of line: when it was last written, and how many were suppressed since."""

    written_at: float
    unwritten: int = 0
    in_outage: bool = False


class Repeats:
    """Decides which lines are written. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, ...], _Kind] = {}
        #: For each server that is away, the lines suppressed since then.
        self._outages: dict[str, int] = {}
        self._ended_at = -AFTERMATH_SECONDS
        #: For each library, the start of its window, and how many of its lines were written in it.
        self._libraries: dict[str, tuple[float, int]] = {}

    def forget(self) -> None:
        """Reset all state."""
        with self._lock:
            self._kinds.clear()
            self._outages.clear()
            self._libraries.clear()
            self._ended_at = -AFTERMATH_SECONDS

    def begin_outage(self, server: str) -> None:
        """Record that a server is away: each kind of line is now written once."""
        with self._lock:
            self._outages.setdefault(server, 0)
            for kind in self._kinds.values():
                kind.in_outage = False

    def end_outage(self, server: str) -> int:
        """Record that a server is back; return the number of lines suppressed meanwhile."""
        with self._lock:
            self._ended_at = self._clock()
            return self._outages.pop(server, 0)

    def judge_library(self, logger_name: str, text: str) -> int | None:
        """`judge` for a library's line."""
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
        """None if a line must not be written, else how many like it were suppressed before."""
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
    """Applies the rules, as a filter of the handler that writes."""

    def __init__(self, repeats: Repeats) -> None:
        super().__init__()
        self._repeats = repeats

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; adds to it how many were suppressed."""
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
            # A different traceback is a different fault.
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
