"""Faults on a schedule: what happens when a slice's transaction reaches one of its named places.

Each fault waits for its place and strikes once. A process that is killed is a connection that ends
without a word; a worker that is frozen meets, when it wakes, a dead connection and a successor that
has done its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from tests.integration.agents.slice_model import LARGEST, PartitionLog

from storepulse.domain.errors import Transient
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.publisher import Headers, TooLarge
from storepulse.slices.writer import PatientWriter

Kind = Literal["error", "terminated", "reply lost", "not taken", "taken unseen", "frozen", "killed"]
Published = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]
PLACES = (
    "slices.before_transaction", "agents.after_copy", "agents.after_rows", "agents.before_publish",
    "agents.after_publish", "slices.before_commit", "slices.after_commit",
)  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "error", "terminated", "reply lost", "not taken", "taken unseen", "frozen", "killed",
)  # fmt: skip
_FAILING = "DO $$ BEGIN RAISE EXCEPTION 'made for a test' USING ERRCODE = '40001'; END $$"


class Killed(BaseException):
    """The process is gone: nothing of it may go on."""


@dataclass(frozen=True)
class Fault:
    """What strikes, and where."""

    place: str
    kind: Kind


@dataclass
class LogOf:
    """The broker's answers about one partition's log."""

    log: PartitionLog

    def read_beginning(self, _topic: str, _partition: int) -> int:
        return self.log.first

    def read_end(self, _topic: str, _partition: int) -> int:
        return self.log.end

    def holds_record(self, _topic: str, _partition: int, lower: int, upper: int) -> bool:
        return any(lower <= offset < upper for offset in self.log.records)

    def is_unchanged(self, _source: SourcePartition) -> bool:
        return True


@dataclass
class Topics:
    """What the broker has of the topics that are published to."""

    records: dict[str, list[Published]] = field(default_factory=dict)


class SchedulePublisher:
    """Stands for `SlicePublisher`: the broker takes a record at once, unless told otherwise."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._waiting: list[tuple[str, Published]] = []
        self.fails: Literal["", "not taken", "taken unseen"] = ""

    @property
    def unacknowledged(self) -> int:
        return len(self._waiting)

    def forget(self) -> None:
        """What waits is gone, as with a process that is killed."""
        self._waiting.clear()
        self.fails = ""

    def publish(
        self,
        topic: str,
        _partition: int,
        records: Iterable[tuple[bytes | None, bytes | None, Headers]],
    ) -> None:
        for position, (key, value, headers) in enumerate(records):
            if sum(len(v) for _, v in headers) + len(value or b"") > LARGEST:
                raise TooLarge(position)
            self._waiting.append((topic, (key, value, tuple(headers))))

    def wait(self) -> None:
        waiting, self._waiting = self._waiting, []
        fails, self.fails = self.fails, ""
        if fails != "not taken":
            for topic, record in waiting:
                self._topics.records.setdefault(topic, []).append(record)
        if fails:
            raise Transient("Kafka: made for a test")


@dataclass
class Schedule:
    """The faults of one write. `reach` stands for the transaction's own.

    `successor` writes the same slice by another worker; `terminate` ends a connection's backend.
    """

    writer: PatientWriter[Any]
    publisher: SchedulePublisher
    faults: list[Fault]
    successor: Callable[[], Any]
    terminate: Callable[[psycopg.Connection[Any]], None]
    struck: list[Fault] = field(default_factory=list)
    committed: bool = False
    _frozen: bool = False

    def reach(self, place: str) -> None:
        if place == "slices.before_commit" and not self._frozen:
            assert not self.publisher.unacknowledged, "commits before the broker has the records"
        if place == "slices.after_commit":
            self.committed = True
        if self._frozen or not self.faults or self.faults[0].place != place:
            return
        fault = self.faults.pop(0)
        self.struck.append(fault)
        self._strike(fault.kind)

    def _strike(self, kind: Kind) -> None:
        connection = self.writer._connection
        if kind in ("not taken", "taken unseen"):
            self.publisher.fails = kind
            return
        if connection is None or connection.closed:
            return
        match kind:
            case "error":
                connection.execute(_FAILING)
            case "terminated":
                self.terminate(connection)
            case "reply lost":
                self.terminate(connection)
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            case "frozen":
                # What the server's limit for idle transactions does to it, without the wait.
                self.terminate(connection)
                self._frozen = True
                try:
                    self.successor()
                finally:
                    self._frozen = False
            case "killed":
                connection.close()
                raise Killed
