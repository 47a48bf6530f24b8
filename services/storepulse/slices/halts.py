"""Partitions of this process that wait for a person, since most of a slice did not decode.

A bad deployment must not empty a topic into the dead letters. So such a partition is not fetched
any more, nothing of it is acknowledged, and its neighbours go on. It stays so over restarts and
rebalances: the database remembers which offsets were mostly bad (`halted_partitions`), and a slice
that meets them again is judged by them, however many good records came after. It ends where the
data decodes, by new code, or where the operator allows dead letters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from time import time

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.domain.health import ADVICE
from storepulse.slices.consumer import PreparedSlice, find_undecodable
from storepulse.slices.slice import TopicPartition

log = logger()

REMEDY = ADVICE["partitions"].remedy
LOG_SECONDS = 30
#: Of why a record does not decode: bytes of it may be in there.
REASON_CHARACTERS = 200


@dataclass(frozen=True)
class Halt:
    """A halted partition; `lower` to before `upper` are the offsets of the slice."""

    stream: str
    topic: str
    partition: int
    lower: int
    upper: int
    bad: int
    records: int
    reason: str

    @property
    def message(self) -> str:
        """What is halted, why, and what to do, in one line."""
        return (
            f"{self.topic}[{self.partition}] is halted at offset {self.lower}: {self.bad} of"
            f" {self.records} records do not decode ({self.reason}). To do: {REMEDY}"
        )


def is_mostly_bad(
    prepared: PreparedSlice, settings: Settings, halted_offsets: tuple[int, int] | None = None
) -> bool:
    """Whether so much of a slice does not decode that a deployment is to blame, not the records.

    `halted_offsets`: those that were found mostly bad before, as (first, after the last one). Of
    these the share alone counts, since a fetch may bring fewer of them than a slice needs to be
    judged.
    """
    bad = find_undecodable(prepared)
    if not bad or settings.dead_letter_halt_ratio >= 1:
        return False
    offsets = prepared.slice.offsets
    if (
        len(bad) >= settings.dead_letter_halt_minimum
        and len(bad) / len(offsets) > settings.dead_letter_halt_ratio
    ):
        return True
    if halted_offsets is None:
        return False
    lower, upper = halted_offsets
    count = sum(lower <= offset < upper for offset in offsets)
    bad_count = sum(lower <= offsets[d.index] < upper for d in bad)
    return bool(count) and bad_count / count > settings.dead_letter_halt_ratio


def halt_of(stream: str, prepared: PreparedSlice) -> Halt:
    """The halt of a slice's partition."""
    piece, bad = prepared.slice, find_undecodable(prepared)
    reason = f"{bad[-1].reason}: {bad[-1].message}" if bad[-1].message else bad[-1].reason
    reason = "".join(c if c.isprintable() else "\ufffd" for c in reason[:REASON_CHARACTERS])
    return Halt(
        stream, piece.topic, piece.partition, piece.offsets[0], piece.end, len(bad),
        len(piece.offsets), reason,
    )  # fmt: skip


class Halts:
    """The halted partitions of this process. The fetcher's thread only asks whether one is among
    them."""

    def __init__(self) -> None:
        self._halts: dict[TopicPartition, Halt] = {}
        self._unsaved: set[TopicPartition] = set()
        self._logged_at = 0.0

    def __contains__(self, partition: object) -> bool:
        return partition in self._halts

    def __iter__(self) -> Iterator[Halt]:
        return iter(sorted(self._halts.values(), key=lambda h: (h.topic, h.partition)))

    def __bool__(self) -> bool:
        return bool(self._halts)

    def add(self, halt: Halt) -> None:
        """Halts a partition and says so."""
        where = halt.topic, halt.partition
        self._halts[where] = halt
        self._unsaved.add(where)
        metrics.AGENT_HALTED.labels(halt.stream, str(halt.partition)).set(1)
        _log_halt(halt)
        self._logged_at = time()

    def lift(
        self,
        assigned: Collection[TopicPartition],
        positions: Mapping[TopicPartition, int | None],
    ) -> None:
        """After an assignment: ends what this process has no more, or where another one went on.

        `positions`: first offsets that the ledger lacks, as far as they are known.
        """
        for where, halt in list(self._halts.items()):
            if where not in assigned or (positions.get(where) or 0) > halt.lower:
                del self._halts[where]
                self._unsaved.discard(where)
                metrics.AGENT_HALTED.labels(halt.stream, str(halt.partition)).set(0)

    def find_unsaved(self) -> list[Halt]:
        """Those that the database does not know yet."""
        return [self._halts[where] for where in sorted(self._unsaved)]

    def mark_saved(self, halt: Halt) -> None:
        """Notes that the database knows one."""
        self._unsaved.discard((halt.topic, halt.partition))

    def log_again(self) -> None:
        """Says it again from time to time, for whoever reads only the end of a log."""
        if self._halts and time() - self._logged_at > LOG_SECONDS:
            self._logged_at = time()
            for halt in self:
                _log_halt(halt)


def _log_halt(halt: Halt) -> None:
    log.critical(
        "partition halted: most of a slice does not decode",
        stream=halt.stream,
        topic=halt.topic,
        partition=halt.partition,
        offset=halt.lower,
        bad=halt.bad,
        records=halt.records,
        reason=halt.reason,
        remedy=REMEDY,
    )
