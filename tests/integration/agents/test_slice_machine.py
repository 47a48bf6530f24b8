"""Any schedule of slices and faults leaves what the model says: after each step every table, the
ledger, the dead letters and all that was published.

A schedule: slices of two partitions with duplicates, conflicts and poison, delivered in order,
again, overlapping, late by a worker that was frozen, or with records passed over; errors, ended
backends, lost replies, a broker that does not acknowledge and kills at each named place; offsets
without records, retention, and a broker that lost its last records.

One world serves all schedules: each has a store and a topic of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar, NoReturn

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from structlog import DropEvent, wrap_logger
from tests.integration.agents.slice_model import LARGEST, Flaw, Model, PartitionLog, Piece, sent
from tests.integration.agents.slice_schedule import (
    KINDS,
    PLACES,
    Fault,
    Killed,
    LogOf,
    Schedule,
)
from tests.integration.agents.slice_world import SliceWorld
from tests.integration.agents.slices import Bench
from tests.support.generated_records import SEED

from storepulse.agents import claims, transaction
from storepulse.agents.preparation import prepare
from storepulse.agents.transaction import SliceTransaction
from storepulse.contracts.schemas import schema_of
from storepulse.dead_letters import kafka_copy
from storepulse.slices import ledger
from storepulse.slices import writer as writing
from storepulse.slices.ledger import Hole, LogReplaced

SHORT = 40
LONG = 10_000
STEPS = 8
OUTCOMES = ("applied", "duplicate", "conflict", "dead", "redelivered")
PARTITIONS = st.integers(0, 1)
#: Cheap streams more often than dear ones.
STREAMS = st.sampled_from(
    ["cart"] * 4
    + ["heatmap"] * 3
    + ["landing"] * 2
    + ["bot"] * 2
    + ["order", "activity", "usage", "experiment"]
)
FAULTS = st.lists(st.builds(Fault, st.sampled_from(PLACES), st.sampled_from(KINDS)), max_size=2)
FLAWS: list[Flaw] = [*[""] * 12, "undecodable", "undecodable", "refused", "too large"]
#: Of each record: offsets without records before it, the event's number, what it says, its flaw.
RECORDS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 0, 2]),
        st.integers(0, 7),
        st.integers(0, 5),
        st.sampled_from(FLAWS),
    ),
    min_size=1,
    max_size=5,
)


class Slices(RuleBasedStateMachine):
    """One schedule."""

    world: ClassVar[SliceWorld]
    #: Schedules that ran to their end, and slices that they wrote.
    finished: ClassVar[int] = 0
    written: ClassVar[int] = 0

    @initialize(stream=STREAMS)
    def begin(self, stream: str) -> None:
        self.model: Model = self.world.next_schedule(stream)
        self.logs = {0: PartitionLog(), 1: PartitionLog()}
        self.frozen: list[tuple[int, Piece]] = []
        self.tried: set[str] = set()
        self.repeats = False
        self.slices = 0

    @rule(partition=PARTITIONS, records=RECORDS, count=st.integers(1, 6), faults=FAULTS)
    def deliver(self, partition: int, records: list[Any], count: int, faults: list[Fault]) -> None:
        """Records arrive, and a slice is written from the ledger's end on."""
        self._append(partition, records)
        self._write(partition, self._piece(partition, 0, count), faults)

    @rule(partition=PARTITIONS, records=RECORDS, back=st.integers(1, 4), count=st.integers(1, 6),
          faults=FAULTS)  # fmt: skip
    def redeliver(
        self, partition: int, records: list[Any], back: int, count: int, faults: list[Fault]
    ) -> None:
        """The slice begins before the ledger's end: all of it was written, or a part."""
        self._append(partition, records)
        self._write(partition, self._piece(partition, -back, count), faults)

    @rule(partition=PARTITIONS, records=RECORDS, ahead=st.integers(1, 2), faults=FAULTS)
    def pass_over(
        self, partition: int, records: list[Any], ahead: int, faults: list[Fault]
    ) -> None:
        """The slice begins after records that nobody has written."""
        self._append(partition, records)
        self._write(partition, self._piece(partition, ahead, 3), faults)

    @rule(partition=PARTITIONS, records=RECORDS, count=st.integers(1, 6))
    def freeze(self, partition: int, records: list[Any], count: int) -> None:
        """A worker has a slice in hand and falls asleep."""
        self._append(partition, records)
        piece = self._piece(partition, 0, count)
        if piece:
            self.frozen.append((partition, piece))

    @precondition(lambda self: self.frozen)
    @rule(faults=FAULTS)
    def wake(self, faults: list[Fault]) -> None:
        """It wakes, whatever others have done, and writes what it has in hand."""
        partition, piece = self.frozen.pop(0)
        self._write(partition, piece, faults, old=True)

    @rule(partition=PARTITIONS, kept=st.integers(0, 3))
    def expire(self, partition: int, kept: int) -> None:
        """Retention leaves a few records."""
        log = self.logs[partition]
        log.expire(log.end - kept)

    @rule(partition=PARTITIONS, lost=st.integers(1, 4), late=st.booleans())
    def lose(self, partition: int, lost: int, late: bool) -> None:
        """The broker loses its last records; a slice that was read before must not pass for
        redelivered. Slices in hand end with their worker, which meets the shorter log."""
        log, position = self.logs[partition], self.model.positions[partition]
        known = self._piece(partition, -3, 3)
        log.lose(log.end - lost)
        self.frozen = [each for each in self.frozen if each[0] != partition]
        if late and known and known[0][0] < position:
            self._write(partition, known, [])
        if log.end < position:
            self.world.cut(self.world.bench.source(partition), log.end)
            self.model.cut(partition, log.end)
        self._compare()

    def teardown(self) -> None:
        if getattr(self, "slices", 0):
            Slices.finished += 1
            Slices.written += self.slices

    def _append(self, partition: int, records: list[Any]) -> None:
        for skipped, number, variant, flaw in records:
            made = sent(self.model.stream, self.model.store, number, variant, flaw)
            self.logs[partition].append(made, skipped)
            self.repeats |= flaw == "too large"  # what was handed over before it comes again

    def _piece(self, partition: int, start: int, count: int) -> Piece:
        """So many records from `start` places off the first one that the ledger lacks."""
        log = sorted(self.logs[partition].records.items())
        position = self.model.positions[partition]
        first = sum(offset < position for offset, _ in log) + start
        return log[max(first, 0) : max(first, 0) + count]

    def _write(
        self, partition: int, piece: Piece, faults: list[Fault], *, old: bool = False
    ) -> None:
        """Writes a slice through its faults, and holds what came of it against the model."""
        if not piece:
            return
        world, stream = self.world, self.model.stream
        bench = world.bench
        log = LogOf(self.logs[partition])
        place = bench.source(partition)
        offsets = [offset for offset, _ in piece]
        made = bench.slice([each.record for _, each in piece], offsets, partition)
        stamped = [self.model.stamped] * len(piece)
        prepared = prepare(replace(made, timestamps=stamped), schema_of(stream))
        writer, publisher = world.worker(stream, old=old)
        successor, _ = world.worker(stream, old=not old)
        schedule = Schedule(
            writer, publisher, list(faults),
            lambda: successor.write(prepared, place, log), world.terminate,
        )  # fmt: skip
        publisher.fails = ""
        world.reach = schedule.reach
        verdict = self.model.verdict(partition, piece, self.logs[partition])
        outcome = None
        try:
            outcome = writer.write(prepared, place, log)
            came = "applied"
        except Hole:
            came = "hole"
        except LogReplaced:
            came = "replaced"
        except Killed:
            came = "killed"
            writer.close()
            publisher.forget()
        self.slices += 1
        self.repeats |= bool(schedule.struck)
        if verdict in ("hole", "replaced"):
            assert came in (verdict, "killed")
            assert not schedule.committed
        else:
            assert came in ("applied", "killed")
            # A slice with refused records is written in parts: whoever is killed has written some.
            written, rest = piece, []
            if came == "killed":
                reached = max((upper for _, upper in bench.applied(partition)), default=0)
                written = [(o, e) for o, e in piece if schedule.committed and o < reached]
                rest = [(o, e) for o, e in piece if (o, e) not in written]
            self.tried |= {e.event["event_id"] for _, e in rest if e.event is not None}
            if written:
                tally = self.model.apply(partition, written)
                if outcome is not None and not schedule.struck:
                    assert {k: getattr(outcome, k) for k in OUTCOMES} == {
                        k: tally[k] for k in OUTCOMES
                    }
        self._compare()

    def _compare(self) -> None:
        found = self.world.differences(self.model, self.tried, repeats=self.repeats)
        assert not found, "\n".join(found)


