"""When a request is told what became of it: by librdkafka's reports, or before them."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from confluent_kafka import KafkaError

from storepulse.adapters.settings import load
from storepulse.gateway.publishing.publisher import FULL, GIVEN_UP, Publisher

ROOM = 1_000
LATE = KafkaError(KafkaError._MSG_TIMED_OUT)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
FATAL = KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, "fenced", fatal=True)

Report = Callable[[KafkaError | None, Any], None]


class Queue:
    """Stands where librdkafka does: keeps what it is given until a test reports on it."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.values: list[bytes] = []
        self.room = ROOM
        #: How many reports the next poll brings.
        self.due = 0
        self.polls = 0

    def produce(self, *arguments: Any, on_delivery: Report | None = None, **_: Any) -> None:
        if len(self.reports) == self.room:
            raise BufferError
        report = on_delivery or arguments[4]
        self.reports.append(report)
        self.values.append(arguments[1])

    def poll(self, _seconds: float) -> int:
        self.polls += 1
        count, self.due = self.due, 0
        self.report(count)
        return count

    def report(self, count: int = 1, error: KafkaError | None = None) -> None:
        for _ in range(count):
            self.reports.pop(0)(error, None)


class Loop:
    """Stands where the event loop does: ticks come from the test."""

    def __init__(self) -> None:
        self.ticks = 0
        self.errors: list[Any] = []

    def call_later(self, *_: Any) -> None:
        self.ticks += 1

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.errors.append(context["exception"])


class Case:
    """A publisher before the queue, and what its requests were told."""

    def __init__(self, **settings: str) -> None:
        environment = {f"STOREPULSE_{name.upper()}": text for name, text in settings.items()}
        self.queue = Queue()
        self.publisher = Publisher(load(environment), frozenset())
        self.loop = Loop()
        self.publisher.loop = self.loop  # type: ignore[assignment]
        self.publisher._producer = self.queue  # type: ignore[assignment]
        self.publisher._produce = self.queue.produce
        self.publisher.broker.is_writable = True
        self.told: dict[str, list[KafkaError | None]] = {}

    def send(self, name: str, records: int = 1, *, patient: bool = False) -> None:
        told = self.told.setdefault(name, [])
        batch = [(b"key", name.encode())] * records
        self.publisher.publish("topic", batch, told.append, ROOM, patient=patient)

    def tick(self) -> None:
        self.publisher._tick()

    def tick_is_late(self) -> None:
        """The event loop has been busy with requests since the last one."""
        self.publisher._last_poll = perf_counter() - 1.0

    def tick_was_just_now(self) -> None:
        self.publisher._last_poll = perf_counter() + 60.0

    def slow_broker(self) -> None:
        """Lets acknowledgements take so long that requests gather."""
        for _ in range(50):
            self.send("before")
            self.gathered()
            self.publisher._waiting[-1].handed_over_at -= 0.1
            self.queue.report()
        self.tick()
        self.queue.values.clear()

    def gathered(self) -> None:
        """The time that requests gather is over."""
        self.publisher._due = 0.0
        self.tick()


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
    assert not case.publisher.broker.is_writable
    # What comes later is counted and told to nobody.
    case.queue.report(4)
    assert case.told == {"a": [GIVEN_UP], "b": [GIVEN_UP]}
    assert case.publisher.in_flight == 0
    assert case.publisher.broker.is_writable


def test_the_failure_of_a_record_that_nobody_waits_for_gives_up_as_well(case: Case) -> None:
    assert case.publisher.publish_aside("refused", b"body", {"correlation_id": "c-1"})
    case.send("b")
    case.queue.report(error=LATE)
    case.queue.report()
    assert case.told == {"b": [GIVEN_UP]}


def test_a_refusal_for_good_is_the_one_requests_own_affair(case: Case) -> None:
    case.send("a", 2)
    case.send("b")
    case.queue.report(error=TOO_LARGE)
    assert case.told == {"a": [TOO_LARGE], "b": []}
    assert case.publisher.broker.is_writable
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
    case.publisher._waiting[0].started_at -= 2.5
    case.tick()
    assert case.told == {"a": [GIVEN_UP], "b": [GIVEN_UP]}
    assert not case.publisher.broker.is_writable


def test_the_settled_are_not_waited_for(case: Case) -> None:
    case.send("a")
    case.send("b")
    case.publisher._waiting[0].started_at -= 2.5
    case.queue.report()
    case.tick()
    assert case.told == {"a": [None], "b": []}
    assert len(case.publisher._waiting) == 1


