"""Refused beacons, kept in the catalog's topic for them: original body, reason and field.

At most so many a second; above that they are only counted. Never delays or changes an answer.
"""

from __future__ import annotations

from time import monotonic

from storepulse.adapters import metrics
from storepulse.gateway.publisher import Publisher


class Rejects:
    """Publishes refused bodies, nobody waits for it."""

    def __init__(self, publisher: Publisher, topic: str, per_second: int) -> None:
        self._publisher = publisher
        self._topic = topic
        self._per_second = per_second
        self._second = 0
        self._kept = 0

    def keep(self, stream: str, body: bytes, field: str, reason: str, correlation: str) -> None:
        """Keeps one refused body, if the rate allows it."""
        second = int(monotonic())
        if second != self._second:
            self._second, self._kept = second, 0
        if self._kept >= self._per_second or not self._publisher.writable:
            metrics.REJECTS_NOT_KEPT.inc()
            return
        self._kept += 1
        headers: dict[str, str | bytes | None] = {
            "stream": stream,
            "reason": reason.encode(errors="replace"),
            "field": field.encode(errors="replace"),
            "correlation_id": correlation,
        }
        if not self._publisher.publish_aside(self._topic, body, headers):
            metrics.REJECTS_NOT_KEPT.inc()
