"""RequestRefused beacons, kept in the catalog's topic for them: original body, reason and field.

Keys are taken out of what is kept (`domain/redaction.py`), and a body is cut at `MOST_KEPT` bytes;
the header `body_bytes` then says how many it had. At most so many bodies, and so many bytes, are
kept a second; above that they are only counted. Senders with a known key have an allowance of their
own, which nobody without one can use up. Never delays or changes an answer.
"""

from __future__ import annotations

from time import monotonic

from storepulse.adapters import metrics
from storepulse.domain.redaction import redacted, redacted_text
from storepulse.gateway.publishing.publisher import Publisher

MOST_KEPT = 16_384
MOST_REASON = 512


class _Allowance:
    """So many bodies and bytes in each second."""

    def __init__(self, bodies: int, size: int) -> None:
        self._bodies, self._bytes = bodies, size
        self._second = 0
        self._bodies_room = self._bytes_room = 0

    def take(self, size: int) -> bool:
        """Whether one more body of this size may be kept."""
        second = int(monotonic())
        if second != self._second:
            self._second = second
            self._bodies_room, self._bytes_room = self._bodies, self._bytes
        if self._bodies_room < 1 or self._bytes_room < size:
            return False
        self._bodies_room -= 1
        self._bytes_room -= size
        return True


class Rejects:
    """Publishes refused bodies, nobody waits for it."""

    def __init__(
        self, publisher: Publisher, topic: str, per_second: int, bytes_per_second: int
    ) -> None:
        self._publisher = publisher
        self._topic = topic
        self._of_known_senders = _Allowance(per_second, bytes_per_second)
        self._of_others = _Allowance(per_second, bytes_per_second)

    def keep(
        self, stream: str, body: bytes, field: str, reason: str, correlation: str, *, known: bool
    ) -> None:
        """Keeps one refused body, if the rates allow it. `known`: its sender has a key of ours."""
        cut = body[:MOST_KEPT]
        allowance = self._of_known_senders if known else self._of_others
        if not self._publisher.broker.is_writable or not allowance.take(len(cut)):
            metrics.REJECTS_NOT_KEPT.inc()
            return
        headers: dict[str, str | bytes | None] = {
            "stream": stream,
            "reason": redacted_text(reason[:MOST_REASON]).encode(errors="replace"),
            "field": redacted_text(field[:MOST_REASON]).encode(errors="replace"),
            "correlation_id": redacted_text(correlation),
        }
        if len(body) > MOST_KEPT:
            headers["body_bytes"] = str(len(body))
        if not self._publisher.publish_aside(self._topic, redacted(cut), headers):
            metrics.REJECTS_NOT_KEPT.inc()