def test_without_a_spool_waiting_is_better_than_giving_up() -> None:
    case = Case(gateway_spool="off")
    case.send("a")
    case.publisher._waiting[0].started_at -= 60
    case.tick()
    assert case.told == {"a": []}
    case.publisher._on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    case.tick()
    assert case.told == {"a": [GIVEN_UP]}


def test_a_late_tick_is_made_up_for_before_the_next_request(case: Case) -> None:
    case.send("a")
    case.queue.due = 1
    case.tick_was_just_now()
    case.send("b")
    assert case.told == {"a": [], "b": []}
    case.tick_is_late()
    case.send("c")
    assert case.told == {"a": [None], "b": [], "c": []}
    assert case.publisher._last_poll > perf_counter() - 1.0


def test_an_answer_that_begins_a_request_does_not_poll_within_the_poll(case: Case) -> None:
    case.publisher.publish("topic", [(b"", b"a")], lambda _error: case.send("next"), ROOM)
    case.queue.due = 1
    case.tick_is_late()
    polls = case.queue.polls
    case.send("b")
    assert case.queue.polls == polls + 1
    assert case.queue.values == [b"a", b"next", b"b"]


def test_an_error_of_other_requests_is_told_to_the_loop_not_to_the_next_one(case: Case) -> None:
    def broken(_error: KafkaError | None) -> None:
        raise RuntimeError

    case.publisher.publish("topic", [(b"", b"a")], broken, ROOM)
    case.queue.due = 1
    case.tick_is_late()
    case.send("b")
    assert [type(error) for error in case.loop.errors] == [RuntimeError]
    case.queue.report()
    assert case.told == {"b": [None]}
    assert case.publisher.in_flight == 0


def test_requests_go_at_once_to_a_broker_that_answers_at_once(case: Case) -> None:
    for name in "abc":
        case.send(name)
        case.queue.report()
        case.send(name)
    assert case.queue.values == [b"a", b"a", b"b", b"b", b"c", b"c"]


def test_requests_gather_for_a_slow_broker_and_keep_their_order(case: Case) -> None:
    case.slow_broker()
    case.send("a", 2)
    case.send("b", patient=True)
    # As soon as it is quick again, what follows must not overtake.
    case.publisher._gathering.seconds = 0.0
    case.send("c")
    case.tick()
    assert case.queue.values == []
    assert case.publisher.in_flight == 4
    case.gathered()
    assert case.queue.values == [b"a", b"a", b"b", b"c"]
    case.queue.report(4)
    assert [case.told[name] for name in "abc"] == [[None], [None], [None]]
    assert case.publisher.in_flight == 0


def test_what_still_gathers_when_the_broker_goes_away_is_never_sent(case: Case) -> None:
    """Else the spool would bring it a second time."""
    case.slow_broker()
    case.send("a", 2)
    case.send("drain", patient=True)
    case.publisher._on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    case.gathered()
    assert case.told["a"] == [GIVEN_UP]
    assert case.told["drain"] == []
    assert case.queue.values == [b"drain"]
    assert case.publisher.in_flight == 1


def test_the_linger_is_the_longest_time_to_gather() -> None:
    case = Case(gateway_linger_ms="3")
    case.slow_broker()
    assert case.publisher._gathering.seconds == pytest.approx(0.002)
    case = Case(gateway_linger_ms="0")
    case.slow_broker()
    assert case.publisher._gathering.seconds == 0


def test_a_full_queue_fails_the_request_and_what_it_took_counts_until_reported(case: Case) -> None:
    case.queue.room = 3
    case.send("a", 2)
    case.send("b", 2)
    assert case.told == {"a": [], "b": [FULL]}
    assert case.publisher.in_flight == 4
    case.send("c")
    assert case.told["c"] == [FULL]
    case.queue.report(3)
    assert case.told == {"a": [None], "b": [FULL], "c": [FULL]}
    assert case.publisher.in_flight == 0


def test_an_error_stops_neither_the_ticks_nor_what_gathers(case: Case) -> None:
    case.slow_broker()
    produce = case.queue.produce

    def broken(*arguments: Any) -> None:
        if arguments[1] == b"a":
            raise RuntimeError
        produce(*arguments)

    case.publisher._produce = broken
    case.send("a")
    case.send("b")
    ticks = case.loop.ticks
    with pytest.raises(RuntimeError):
        case.gathered()
    assert case.loop.ticks == ticks + 1
    case.gathered()
    assert case.queue.values == [b"b"]
