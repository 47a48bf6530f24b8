"""Looks up console sessions with a short-lived cache, like keys, so that a revoked key ends its
sessions as fast as itself.

A session in use is extended in the background; requests do not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from storepulse.access.console_sessions import STATEMENTS, ConsoleSession, extend_session
from storepulse.access.keys import hash_of
from storepulse.access.rules.signing_in import is_to_extend
from storepulse.adapters.clock import Clock, system_clock
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.pool import Pool, ThreadPool
from storepulse.domain.errors import Transient
from storepulse.query.lookup_memory import LookupMemory


class SessionRing:
    """Sessions by the token in their cookie. `writes`: connections that may write."""

    def __init__(
        self,
        database: Pool,
        writes: ThreadPool,
        now: Clock = system_clock,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._writes = writes
        self._now = now
        self._memory = LookupMemory(self._look_up, clock)
        self._extending: dict[bytes, asyncio.Task[None]] = {}

    async def find(self, token: str) -> ConsoleSession | None:
        """The session of a cookie, or None if it has ended or never existed. Its key may be
        revoked. Raises Transient."""
        session = await self._memory.find(hash_of(token)) if token else None
        now = self._now()
        if session is None or session.ends_at <= now:
            return None
        if is_to_extend(session.seen_at, now) and session.session_hash not in self._extending:
            task = asyncio.create_task(self._extend(session))
            self._extending[session.session_hash] = task
        return session

    def forget(self, token: str) -> None:
        """Drop the session of this cookie from the cache, because it was ended."""
        self._memory.forget(hash_of(token))

    async def _look_up(self, session_hash: bytes) -> ConsoleSession | None:
        parameters = {"session_hash": session_hash}
        rows = await self._database.rows(STATEMENTS["session"], parameters)
        return ConsoleSession.of(rows[0]) if rows else None

    async def _extend(self, session: ConsoleSession) -> None:
        now = self._now()
        try:
            await self._writes.run(lambda c: extend_session(c, session, now))
            self._memory.forget(session.session_hash)
        except Transient as fault:  # the next request tries again
            logger().warning("session_not_extended", fault=str(fault))
        finally:
            del self._extending[session.session_hash]
