"""Kafka as the gateway uses it: publish a request's records, know when all are acknowledged.

Rules: `done` is called with None only when the broker has acknowledged every record of the request;
else with the error. Deliveries are counted per request, not awaited one by one. librdkafka is
polled on the event loop itself, every millisecond while something is in flight: deliveries need no
hand-over between threads, and no lock. While the broker is busy, requests are held back for a few
milliseconds and handed over together, in their order. A fatal error (idempotence lost) is final:
the process has to be replaced.

Requests are given up (`done` with GIVEN_UP) as soon as the broker is known to be away or one has
waited too long. Also when any delivery fails: librdkafka then begins a new epoch and sends what is
under way once more under it, so that the topic may have twice what is acknowledged afterwards. What
was handed over before may still be written; it counts as in flight until librdkafka lets go of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic, perf_counter
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.kafka import clients as kafka
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.gateway.gathering import Gathering
from storepulse.gateway.librdkafka_log import librdkafka_log

POLL_SECONDS = 0.001
#: While requests come thick and fast: ticks alone would wait until all that have come are read.
LATE_SECONDS = 0.0003
IDLE_POLL_SECONDS = 0.1
PROBE_SECONDS = 1.0
#: After a success that is younger than this, the broker needs no probe.
FRESH_SECONDS = 5.0
PROBE_TIMEOUT_SECONDS = 2.0
#: A broker that is slow to answer a fresh process is not away yet.
LOOKS_AT_START = 2
REPORT_SECONDS = 10.0
#: At the end only refused beacons wait for a broker that is away, and what is on our disk too.
AWAY_FLUSH_SECONDS = 1.0

#: Delivery errors that will not pass by trying again; they say nothing about other records.
PERMANENT = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.POLICY_VIOLATION,
    }
)
#: librdkafka's own part of the linger: the records of one hand-over come to it one by one.
LINGER_SECONDS = 0.001
#: Fewer than a topic has partitions. While a partition's records wait for the answer to the request
#: before them, librdkafka polls without a pause, on a core that a busy broker could use, unless a
#: finished request waits to be sent. The broker gains nothing from more of them: it answers those
#: of one connection one after the other.
REQUESTS_UNDER_WAY = 3
GIVEN_UP = KafkaError(KafkaError._TIMED_OUT, "given up")
FULL = KafkaError(KafkaError._QUEUE_FULL)

Records = Sequence[tuple[bytes, bytes]]
Done = Callable[[KafkaError | None], None]


def _nobody(_error: KafkaError | None) -> None:
    """Takes the outcome of records whose request was answered already."""


class QueueFull(Exception):
    """Too much waits for the broker already; nothing of this request counts as accepted."""


class _Pending:
    """One request's records, and the deliveries that it still waits for."""

    __slots__ = (
        "count",
        "done",
        "error",
        "handed_over",
        "left",
        "patient",
        "publisher",
        "records",
        "started",
        "topic",
    )

    def __init__(
        self, publisher: Publisher, topic: str, records: Records, done: Done, patient: bool
    ) -> None:
        self.publisher = publisher
        self.topic = topic
        self.records = records
        self.count = self.left = len(records)
        self.done = done
        self.patient = patient
        self.error: KafkaError | None = None
        self.started = self.handed_over = perf_counter()

    def delivered(self, error: KafkaError | None, _message: Any) -> None:
        self.left -= 1
        if error is not None:
            self.error = error
            self.publisher.failed(error)
            self.settle(error)
        if not self.left:
            self.publisher.finished(self)

    def settle(self, error: KafkaError | None) -> None:
        """Tells the request's outcome, once."""
        done, self.done = self.done, _nobody
        done(error)


