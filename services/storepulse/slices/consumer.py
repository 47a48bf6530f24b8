"""What a consumer of slices hands in, and the words between it and the machinery."""

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
    """A record to set aside: its index in the slice, and why.

    `is_undecodable`: its bytes are no event, which many records at once are after a bad deployment.
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
    """What became of a slice's records; `redelivered` were in the ledger before."""

    applied: int = 0
    duplicate: int = 0
    conflict: int = 0
    dead: int = 0
    redelivered: int = 0
    newest_received_ms: int | None = None
    dead_by_stage: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: SliceOutcome) -> SliceOutcome:
        """What became of two slices together."""
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
    """Records that cannot be stored or published, by their index in the slice, each with the
    reason."""

    def __init__(self, reasons: dict[int, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class Inapplicable(Exception):
    """Some record cannot be applied, for its content; which one, is found by taking the slice
    apart. Says why in one line."""


class PreparedSlice(Protocol):
    """A slice decoded and checked: what its transaction needs."""

    @property
    def slice(self) -> Slice: ...

    @property
    def dead_records(self) -> Sequence[Dead]: ...

    def mark_dead(self, reasons: dict[int, str]) -> Self:
        """The same slice with the records of these indexes among the dead, each for its reason."""
        ...

    def cut(self, start: int, stop: int) -> Self:
        """The records from index `start` to before `stop`, as a slice of its own."""
        ...


P = TypeVar("P", bound=PreparedSlice)
P_contra = TypeVar("P_contra", bound=PreparedSlice, contravariant=True)


class Transaction(Protocol[P_contra]):
    """Applies slices of one consumer through one connection; for one thread."""

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a new connection in autocommit mode; the one before is gone."""
        ...

    def apply(self, prepared: P_contra, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """Applies a slice once, or raises with nothing stored.

        psycopg.Error and Transient are waited for where they pass, RefusedByDatabase and
        Inapplicable set records aside; whatever else it raises ends the process. What PostgreSQL
        refuses about the records is Inapplicable, and comes before anything that others could see.
        """
        ...


@dataclass(frozen=True)
class Consumer(Generic[P]):
    """How one topic is consumed. `name` stands in logs and as `stream` in metrics.

    `make_transaction` is called once for each thread that writes, with the name of its session.
    `lanes`: how many slices, of different partitions, are written side by side.
    """

    name: str
    topic: str
    prepare: Callable[[Slice], P]
    make_transaction: Callable[[str], Transaction[P]]
    lanes: int = 1


def find_undecodable(prepared: PreparedSlice) -> list[Dead]:
    """The records that do not decode, but for replays of dead letters: somebody asked for these,
    and they may all be bad still."""
    headers = prepared.slice.headers
    undecodable = [dead for dead in prepared.dead_records if dead.is_undecodable]
    return [dead for dead in undecodable if replay_of(headers[dead.index]) is None]
