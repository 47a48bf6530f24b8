"""When a broker is asked for more, and for which partitions."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer import consumer, fetcher
from tests.unit.slices.fake_kafka import TOPIC

from storepulse.slices.driver import fetching

pytestmark = pytest.mark.usefixtures("fetching_as_it_was")
OTHER = "another"


class Assignment:
    """aiokafka's side of asking: partitions by their broker; some have no position yet."""

    def __init__(self) -> None:
        self.brokers = {(TOPIC, 0): 1}
        self.lost: set[tuple[str, int]] = set()

    @property
    def tps(self) -> list[tuple[str, int]]:
        return list(self.brokers)

    def state_value(self, tp: tuple[str, int]) -> SimpleNamespace:
        return SimpleNamespace(has_valid_position=tp not in self.lost)


class Asking:
    """A fetcher that would ask for whatever aiokafka finds in its assignment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.assignment = Assignment()
        self.full: set[str] = set()
        self.now = 1_000.0
        monkeypatch.setattr(fetching, "monotonic", lambda: self.now)
        monkeypatch.setattr(
            fetching.GatheringFetcher, "has_room", lambda _self, tp: tp[0] not in self.full
        )
        self.waits = 0
        monkeypatch.setattr(fetcher.Fetcher, "__init__", self._made)
        monkeypatch.setattr(fetcher.Fetcher, "_get_actions_per_node", self._actions)
        self.fetcher = fetching.GatheringFetcher(fetch_max_wait_ms=1500)

    def _made(self, *, fetch_max_wait_ms: int, isolation_level: str) -> None:
        assert isolation_level == "read_committed"
        self.waits = fetch_max_wait_ms

    def _actions(self, seen: Any) -> Any:
        topics: dict[int, dict[str, list[Any]]] = {}
        for topic, partition in seen.tps:
            assert seen.state_value((topic, partition))
            broker = self.assignment.brokers[topic, partition]
            topics.setdefault(broker, {}).setdefault(topic, []).append((partition, 0, 1))
        requests = [
            (broker, SimpleNamespace(topics=list(by_topic.items())))
            for broker, by_topic in topics.items()
        ]
        return requests, {9: ["reset"]}, 0.2, True, ["resumed"]

    def asked(self) -> tuple[list[int], float]:
        """Who is asked now, and when aiokafka looks again."""
        requests, resets, timeout, invalid, resumed = self.fetcher._get_actions_per_node(
            self.assignment
        )
        assert (resets, invalid, resumed) == ({9: ["reset"]}, True, ["resumed"])
        return [broker for broker, _ in requests], timeout

    def asked_for(self) -> list[str]:
        """The topics that are asked for now."""
        requests = self.fetcher._get_actions_per_node(self.assignment)[0]
        return sorted(topic for _, request in requests for topic, _ in request.topics)


def test_a_broker_is_asked_again_when_events_have_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    assert asking.asked() == ([1], 0.2)
    asking.now += 0.125
    assert asking.asked() == ([], 0.2)
    asking.now += 0.5
    assert asking.asked() == ([], 0.125), "aiokafka looks again when it is time, not later"
    asking.now += 0.125
    assert asking.asked() == ([1], 0.2)
    asking.now += 30
    assert asking.asked() == ([1], 0.2), "after a quiet time at once"


def test_brokers_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    assert asking.asked() == ([1], 0.2)
    asking.now += 0.25
    asking.assignment.brokers[TOPIC, 1] = 2
    assert asking.asked() == ([2], 0.2)


def test_without_gathering_a_broker_is_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.0)
    asking = Asking(monkeypatch)
    assert [asking.asked() for _ in range(3)] == [([1], 0.2)] * 3


@pytest.mark.parametrize(("gather", "waits"), [(0.0, 500), (0.25, 500), (0.75, 750)])
def test_a_question_waits_shortly_but_until_the_next_one_is_due(
    monkeypatch: pytest.MonkeyPatch, gather: float, waits: int
) -> None:
    fetching.configure(100, gather)
    assert Asking(monkeypatch).waits == waits
    handed_over = "fetch_max_wait_ms=self._fetch_max_wait_ms"
    assert handed_over in inspect.getsource(consumer.AIOKafkaConsumer)


def test_nothing_is_asked_for_that_would_have_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    asking.assignment.brokers[OTHER, 0] = 1
    assert asking.asked_for() == [OTHER, TOPIC]
    assert asking.fetcher._fetch_max_wait_ms == 750
    asking.full = {TOPIC}
    asking.now += 0.8
    assert asking.asked_for() == [OTHER]
    assert asking.fetcher._fetch_max_wait_ms == 20, "what has room again waits no longer than this"
    asking.now += 0.1
    assert asking.asked() == ([], 0.02), "and is seen as soon"
    asking.full = set()
    assert asking.asked_for() == [OTHER, TOPIC], "it was not asked for lately; both stay together"
    assert asking.fetcher._fetch_max_wait_ms == 750
    asking.now += 0.7
    assert asking.asked() == ([], pytest.approx(0.05))


def test_a_position_is_looked_for_whether_there_is_room_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = Asking(monkeypatch)
    asking.full = {TOPIC}
    assert asking.asked_for() == []
    asking.assignment.lost = {(TOPIC, 0)}
    assert asking.asked_for() == [TOPIC]


def test_a_halted_partition_is_not_asked_for_and_hurries_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    asking.assignment.brokers[OTHER, 0] = 1
    monkeypatch.setattr(fetching.GatheringFetcher, "is_halted", lambda _self, tp: tp[0] == TOPIC)
    assert asking.asked_for() == [OTHER]
    assert asking.fetcher._fetch_max_wait_ms == 750
    asking.now += 0.8
    assert asking.asked() == ([1], 0.2), "no busy looking"
    asking.assignment.lost = {(TOPIC, 0)}
    asking.now += 0.8
    assert asking.asked_for() == [OTHER, TOPIC], "a seek waits for its position"
