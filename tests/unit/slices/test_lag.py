"""What waits, as the watchdog and the metric see it, and when the broker is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from storepulse.adapters import metrics
from storepulse.domain.errors import Transient
from storepulse.slices.freshness import Freshness
from storepulse.slices.halts import Halt, Halts
from storepulse.slices.watching import watchdog
from storepulse.slices.watching.lag import Lag

TOPIC = "ingest.test.v1"


class Search:
    """Finds what the logs have, unless it is told to wait."""

    def __init__(self, broker: Broker, starts: dict[tuple[str, int], int]) -> None:
        self.broker, self.starts, self.closed = broker, dict(starts), False

    def search(self, _seconds: float) -> dict[tuple[str, int], int | None]:
        if self.broker.away:
            raise Transient("away")
        return {p: self.broker.first(p[1], start) for p, start in self.starts.items()
                if p[1] not in self.broker.slow}  # fmt: skip

    def close(self) -> None:
        self.closed = True


class Broker:
    """Logs by partition: the offsets that readers may have."""

    def __init__(self) -> None:
        self.records: dict[int, list[int]] = {}
        self.slow: set[int] = set()
        self.away = False
        self.searches: list[Search] = []

    def first(self, partition: int, start: int) -> int | None:
        return min((o for o in self.records.get(partition, []) if o >= start), default=None)

    def search(self, starts: dict[tuple[str, int], int]) -> Search:
        self.searches.append(Search(self, starts))
        return self.searches[-1]

    def find_first_records(
        self, starts: dict[tuple[str, int], int]
    ) -> dict[tuple[str, int], int | None]:
        return self.search(starts).search(1)


class Application:
    """One consumer with partitions: committed offset and readable end of each."""

    def __init__(self, **bounds: tuple[int | None, int]) -> None:
        self.bounds = {int(name[1:]): both for name, both in bounds.items()}
        self.broker = Broker()
        #: Offsets behind an open transaction, in each partition.
        self.open = 0
        self.lag = Lag(SimpleNamespace(consumer=self), self.broker)  # type: ignore[arg-type]

    @property
    def _committed_offset(self) -> dict[TP, int | None]:
        return {TP(TOPIC, p): committed for p, (committed, _) in self.bounds.items()}

    def assignment(self) -> set[TP]:
        return {TP(TOPIC, p) for p in self.bounds}

    def readable_end(self, tp: TP) -> int:
        return self.bounds[tp.partition][1]

    def highwater(self, tp: TP) -> int | None:
        return self.bounds[tp.partition][1] + self.open if self.bounds[tp.partition][1] else None

    async def looked(self) -> int:
        waiting = await self.lag.measure()
        return sum(records for (topic, _), (records, _) in waiting.items() if topic == TOPIC)


def metric(partition: int) -> float:
    return metrics.CONSUMER_LAG.labels(TOPIC, str(partition))._value.get()  # type: ignore[no-any-return]


async def test_nobody_is_asked_while_commits_move_or_nothing_waits() -> None:
    app = Application(p0=(5, 9), p1=(7, 7), p2=(None, 0))
    assert await app.looked() == 4
    app.bounds[0] = (8, 12)
    assert await app.looked() == 4
    assert app.broker.searches == []
    assert [metric(p) for p in range(3)] == [4, 0, 0]


async def test_of_a_partition_that_was_lost_nothing_is_shown() -> None:
    app = Application(p0=(5, 9), p1=(7, 8))
    app.open, app.broker.records = 3, {1: [7]}
    assert await app.looked() == 5
    del app.bounds[0]
    assert await app.looked() == 1
    for gauge in (metrics.CONSUMER_LAG, metrics.CONSUMER_WITHHELD):
        shown = [sample.labels for family in gauge.collect() for sample in family.samples]
        assert shown == [{"topic": TOPIC, "partition": "1"}]


async def test_what_is_no_record_does_not_wait_and_is_asked_about_once() -> None:
    app = Application(p0=(5, 9), p1=(None, 40))
    assert await app.looked() == 44
    assert [await app.looked() for _ in range(3)] == [0, 0, 0]
    assert [s.starts for s in app.broker.searches] == [{(TOPIC, 0): 5, (TOPIC, 1): 0}]
    assert app.broker.searches[0].closed
    assert metric(0) == 0
    app.bounds[0] = (5, 10)
    app.broker.records[0] = [9]
    assert await app.looked() == 1
    assert await app.looked() == 1
    assert len(app.broker.searches) == 2


async def test_what_waits_is_counted_from_its_first_record() -> None:
    app = Application(p0=(5, 20))
    app.broker.records[0] = [12, 13]
    assert [await app.looked() for _ in range(4)] == [15, 8, 8, 8]
    assert len(app.broker.searches) == 1


async def test_what_an_open_transaction_holds_up_is_told_apart() -> None:
    app = Application(p0=(5, 5), p1=(0, 0))
    app.open = 7
    assert await app.looked() == 0
    withheld = [
        metrics.CONSUMER_WITHHELD.labels(TOPIC, str(p))._value.get()  # type: ignore[attr-defined]
        for p in (0, 1)
    ]
    assert withheld == [7, 0]
    assert not await app.lag.has_waiting_records(TOPIC)


async def test_a_search_that_takes_long_goes_on_at_the_next_look() -> None:
    app = Application(p0=(5, 20), p1=(0, 3))
    app.broker.slow = {0}
    assert [await app.looked() for _ in range(2)] == [18, 15]
    app.broker.slow = set()
    assert await app.looked() == 0
    assert len(app.broker.searches) == 1
    assert app.broker.searches[0].closed


async def test_a_broker_that_is_away_makes_nothing_disappear() -> None:
    app = Application(p0=(5, 20))
    app.broker.away = True
    assert [await app.looked() for _ in range(3)] == [15, 15, 15]
    assert not await app.lag.has_waiting_records(TOPIC), "nobody knows"


async def test_whether_records_wait_is_asked_anew() -> None:
    app = Application(p0=(5, 20))
    app.broker.records[0] = [12]
    assert [await app.looked() for _ in range(2)] == [15, 8]
    assert await app.lag.has_waiting_records(TOPIC)
    assert not await app.lag.has_waiting_records("another")
    app.broker.records[0] = []
    assert not await app.lag.has_waiting_records(TOPIC)
    assert await app.looked() == 0, "retention took them"


class Left(Exception):
    """The process would have ended."""


@pytest.mark.parametrize(
    ("records", "halted", "leaves"), [([], False, False), ([9], False, True), ([9], True, False)]
)
async def test_only_a_record_that_waits_makes_a_process_leave(
    monkeypatch: pytest.MonkeyPatch, records: list[int], halted: bool, leaves: bool
) -> None:
    app = Application(p0=(5, 20))
    app.broker.records[0] = records
    looks = iter(range(6))
    monkeypatch.setattr(watchdog, "WATCH_SECONDS", 0)
    monkeypatch.setattr(watchdog, "STUCK_SECONDS", -1)

    def leave(reason: str, **_: Any) -> None:
        raise Left(reason)

    monkeypatch.setattr(watchdog, "leave", leave)
    pipeline = SimpleNamespace(moved_at=0.0, mark_idle=lambda: None, freshness=Freshness(TOPIC))
    halts = Halts()
    if halted:
        halt = Halt("test", TOPIC, 0, 5, 20, bad=15, records=15, reason="not Avro")
        halts.add(halt)
        halts.mark_saved(halt)

    class Running:
        crashed, consumer = False, app

        @property
        def should_stop(self) -> bool:
            return next(looks, None) is None

    watching = watchdog.watch(Running(), {TOPIC: pipeline}, app.broker, halts)  # type: ignore[arg-type,dict-item]
    if leaves:
        with pytest.raises(Left, match="records wait"):
            await watching
    else:
        await watching