def run(schedules: int, seeded: int = SEED, *, shrink: bool = True) -> None:
    """So many schedules; raises at the first that leaves something else than the model says."""
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    Slices.finished = Slices.written = 0
    # Schedules that write no slice do not count; the first few of each round are such.
    while (left := schedules - Slices.finished) > 0:
        print(f"TEST_SEED={seeded}")
        chosen = settings(
            max_examples=left + 20, stateful_step_count=STEPS, deadline=None, database=None,
            phases=phases, suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        run_state_machine_as_test(seed(seeded)(Slices), settings=chosen)
        seeded += 1
    print(f"{Slices.finished} schedules, {Slices.written} slices")


def _drop(*_: Any) -> NoReturn:
    """Each fault is told in the log: thousands of lines that nobody reads."""
    raise DropEvent


@pytest.fixture(scope="module")
def slice_world(shared_bench: Bench) -> Iterator[SliceWorld]:
    world = SliceWorld(shared_bench)
    with pytest.MonkeyPatch.context() as patch:
        for module in (ledger, claims, transaction):
            # Looked up at each call: every slice has its own.
            patch.setattr(module, "reach", lambda place: world.reach(place))  # noqa: PLW0108
        patch.setattr(kafka_copy, "LARGEST_RECORD_BYTES", LARGEST)
        for module in (ledger, writing):
            patch.setattr(module, "log", wrap_logger(None, processors=[_drop]))
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        Slices.world = world
        yield world
        world.close()


def unseen(
    self: Any, cursor: Any, keys: Any, crcs: Any, claim: Any = SliceTransaction._claim
) -> Any:
    """Every event counts as seen for the first time."""
    fresh = claim(self, cursor, keys, crcs)
    fresh[keys.firsts] = True
    return fresh


def unawaited(_self: Any) -> None:
    """The commit does not wait for the broker."""


def unasked(*_: Any) -> bool:
    """Whatever was passed over is taken for offsets without records."""
    return False


@pytest.mark.usefixtures("slice_world")
@pytest.mark.parametrize(
    ("where", "method", "bug", "found"),
    [
        (SliceTransaction, "_claim", unseen, "duplicate|instead"),
        (SliceTransaction, "_await_broker", unawaited, "commits before the broker"),
        (LogOf, "holds_record", unasked, "hole"),
    ],
)
def test_bugs_are_found(
    monkeypatch: pytest.MonkeyPatch, where: Any, method: str, bug: Callable[..., Any], found: str
) -> None:
    """A machine that never failed proves nothing."""
    monkeypatch.setattr(where, method, bug)
    with pytest.raises(AssertionError, match=found):
        run(200, shrink=False)


@pytest.mark.usefixtures("slice_world")
def test_some_schedules() -> None:
    run(SHORT, shrink=False)


@pytest.mark.long
@pytest.mark.timeout(5_400)
@pytest.mark.usefixtures("slice_world")
@pytest.mark.parametrize("quarter", range(4))
def test_ten_thousand_schedules(quarter: int) -> None:
    run(LONG // 4, SEED + quarter * 1_000)
