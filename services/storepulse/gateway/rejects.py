"""Keep rejected beacons in their topic: the original body, the reason and the field.

Keys are removed (`domain/redaction.py`), and a body is cut at `MOST_KEPT` bytes; the header
`body_bytes` then has its original size. The number and bytes of kept bodies per second are limited;
beyond that, rejects are only counted. Senders with a known key have an allowance of their own,
which others cannot use up. Keeping never delays or changes an answer.

The header `store_id` is set if the sender's key is tied to a store: the store in a body is not
verified. `left_out` is the number of the same store's rejects (or of those without a store) that
were only counted since the one before.
"""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple
from uuid import UUID

from storepulse.adapters import metrics
from storepulse.domain.redaction import redacted, redacted_text
from storepulse.gateway.publishing.publisher import Publisher

MOST_KEPT = 16_384
MOST_REASON = 512
#: The number of stores whose uncounted rejects are tracked separately; for others, `left_out` is
#: not sent.
MOST_STORES = 1_000


class RefusedSender(NamedTuple):
    """The sender of a rejected beacon.

    `is_known`: whether its key is a known one; `store_id`: the store that the key is tied to.
    """

    is_known: bool
    store_id: UUID | None


class _Allowance:
    """A limit of bodies and bytes in each second."""

    def __init__(self, bodies: int, size: int) -> None:
        self._bodies, self._bytes = bodies, size
        self._second = 0
        self._bodies_room = self._bytes_room = 0

    def take(self, size: int) -> bool:
        """Take room for one more body of this size; False if there is none."""
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
    """Publishes rejected bodies without waiting."""

    def __init__(
        self, publisher: Publisher, topic: str, per_second: int, bytes_per_second: int
    ) -> None:
        self._publisher = publisher
        self._topic = topic
        self._of_known_senders = _Allowance(per_second, bytes_per_second)
        self._of_others = _Allowance(per_second, bytes_per_second)
        self._left_out: dict[UUID | None, int] = {}

    def keep(
        self,
        stream: str,
        body: bytes,
        field: str,
        reason: str,
        correlation: str,
        sender: RefusedSender,
    ) -> None:
        """Keep one rejected body if the limits allow it."""
        cut = body[:MOST_KEPT]
        allowance = self._of_known_senders if sender.is_known else self._of_others
        if not self._publisher.broker.is_writable or not allowance.take(len(cut)):
            self._leave_out(sender.store_id)
            return
        headers: dict[str, str | bytes | None] = {
            "stream": stream,
            "reason": redacted_text(reason[:MOST_REASON]).encode(errors="replace"),
            "field": redacted_text(field[:MOST_REASON]).encode(errors="replace"),
            "correlation_id": redacted_text(correlation),
        }
        if len(body) > MOST_KEPT:
            headers["body_bytes"] = str(len(body))
        if sender.store_id is not None:
            headers["store_id"] = str(sender.store_id)
        left_out = self._left_out.pop(sender.store_id, 0)
        if left_out:
            headers["left_out"] = str(left_out)
        if not self._publisher.publish_aside(self._topic, redacted(cut), headers):
            self._leave_out(sender.store_id, left_out)

    def _leave_out(self, store_id: UUID | None, before: int = 0) -> None:
        """Count a reject that is not kept, in addition to `before` earlier ones."""
        metrics.REJECTS_NOT_KEPT.inc()
        if store_id in self._left_out or len(self._left_out) < MOST_STORES:
            self._left_out[store_id] = self._left_out.get(store_id, 0) + before + 1
