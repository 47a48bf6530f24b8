"""Resolves host names with the operating system, so that one slow name does not delay the others.

A lookup blocks a thread until the name server answers. Concurrent lookups of one name share a
thread, so that a name that hangs holds one thread, however many requests wait for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

#: Maximum of concurrent lookups.
MOST_LOOKUPS = 32


def look_up(host: str) -> list[str]:
    """The addresses of `host`, in the system's order of preference. Blocks; raises OSError."""
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


class SystemNames:
    """A resolver for one event loop. Call `close` at the end."""

    def __init__(self, lookup: Callable[[str], Sequence[str]] = look_up) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(MOST_LOOKUPS, thread_name_prefix="names")
        self._lookups: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str) -> Sequence[str]:
        """The addresses of `host`, as literals. Raises OSError or UnicodeError."""
        lookup = self._lookups.get(host)
        if lookup is None:
            loop = asyncio.get_running_loop()
            lookup = loop.run_in_executor(self._threads, self._lookup, host)
            self._lookups[host] = lookup
            lookup.add_done_callback(lambda done: self._on_end(host, done))
        # Cancelling one waiter must not cancel the lookup for the others.
        return await asyncio.shield(lookup)

    def _on_end(self, host: str, lookup: asyncio.Future[Sequence[str]]) -> None:
        del self._lookups[host]
        if not lookup.cancelled():
            # Retrieve the exception, because there may be no waiter left.
            lookup.exception()

    def close(self) -> None:
        """Starts no further lookups, and does not wait for those under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)
