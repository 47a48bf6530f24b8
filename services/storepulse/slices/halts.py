"""Partitions of this process that wait for an operator, because most of a slice did not decode.

A bad deployment must not turn a whole topic into dead letters. So a halted partition is no longer
fetched and nothing of it is acknowledged, while other partitions continue. A halt survives
restarts and rebalances: the database keeps the offsets that were mostly bad (`halted_partitions`),
and a slice that contains them again is judged by them alone, even if many good records follow. A
halt ends when new code decodes the data, or when the operator allows dead letters.
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
#: Limits the reason why a record does not decode, which may contain bytes of the record.
REASON_CHARACTERS = 200


@dataclass(frozen=True)
class Halt:
    """A halted partition; the slice has the offsets `[lower, upper)`."""

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
        """Return what is halted, why, and what to do, in one line."""
        return (
            f"{self.topic}[{self.partition}] is halted at offset {self.lower}: {self.bad} of"
            f" {self.records} records do not decode ({self.reason}). To do: {REMEDY}"
        )


def is_mostly_bad(
    prepared: PreparedSlice, settings: Settings, halted_offsets: tuple[int, int] | None = None
) -> bool:
    """Whether so much of a slice does not decode that a bad deployment is the likely cause.

    `halted_offsets`: offsets that were found mostly bad before, as (first, end). For these only the
    ratio counts, because a fetch may return fewer of them than the minimum for judging a slice.
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
    """Return the halt of a slice's partition."""
    piece, bad = prepared.slice, find_undecodable(prepared)
    reason = f"{bad[-1].reason}: {bad[-1].message}" if bad[-1].message else bad[-1].reason
    reason = "".join(c if c.isprintable() else "\ufffd" for c in reason[:REASON_CHARACTERS])
    return Halt(
        stream, piece.topic, piece.partition, piece.offsets[0], piece.end, len(bad),
        len(piece.offsets), reason,
    )  # fmt: skip


class Halts:
    """The halted partitions of this process.

    The fetcher's thread only tests membership.
    """

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
        """Halt a partition and log it."""
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
        """After an assignment, lift halts of partitions that moved away or continued elsewhere.

        `positions`: by partition, the first offset that is not in the ledger, if known.
        """
        for where, halt in list(self._halts.items()):
            if where not in assigned or (positions.get(where) or 0) > halt.lower:
                del self._halts[where]
                self._unsaved.discard(where)
                metrics.AGENT_HALTED.labels(halt.stream, str(halt.partition)).set(0)

    def find_unsaved(self) -> list[Halt]:
        """Return the halts that are not in the database yet."""
        return [self._halts[where] for where in sorted(self._unsaved)]

    def mark_saved(self, halt: Halt) -> None:
        """Note that a halt is in the database."""
        self._unsaved.discard((halt.topic, halt.partition))

    def log_again(self) -> None:
        """Log the halts again at intervals, so that the end of a log shows them."""
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
