"""Dead letters leave for Kafka after the commit, and nobody waits for them."""

from __future__ import annotations

from typing import Any

from storepulse import cli
from storepulse.agents.transaction import SliceTransaction
from storepulse.slices.publisher import SlicePublisher

_apply = SliceTransaction.apply
_publish = SlicePublisher.publish


def publish(self: Any, topic: str, partition: int, records: Any) -> None:
    if ".dlq." in topic:
        self.later = (topic, partition, list(records))
    else:
        _publish(self, topic, partition, records)


def apply(self: Any, *arguments: Any) -> Any:
    outcome = _apply(self, *arguments)
    later, self._publisher.later = getattr(self._publisher, "later", None), None
    if later is not None:
        _publish(self._publisher, *later)
    return outcome


if __name__ == "__main__":
    SlicePublisher.publish = publish  # type: ignore[method-assign]
    SliceTransaction.apply = apply  # type: ignore[method-assign]
    cli.main()
