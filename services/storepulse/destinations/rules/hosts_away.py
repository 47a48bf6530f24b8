"""Hosts of images that do not answer: asked no more for a while, so that they hold nobody up.

Whoever sends an event names the host. One that hangs would otherwise hold a request of the
destination for its whole time-out, at the cost of all other stores.
"""

from __future__ import annotations

from collections import OrderedDict

#: Requests without an answer, one after another, after which a host is away.
ENOUGH = 3
AWAY_SECONDS = 60.0
#: Hosts that are remembered; beyond, the ones that failed longest ago are forgotten.
MOST_HOSTS = 1_000


class HostsAway:
    """What is known of hosts. `at` is seconds of any steady clock."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def is_away(self, host: str, at: float) -> bool:
        """Whether the host is not worth asking now."""
        count, since = self._failures.get(host, (0, 0.0))
        return count >= ENOUGH and at - since < AWAY_SECONDS

    def note(self, host: str, at: float, *, answered: bool) -> None:
        """A request to the host has ended; an answer is one whatever it says."""
        count, _ = self._failures.pop(host, (0, 0.0))
        if answered:
            return
        self._failures[host] = (count + 1, at)
        if len(self._failures) > MOST_HOSTS:
            self._failures.popitem(last=False)