class Publisher:
    """Owns the producer. Lives on one event loop; `start` it there, `stop` it there."""

    def __init__(self, settings: Settings, topics: frozenset[str]) -> None:
        self._settings = settings
        self._topics = topics
        self._log = logger()
        self._stopping = threading.Event()
        self._ticking = False
        self._patience = (
            float("inf")
            if settings.gateway_spool == "off"
            else settings.gateway_spool_after_ms / 1000
        )
        #: Requests in the order of their coming; the settled ones leave with those before them.
        self._waiting: deque[_Pending] = deque()
        linger = settings.gateway_linger_ms / 1000
        self._linger = min(linger, LINGER_SECONDS)
        self._gathering = Gathering(linger - self._linger)
        #: What gathers, in the order of its coming, and when it is handed over.
        self._held: deque[_Pending] = deque()
        self._due = 0.0
        self._looking = False
        self._looked = 0.0
        self._look_now = threading.Event()
        self._last_success = -FRESH_SECONDS
        self._last_report = 0.0
        self._observe = metrics.PRODUCE_SECONDS.labels().observe
        self.in_flight = 0
        #: The broker answers, whether or not it takes writes.
        self.reachable = False
        self._looks = 0
        self._suspect = False
        #: Whether somebody will try a write by himself; then no live event has to be the trial.
        self.has_trial: Callable[[], bool] = lambda: False
        self.writable = False
        self.why_not = "not started"
        self.fatal: str | None = None
        self.on_fatal: Callable[[], None] = lambda: None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Makes the producer and begins to watch the broker."""
        self.loop = loop
        self._producer = kafka.make_producer(
            self._settings,
            "storepulse-gateway",
            error_cb=self._on_error,
            logger=librdkafka_log(),
            **{
                "linger.ms": self._linger * 1000,
                "max.in.flight.requests.per.connection": REQUESTS_UNDER_WAY,
            },
        )
        self._produce = self._producer.produce
        self._probe_thread = threading.Thread(target=self._probe, name="kafka-probe", daemon=True)
        self._probe_thread.start()
        self._idle_poll()

    @property
    def knows(self) -> bool:
        """Whether `writable` is more than what one starts with."""
        return self.writable or self._looks >= LOOKS_AT_START

    def publish(
        self, topic: str, records: Records, done: Done, room: int, *, patient: bool = False
    ) -> None:
        """Takes records (key, value) for librdkafka; `done` is called once: when all are
        acknowledged, when one has failed, or, unless `patient`, when they are given up.

        At most `room` may be in flight with them. Raises QueueFull where there is no room; then
        `done` is never called.
        """
        if self._ticking and perf_counter() - self._looked > LATE_SECONDS:
            self._look_between()
        if self.in_flight + len(records) > room:
            raise QueueFull
        pending = _Pending(self, topic, records, done, patient)
        self.in_flight += pending.count
        if not patient:
            self._waiting.append(pending)
        if self._held:
            self._held.append(pending)
        elif self._gathering.seconds:
            self._due = pending.started + self._gathering.seconds
            self._held.append(pending)
        else:
            self._hand_over(pending)
        if not self._ticking:
            self._ticking = True
            self.loop.call_later(POLL_SECONDS, self._tick)

    def _hand_over(self, pending: _Pending) -> None:
        """Gives a request's records to librdkafka. Where its queue is full the request has failed;
        what it took of it before may still be written.
        """
        reach("gateway.before_produce")
        pending.handed_over = perf_counter()
        produce, topic, delivered = self._produce, pending.topic, pending.delivered
        sent = 0
        try:
            for key, value in pending.records:
                produce(topic, value, key, -1, delivered)
                sent += 1
        except (BufferError, KafkaException) as error:
            pending.left -= pending.count - sent
            if not pending.left:
                self.in_flight -= pending.count
            pending.settle(error.args[0] if isinstance(error, KafkaException) else FULL)

    def publish_aside(
        self, topic: str, value: bytes, headers: dict[str, str | bytes | None]
    ) -> bool:
        """Hands over a record that nobody waits for; False where the queue is full.

        Its key is its correlation id.
        """
        key = headers.get("correlation_id")
        try:
            self._produce(topic, value, key, headers=headers, on_delivery=self._settled_aside)
        except (BufferError, KafkaException):
            return False
        return True

    def finished(self, pending: _Pending) -> None:
        """All deliveries of a request are settled."""
        self.in_flight -= pending.count
        reach("gateway.after_ack")
        if pending.error is None:
            now = perf_counter()
            self._observe(now - pending.started)
            self._gathering.acknowledged(now - pending.handed_over)
            self._last_success = monotonic()
            if not self.writable and self.fatal is None:
                self._suspect = False
                self._set_writable(None)
            pending.settle(None)

    def failed(self, error: KafkaError) -> None:
        """A delivery failed: its request is told by itself, all others are given up."""
        if error.fatal():
            self._die(str(error))
        elif error.code() not in PERMANENT:
            self._suspect = True
            self._set_writable(f"delivery failed: {error.name()}")
            self._give_up()

    async def stop(self, seconds: float) -> int:
        """Flushes; gives the number of records that were not delivered (nobody was told 2xx).

        Called when no request waits any more: what is left are refused beacons that are kept.
        """
        self._stopping.set()
        self._look_now.set()
        seconds = seconds if self.writable else min(seconds, AWAY_FLUSH_SECONDS)
        left: int = await asyncio.to_thread(self._producer.flush, seconds)
        await asyncio.to_thread(self._probe_thread.join, PROBE_TIMEOUT_SECONDS + 1)
        return left

    def _tick(self) -> None:
        try:
            self._look_around()
        finally:
            # Also after an error: everything that is under way waits for the next one.
            if self.in_flight:
                self.loop.call_later(POLL_SECONDS, self._tick)
            else:
                self._ticking = False

    def _look_between(self) -> None:
        """A tick before the next request. Not within another: an answer can begin the next request
        of its connection. An error is none of that request's, and told like a tick's.
        """
        if self._looking:
            return
        try:
            self._look_around()
        except Exception as error:  # noqa: BLE001 - of whichever request was answered meanwhile
            self.loop.call_exception_handler(
                {"message": "looking after deliveries failed", "exception": error}
            )

    def _look_around(self) -> None:
        """Takes deliveries in, then does what has fallen due."""
        self._looking = True
        try:
            self._producer.poll(0)
            self._move_on()
        finally:
            self._looking = False
            self._looked = perf_counter()

    def _move_on(self) -> None:
        """Gives up what waits in vain, hands over what has gathered."""
        waiting = self._waiting
        while waiting and not waiting[0].left:
            waiting.popleft()
        if waiting:
            if not self.writable:
                self._give_up()
            elif perf_counter() - waiting[0].started > self._patience:
                self._suspect = True
                self._set_writable("a delivery takes too long")
                self._give_up()
        if self._held and perf_counter() >= self._due:
            while self._held:
                self._hand_over(self._held.popleft())

    def _give_up(self) -> None:
        """Tells every request under way that it need not wait for the broker."""
        for pending in self._held:
            if not pending.patient:
                self.in_flight -= pending.count
        self._held = deque(pending for pending in self._held if pending.patient)
        waiting, self._waiting = self._waiting, deque()
        for pending in waiting:
            if pending.left:
                pending.settle(GIVEN_UP)

    def _idle_poll(self) -> None:
        """Serves librdkafka's own callbacks, and deliveries that nobody waits for."""
        self._producer.poll(0)
        metrics.IN_FLIGHT.set(self.in_flight)
        if not self._stopping.is_set():
            self.loop.call_later(IDLE_POLL_SECONDS, self._idle_poll)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._FATAL:
            self._die(str(error))
        elif error.code() == KafkaError._ALL_BROKERS_DOWN and self.fatal is None:
            # Possibly just an idle connection that ended: the probe finds out at once.
            self.reachable = False
            self._set_writable("no broker is connected")
            self._look_now.set()

    def _settled_aside(self, error: KafkaError | None, _message: Any) -> None:
        if error is not None:
            self.failed(error)

    def _die(self, reason: str) -> None:
        if self.fatal is None:
            self.fatal = reason
            self._set_writable(f"fatal: {reason}")
            self._give_up()
            self._log.error("kafka_fatal", reason=reason)
            self.on_fatal()

    def _set_writable(self, why_not: str | None) -> None:
        before, self.writable = self.writable, why_not is None
        self.why_not = why_not or ""
        metrics.KAFKA_WRITABLE.set(int(self.writable))
        if before != self.writable or (
            why_not is not None and monotonic() - self._last_report > REPORT_SECONDS
        ):
            self._last_report = monotonic()
            self._log.info("kafka_writable", writable=self.writable, reason=self.why_not)

    def _probe(self) -> None:
        """Asks for metadata while no delivery has succeeded lately. Runs in its own thread."""
        while not self._stopping.is_set():
            if monotonic() - self._last_success >= FRESH_SECONDS or not self.writable:
                why_not = self._look()
                self.reachable = why_not is None
                if self.reachable and self._suspect and self.has_trial():
                    why_not = "it answers, but the last delivery failed"
                if not self._stopping.is_set() and self.fatal is None:
                    self._set_writable(why_not)
            self._looks += 1
            self._look_now.wait(PROBE_SECONDS if self.writable else PROBE_SECONDS / 4)
            self._look_now.clear()

    def _look(self) -> str | None:
        try:
            found = self._producer.list_topics(timeout=PROBE_TIMEOUT_SECONDS)
        except KafkaException as error:
            return f"no metadata: {error.args[0].name()}"
        missing = sorted(self._topics - found.topics.keys())
        return f"missing topics: {', '.join(missing)}" if missing else None
