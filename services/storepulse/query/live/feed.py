"""One reader's stream of server-sent events.

    events  {"events": [entry, …]}   new and changed entries; the same id replaces an earlier one
    rates   {"since", "until", "is_current", "seconds": [{"at", "accepted", "applied", …}, …]}
    gap     {"missed": 12 or null, "reason": "slow" | "away" | "rate" | "behind"}
    end     {"reason": "access" | "stopping"}

Every `events` and `gap` has an id, with which a disconnected reader resumes (Last-Event-ID).
`rates` is sent every second, so a connection that is silent for longer is broken. For a slow reader
nothing is queued but its position; what it missed is counted when it reads again.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any

from fastapi.sse import format_sse_event

from storepulse.domain.times import utc_text
from storepulse.query.live.hub import LiveHub
from storepulse.query.live.rates import SECONDS_SHOWN
from storepulse.query.live.window import LiveFilter

FLUSH_SECONDS = 0.25
#: How often the reader's access is checked again.
CHECK_SECONDS = 2.0
#: How long a new reader waits at most for the backlog to be read.
CATCH_UP_SECONDS = 5.0
#: Most entries of one message, also of the first one.
MOST_ENTRIES = 500
#: How long a browser waits before it reconnects.
RETRY_MS = 2_000
_ID = re.compile(r"([0-9a-f]{8})-(\d{1,15})")


class Feed:
    """The messages for one reader. `may_read` checks that the reader still has access."""

    def __init__(
        self,
        hub: LiveHub,
        asked: LiveFilter,
        last_id: str | None,
        may_read: Callable[[], Awaitable[bool]],
    ) -> None:
        self._hub = hub
        self._asked = asked
        self._last_id = last_id
        self._may_read = may_read
        self._epoch = hub.epoch
        self._number = 0
        self._left_out = 0
        self._rates_seen = 0
        self._rates_until = 0
        self._checked_at = monotonic()

    async def messages(self) -> AsyncIterator[bytes]:
        """The stream's bytes, message by message, until it ends."""
        yield format_sse_event(retry=RETRY_MS, comment="live")
        async for message in self._first():
            yield message
        while True:
            if await self._is_over():
                break
            for message in self._due_messages():
                yield message
        reason = "stopping" if self._hub.stopping.is_set() else "access"
        yield format_sse_event(event="end", data_str=json.dumps({"reason": reason}))

    async def _first(self) -> AsyncIterator[bytes]:
        """The backlog: what happened before the reader joined."""
        if not self._hub.caught_up.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hub.caught_up.wait(), CATCH_UP_SECONDS)
        self._left_out = self._hub.window.left_out(self._asked)
        yield self._rates()
        known = _ID.fullmatch(self._last_id or "")
        window = self._hub.window
        if known and known[1] == self._hub.epoch and int(known[2]) <= window.number:
            self._number = int(known[2])
            for message in self._changes("away"):
                yield message
            return
        if self._last_id:
            yield self._gap(None, "away")
        page = window.read_newest(self._asked, MOST_ENTRIES)
        self._number = page.number
        if page.entries:
            yield self._events(page.entries)

    async def _is_over(self) -> bool:
        """Wait for the next flush. Returns whether the stream must end."""
        try:
            await asyncio.wait_for(self._hub.stopping.wait(), FLUSH_SECONDS)
        except TimeoutError:
            pass
        else:
            return True
        if monotonic() - self._checked_at < CHECK_SECONDS:
            return False
        self._checked_at = monotonic()
        return not await self._may_read()

    def _due_messages(self) -> list[bytes]:
        """The messages of one flush."""
        if self._hub.epoch != self._epoch:
            self._epoch, self._number, self._rates_seen = self._hub.epoch, 0, 0
            self._left_out = 0
        due = self._changes("slow")
        left_out = self._hub.window.left_out(self._asked)
        if left_out > self._left_out:
            missed = left_out - self._left_out if self._asked.is_counted else None
            due.append(self._gap(missed, "rate"))
            self._left_out = left_out
        if int(time()) > self._rates_until:
            due.append(self._rates())
        return due

    def _changes(self, reason: str) -> list[bytes]:
        """Changes since the last message, and how many of them the reader will not see."""
        window = self._hub.window
        if window.number == self._number:
            return []
        page = window.read(self._asked, self._number, MOST_ENTRIES)
        self._number = page.number
        messages: list[bytes] = []
        if page.missed != 0:
            messages.append(self._gap(page.missed, "behind" if page.was_cut else reason))
        if page.entries:
            messages.append(self._events(page.entries))
        return messages

    def _events(self, entries: list[Any]) -> bytes:
        data = f'{{"events":[{",".join(kept.json for kept in entries)}]}}'
        return format_sse_event(event="events", data_str=data, id=self._id)

    def _gap(self, missed: int | None, reason: str) -> bytes:
        data = json.dumps({"missed": missed, "reason": reason})
        return format_sse_event(event="gap", data_str=data, id=self._id)

    @property
    def _id(self) -> str:
        return f"{self._hub.epoch}-{self._number}"

    def _rates(self) -> bytes:
        """The seconds that are over and have changed."""
        now = int(time())
        self._rates_until = now
        hub, asked = self._hub, self._asked
        changed, self._rates_seen = hub.rates.changed_since(self._rates_seen, now)
        seconds = [
            {"at": _text_of(second), **hub.rates.of_second(second, asked.store_id, asked.stream)}
            for second in changed
        ]
        first = max(-(-hub.known_since_ms // 1000), now - SECONDS_SHOWN)
        data = {
            "since": _text_of(first),
            "until": _text_of(now),
            "is_current": hub.is_current,
            "seconds": seconds,
        }
        return format_sse_event(event="rates", data_str=json.dumps(data))


def _text_of(second: int) -> str:
    return utc_text(datetime.fromtimestamp(second, UTC))
