"""What a consumer of slices hands in, and the words between it and the machinery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, Self, TypeVar

import psycopg

from storepulse.adapters.settings import Settings
from storepulse.adapters.slices.ledger import Log, Place
from storepulse.adapters.slices.transport import Slice
from storepulse.contracts.dead_letter_headers import replay_of


@dataclass(frozen=True)
class Dead:
    """A record to set aside: its place in the slice, and why."""

    index: int
    stage: str
    reason: str
    field: str = ""
    message: str = ""
    store_id: str | None = None
    event_id: str | None = None
    received_at: datetime | None = None
    correlation_id: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a slice's records; `redelivered` were in the ledger before."""

    applied: int = 0
    duplicate: int = 0
    conflict: int = 0
    dead: int = 0
    redelivered: int = 0
    newest_received_ms: int | None = None
    dead_by_stage: Mapping[str, int] = field(default_factory=dict)


class Refused(Exception):
    """Records that cannot be applied, by their places in the slice, each with the reason."""

    def __init__(self, reasons: dict[int, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


class Inapplicable(Exception):
    """Some record cannot be applied; which one, `find_refused` has to find."""


class Prepared(Protocol):
    """A slice decoded and checked: what its transaction needs."""

    @property
    def slice(self) -> Slice: ...

    @property
    def dead(self) -> Sequence[Dead]: ...

    def without(self, reasons: dict[int, str]) -> Self:
        """The same with the records of these places among the dead."""
        ...


P = TypeVar("P", bound=Prepared)
P_contra = TypeVar("P_contra", bound=Prepared, contravariant=True)


class Transaction(Protocol[P_contra]):
    """Applies slices of one consumer through one connection; for one thread."""

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a new connection in autocommit mode; the one before is gone."""
        ...

    def apply(self, prepared: P_contra, place: Place, partition: Log) -> Outcome:
        """Applies a slice once, or raises with nothing stored.

        psycopg.Error and Transient are waited for where they pass, Refused and Inapplicable set
        records aside; whatever else it raises ends the process.
        """
        ...

    def find_refused(self, prepared: P_contra) -> dict[int, str]:
        """Which records PostgreSQL refuses, and why, by trying them and rolling back."""
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


def mostly_bad(prepared: Prepared, settings: Settings) -> bool:
    """Whether so much of a slice is bad that a deployment is to blame, not the records.

    Replays of dead letters do not count: somebody asked for them, and they may all be bad still.
    """
    bad = len(prepared.dead)
    if bad < settings.dead_letter_halt_minimum:
        return False
    headers = prepared.slice.headers
    bad -= sum(replay_of(headers[dead.index]) is not None for dead in prepared.dead)
    if bad < settings.dead_letter_halt_minimum:
        return False
    return bad / len(prepared.slice.offsets) > settings.dead_letter_halt_ratio
