"""Names of hosts to addresses, by the operating system, so that one bad name delays no other.

A lookup blocks a thread for as long as a name server likes. Questions for the same name share one
lookup, so that a name that hangs holds one thread, however many requests wait for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

#: Names that may be looked up at the same time.
MOST_LOOKUPS = 32


def look_up(host: str) -> list[str]:
    """The addresses of `host`, in the system's order of preference. Blocks; raises OSError."""
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


class SystemNames:
    """A resolver; `close` it in the end. For one event loop."""

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
        # Whoever stops waiting must not take the answer away from the others.
        return await asyncio.shield(lookup)

    def _on_end(self, host: str, lookup: asyncio.Future[Sequence[str]]) -> None:
        del self._lookups[host]
        if not lookup.cancelled():
            # Read here, since nobody may be waiting any more.
            lookup.exception()

    def close(self) -> None:
        """Starts no further lookups; those under way are left to end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
