"""One request's records on their way to the broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Protocol

from confluent_kafka import KafkaError

#: (key, value) pairs.
Records = Sequence[tuple[bytes, bytes]]
#: Called once: with None when the broker has all records of a request, else with the error.
OnDone = Callable[[KafkaError | None], None]


class PendingOwner(Protocol):
    """Counts the deliveries of a request."""

    def finish(self, pending: PendingRequest) -> None:
        """Called when all deliveries of a request are settled."""
        ...

    def handle_failure(self, error: KafkaError) -> None:
        """Called when a delivery fails."""
        ...


def _ignore(_error: KafkaError | None) -> None:
    """Ignore the outcome of records whose request is already answered."""


class PendingRequest:
    """Records and their outstanding deliveries. Times are of `perf_counter`.

    `is_patient`: the request waits for the broker without a limit.
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
        """The delivery callback of each record."""
        self.undelivered -= 1
        if error is not None:
            self.error = error
            self.owner.handle_failure(error)
            self.settle(error)
        if not self.undelivered:
            self.owner.finish(self)

    def settle(self, error: KafkaError | None) -> None:
        """Report the request's outcome, once."""
        on_done, self.on_done = self.on_done, _ignore
        on_done(error)
