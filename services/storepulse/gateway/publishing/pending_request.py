"""One request's records on their way to the broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Protocol

from confluent_kafka import KafkaError

#: (key, value) of each.
Records = Sequence[tuple[bytes, bytes]]
#: Is told None when the broker has all records of a request, else why not; once.
OnDone = Callable[[KafkaError | None], None]


class PendingOwner(Protocol):
    """Who counts the deliveries of a request."""

    def finish(self, pending: PendingRequest) -> None:
        """All deliveries of a request are settled."""
        ...

    def handle_failure(self, error: KafkaError) -> None:
        """A delivery has failed."""
        ...


def _ignore(_error: KafkaError | None) -> None:
    """Takes the outcome of records whose request was answered already."""


class PendingRequest:
    """Records and the deliveries that are still to come. Times by `perf_counter`.

    `is_patient`: it waits for the broker however long that takes.
    """

    __slots__ = (
        "count",
        "error",
        "handed_over_at",
        "is_patient",
        "on_done",
        "owner",
        "records",
        "started_at",
        "topic",
        "undelivered",
    )

    def __init__(
        self, owner: PendingOwner, topic: str, records: Records, on_done: OnDone, patient: bool
    ) -> None:
        self.owner = owner
        self.topic = topic
        self.records = records
        self.count = self.undelivered = len(records)
        self.on_done = on_done
        self.is_patient = patient
        self.error: KafkaError | None = None
        self.started_at = self.handed_over_at = perf_counter()

    def on_delivery(self, error: KafkaError | None, _message: Any) -> None:
        """What librdkafka calls for each record."""
        self.undelivered -= 1
        if error is not None:
            self.error = error
            self.owner.handle_failure(error)
            self.settle(error)
        if not self.undelivered:
            self.owner.finish(self)

    def settle(self, error: KafkaError | None) -> None:
        """Tells the request's outcome, once."""
        on_done, self.on_done = self.on_done, _ignore
        on_done(error)
