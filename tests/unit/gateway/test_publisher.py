"""When a request is told what became of it: by librdkafka's reports, or before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError

from storepulse.adapters.settings import load
from storepulse.gateway.publisher import GIVEN_UP, Publisher

ROOM = 1_000
LATE = KafkaError(KafkaError._MSG_TIMED_OUT)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
FATAL = KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, "fenced", fatal=True)

Report = Callable[[KafkaError | None, Any], None]


class Queue:
    """Stands where librdkafka does: keeps what it is given until a test reports on it."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def produce(self, *arguments: Any, on_delivery: Report | None = None, **_: Any) -> None:
        report = on_delivery or arguments[4]
        self.reports.append(report)

    def poll(self, _seconds: float) -> int:
        return 0

    def report(self, count: int = 1, error: KafkaError | None = None) -> None:
        for _ in range(count):
            self.reports.pop(0)(error, None)


class Loop:
    """Stands where the event loop does: ticks come from the test."""

    def call_later(self, *_: Any) -> None:
        pass


class Case:
    """A publisher before the queue, and what its requests were told."""

    def __init__(self, **settings: str) -> None:
        environment = {f"STOREPULSE_{name.upper()}": text for name, text in settings.items()}
        self.queue = Queue()
        self.publisher = Publisher(load(environment), frozenset())
        self.publisher.loop = Loop()  # type: ignore[assignment]
        self.publisher._producer = self.queue  # type: ignore[assignment]
        self.publisher._produce = self.queue.produce
        self.publisher.writable = True
        self.told: dict[str, list[KafkaError | None]] = {}

    def send(self, name: str, records: int = 1, *, patient: bool = False) -> None:
        told = self.told.setdefault(name, [])
        batch = [(b"key", b"value")] * records
        self.publisher.publish("topic", batch, told.append, ROOM, patient=patient)

    def tick(self) -> None:
        self.publisher._tick()


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_request_is_told_once_when_the_last_record_is_acknowledged(case: Case) -> None:
    case.send("a", 2)
    case.queue.report()
    assert case.told == {"a": []}
    case.queue.report()
    assert case.told == {"a": [None]}
    assert case.publisher.in_flight == 0


def test_a_failure_is_told_at_once_and_gives_up_all_that_is_under_way(case: Case) -> None:
    case.send("a", 2)
    case.send("b", 3)
    case.queue.report(error=LATE)
    assert case.told == {"a": [GIVEN_UP], "b": [GIVEN_UP]}
    assert not case.publisher.writable
    # What comes later is counted and told to nobody.
    case.queue.report(4)
    assert case.told == {"a": [GIVEN_UP], "b": [GIVEN_UP]}
    assert case.publisher.in_flight == 0
    assert case.publisher.writable


def test_the_failure_of_a_record_that_nobody_waits_for_gives_up_as_well(case: Case) -> None:
    assert case.publisher.publish_aside("refused", b"body", {})
    case.send("b")
    case.queue.report(error=LATE)
    case.queue.report()
    assert case.told == {"b": [GIVEN_UP]}


def test_a_refusal_for_good_is_the_one_requests_own_affair(case: Case) -> None:
    case.send("a", 2)
    case.send("b")
    case.queue.report(error=TOO_LARGE)
    assert case.told == {"a": [TOO_LARGE], "b": []}
    assert case.publisher.writable
    case.queue.report(error=LATE)
    assert case.told == {"a": [TOO_LARGE], "b": [GIVEN_UP]}


def test_a_fatal_error_gives_up_and_ends(case: Case) -> None:
    ended: list[bool] = []
    case.publisher.on_fatal = lambda: ended.append(True)
    case.send("a")
    case.send("b")
    case.queue.report(error=FATAL)
    assert case.told == {"a": [FATAL], "b": [GIVEN_UP]}
    assert ended == [True]


def test_a_broker_known_to_be_away_is_not_waited_for(case: Case) -> None:
    case.send("a")
    case.send("drain", patient=True)
    case.publisher._on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    case.tick()
    assert case.told == {"a": [GIVEN_UP], "drain": []}
    case.queue.report(2)
    assert case.told == {"a": [GIVEN_UP], "drain": [None]}


def test_one_that_waits_too_long_gives_up_all(case: Case) -> None:
    case.send("a")
    case.send("b")
    case.tick()
    assert case.told == {"a": [], "b": []}
    case.publisher._waiting[0].started -= 2.5
    case.tick()
    assert case.told == {"a": [GIVEN_UP], "b": [GIVEN_UP]}
    assert not case.publisher.writable


def test_the_settled_are_not_waited_for(case: Case) -> None:
    case.send("a")
    case.send("b")
    case.publisher._waiting[0].started -= 2.5
    case.queue.report()
    case.tick()
    assert case.told == {"a": [None], "b": []}
    assert len(case.publisher._waiting) == 1


def test_without_a_spool_waiting_is_better_than_giving_up() -> None:
    case = Case(gateway_spool="off")
    case.send("a")
    case.publisher._waiting[0].started -= 60
    case.tick()
    assert case.told == {"a": []}
    case.publisher._on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    case.tick()
    assert case.told == {"a": [GIVEN_UP]}
