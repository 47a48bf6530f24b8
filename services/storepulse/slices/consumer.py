"""The interface between a consumer of slices and the code that runs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, Self, TypeVar

import psycopg

from storepulse.contracts.dead_letter_headers import replay_of
from storepulse.slices.ledger import BrokerLog, SourcePartition
from storepulse.slices.slice import Slice


@dataclass(frozen=True)
class Dead:
    """A record to set aside: its index in the slice, and the reason.

    `is_undecodable`: its bytes are not an event. Many at once suggest a bad deployment.
    """

    index: int
    stage: str
    reason: str
    field: str = ""
    message: str = ""
    store_id: str | None = None
    event_id: str | None = None
    received_at: datetime | None = None
    correlation_id: str | None = None
    is_undecodable: bool = False


@dataclass(frozen=True)
class SliceOutcome:
    """How many of a slice's records ended how; `redelivered` ones were already in the ledger."""

    applied: int = 0
    duplicate: int = 0
    conflict: int = 0
    dead: int = 0
    redelivered: int = 0
    newest_received_ms: int | None = None
    dead_by_stage: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: SliceOutcome) -> SliceOutcome:
        """Return the sum of two outcomes."""
        received = [
            ms for ms in (self.newest_received_ms, other.newest_received_ms) if ms is not None
        ]
        return SliceOutcome(
            self.applied + other.applied,
            self.duplicate + other.duplicate,
            self.conflict + other.conflict,
            self.dead + other.dead,
            self.redelivered + other.redelivered,
            max(received, default=None),
            Counter(self.dead_by_stage) + Counter(other.dead_by_stage),
        )


class RefusedByDatabase(Exception):
    """Records that cannot be stored or published: their indexes in the slice, with reasons."""

    def __init__(self, reasons: dict[int, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class Inapplicable(Exception):
    """An unknown record of the slice cannot be applied because of its content.

    The message is one line. Bisection finds the record.
    """


class PreparedSlice(Protocol):
    """A decoded and checked slice: the input of its transaction."""

    @property
    def slice(self) -> Slice: ...

    @property
    def dead_records(self) -> Sequence[Dead]: ...

    def mark_dead(self, reasons: dict[int, str]) -> Self:
        """Return the same slice with these records marked dead; `reasons` is keyed by index."""
        ...

    def cut(self, start: int, stop: int) -> Self:
        """Return the records from index `start` to before `stop`, as their own slice."""
        ...


P = TypeVar("P", bound=PreparedSlice)
P_contra = TypeVar("P_contra", bound=PreparedSlice, contravariant=True)


class Transaction(Protocol[P_contra]):
    """Applies slices of one consumer through one connection, on one thread."""

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Take a new connection in autocommit mode, which replaces the previous one."""
        ...

    def apply(self, prepared: P_contra, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """Apply a slice once, or raise with nothing stored.

        psycopg.Error and Transient are retried if they are transient. RefusedByDatabase and
        Inapplicable set records aside. Any other exception ends the process. If PostgreSQL refuses
        records for their content, this raises Inapplicable, before any effect outside of the
        transaction is visible.
        """
        ...


@dataclass(frozen=True)
class Consumer(Generic[P]):
    """How one topic is consumed. `name` appears in logs and as the label `stream` in metrics.

    `make_transaction` is called once for each writing thread, with its session name. `lanes`: how
    many slices of different partitions are written concurrently.
    """

    name: str
    topic: str
    prepare: Callable[[Slice], P]
    make_transaction: Callable[[str], Transaction[P]]
    lanes: int = 1


def find_undecodable(prepared: PreparedSlice) -> list[Dead]:
    """Return the records that do not decode, except replays of dead letters.

    An operator asked for the replays, and all of them may still be bad.
    """
    headers = prepared.slice.headers
    undecodable = [dead for dead in prepared.dead_records if dead.is_undecodable]
    return [dead for dead in undecodable if replay_of(headers[dead.index]) is None]
