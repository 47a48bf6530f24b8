"""Remembers image hosts that do not answer, so that they are skipped for a while.

Events name the hosts. A host that hangs would otherwise hold a request of the destination for its
whole time-out, and so delay all other stores.
"""

from __future__ import annotations

from collections import OrderedDict

#: Consecutive requests without an answer after which a host is away.
ENOUGH = 3
AWAY_SECONDS = 60.0
#: Maximum of hosts that are remembered. Beyond it, the one that failed longest ago is dropped.
MOST_HOSTS = 1_000


class HostsAway:
    """Failures by host. `at` is in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def is_away(self, host: str, at: float) -> bool:
        """Whether the host should not be asked now."""
        count, since = self._failures.get(host, (0, 0.0))
        return count >= ENOUGH and at - since < AWAY_SECONDS

    def note(self, host: str, at: float, *, answered: bool) -> None:
        """Records the end of a request. Any status counts as an answer."""
        count, _ = self._failures.pop(host, (0, 0.0))
        if answered:
            return
        self._failures[host] = (count + 1, at)
        if len(self._failures) > MOST_HOSTS:
            self._failures.popitem(last=False)
