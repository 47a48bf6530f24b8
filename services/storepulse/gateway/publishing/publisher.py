"""Publish requests to Kafka and report when all their records are acknowledged.

`on_done` is called with None only when the broker has acknowledged every record of the request,
otherwise with the error. Deliveries are counted per request, not awaited one by one. librdkafka is
polled on the event loop, every millisecond while something is in flight, so deliveries need no
hand-over between threads and no lock. While the broker is busy, requests are held back for a few
milliseconds and handed over together, in order. A fatal error (idempotence lost) is final: the
process has to be replaced.

Requests are given up (`on_done` with GIVEN_UP) as soon as the broker is known to be away or one
request has waited too long. They are also given up when any delivery fails: librdkafka then starts
a new epoch and resends what is in flight, so the topic may hold twice what is acknowledged
afterwards. Records that were handed over before may still be written; they count as in flight until
librdkafka releases them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.kafka import clients as kafka
from storepulse.adapters.settings import Settings
from storepulse.gateway.publishing.broker_watch import BrokerWatch
from storepulse.gateway.publishing.gathering import Gathering
from storepulse.gateway.publishing.pending_request import OnDone, PendingRequest, Records

POLL_SECONDS = 0.001
#: Under load, ticks alone would wait until all incoming requests are read.
LATE_SECONDS = 0.0003
IDLE_POLL_SECONDS = 0.1
#: At shutdown only rejected beacons wait for an unreachable broker, and they are on disk too.
AWAY_FLUSH_SECONDS = 1.0

#: Delivery errors that a retry does not fix. They say nothing about other records.
PERMANENT = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG,
        KafkaError.POLICY_VIOLATION,
    }
)
#: librdkafka's part of the linger: the records of one hand-over reach it one by one.
LINGER_SECONDS = 0.001
#: Fewer than a topic has partitions. While a partition's records wait for the previous request's
#: answer, librdkafka polls without a pause unless a finished request waits to be sent; that takes a
#: core that a busy broker could use. More requests do not help: the broker answers those of one
#: connection one after the other.
REQUESTS_UNDER_WAY = 3
GIVEN_UP = KafkaError(KafkaError._TIMED_OUT, "given up")
FULL = KafkaError(KafkaError._QUEUE_FULL)


class QueueFull(Exception):
    """Too much waits for the broker already; no event of this request counts as accepted."""


class Publisher:
    """The owner of the producer. `start` and `stop` it on the same event loop."""

    def __init__(self, settings: Settings, topics: frozenset[str]) -> None:
        self._settings = settings
        self.broker = BrokerWatch(topics)
        self._is_ticking = False
        self._patience_seconds = (
            float("inf")
            if settings.gateway_spool == "off"
            else settings.gateway_spool_after_ms / 1000
        )
        #: Requests in order of arrival; settled ones leave when those before them have left.
        self._waiting: deque[PendingRequest] = deque()
        linger = settings.gateway_linger_ms / 1000
        self._linger = min(linger, LINGER_SECONDS)
        self._gathering = Gathering(linger - self._linger)
        #: Requests held back, in order of arrival; they are handed over at `_due`.
        self._gathered: deque[PendingRequest] = deque()
        self._due = 0.0
        self._is_polling = False
        self._last_poll = 0.0
        self._observe = metrics.PRODUCE_SECONDS.labels().observe
        self.in_flight = 0
        self.on_fatal: Callable[[], None] = lambda: None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make the producer and start to watch the broker."""
        self.loop = loop
        self._producer = kafka.make_producer(
            self._settings,
            "storepulse-gateway",
            error_cb=self._on_error,
            **{
                "linger.ms": self._linger * 1000,
                "max.in.flight.requests.per.connection": REQUESTS_UNDER_WAY,
            },
        )
        self._produce = self._producer.produce
        self.broker.start(self._producer.list_topics)
        self._idle_poll()

    def publish(
        self, topic: str, records: Records, on_done: OnDone, room: int, *, patient: bool = False
    ) -> None:
        """Take records for librdkafka.

        `on_done` is called once: when all are acknowledged, when one has failed, or, unless
        `patient`, when they are given up. Raises QueueFull if more than `room` records would be in
        flight; `on_done` is then never called.
        """
        if self._is_ticking and perf_counter() - self._last_poll > LATE_SECONDS:
            self._poll_between()
        if self.in_flight + len(records) > room:
            raise QueueFull
        pending = PendingRequest(self, topic, records, on_done, patient)
        self.in_flight += pending.count
        if not patient:
            self._waiting.append(pending)
        if self._gathered:
            self._gathered.append(pending)
        elif self._gathering.seconds:
            self._due = pending.started_at + self._gathering.seconds
            self._gathered.append(pending)
        else:
            self._hand_over(pending)
        if not self._is_ticking:
            self._is_ticking = True
            self.loop.call_later(POLL_SECONDS, self._tick)

    def _hand_over(self, pending: PendingRequest) -> None:
        """Give a request's records to librdkafka.

        If its queue is full, the request fails; the records it took before that may still be
        written.
        """
        reach("gateway.before_produce")
        pending.handed_over_at = perf_counter()
        produce, topic, on_delivery = self._produce, pending.topic, pending.on_delivery
        sent = 0
        try:
            for key, value in pending.records:
                produce(topic, value, key, -1, on_delivery)
                sent += 1
        except (BufferError, KafkaException) as error:
            pending.undelivered -= pending.count - sent
            if not pending.undelivered:
                self.in_flight -= pending.count
            pending.settle(error.args[0] if isinstance(error, KafkaException) else FULL)

    def publish_aside(
        self, topic: str, value: bytes, headers: dict[str, str | bytes | None]
    ) -> bool:
        """Hand over a record without waiting for it; False if the queue is full.

        Its key is its correlation id.
        """
        key = headers.get("correlation_id")
        try:
            self._produce(topic, value, key, headers=headers, on_delivery=self._on_aside)
        except (BufferError, KafkaException):
            return False
        return True

    def finish(self, pending: PendingRequest) -> None:
        """Handle a request whose deliveries are all settled."""
        self.in_flight -= pending.count
        reach("gateway.after_ack")
        if pending.error is None:
            now = perf_counter()
            self._observe(now - pending.started_at)
            self._gathering.note_acknowledgement(now - pending.handed_over_at)
            self.broker.note_success()
            pending.settle(None)

    def handle_failure(self, error: KafkaError) -> None:
        """Handle a failed delivery: its own request is told separately, all others are given up."""
        if error.fatal():
            self._die(str(error))
        elif error.code() not in PERMANENT:
            self.broker.suspect(f"delivery failed: {error.name()}")
            self._give_up()

    async def stop(self, seconds: float) -> int:
        """Flush; return the number of undelivered records.

        No request waits at this point: only rejected beacons are left, and no client was told 2xx
        for them.
        """
        self.broker.request_stop()
        seconds = seconds if self.broker.is_writable else min(seconds, AWAY_FLUSH_SECONDS)
        undelivered: int = await asyncio.to_thread(self._producer.flush, seconds)
        await asyncio.to_thread(self.broker.join)
        return undelivered

    # ---- ticks ------------------------------------------------------------------------------

    def _tick(self) -> None:
        try:
            self._poll()
        finally:
            # Also after an error, because everything in flight depends on the next tick.
            if self.in_flight:
                self.loop.call_later(POLL_SECONDS, self._tick)
            else:
                self._is_ticking = False

    def _poll_between(self) -> None:
        """Poll before the next request, unless a poll is running: an answer can start the next
        request of its connection.

        An error is not that request's fault, so it is reported as a tick's would be.
        """
        if self._is_polling:
            return
        try:
            self._poll()
        except Exception as error:  # noqa: BLE001 - of whichever request was answered meanwhile
            self.loop.call_exception_handler(
                {"message": "looking after deliveries failed", "exception": error}
            )

    def _poll(self) -> None:
        """Take in deliveries, then do what is due."""
        self._is_polling = True
        try:
            self._producer.poll(0)
            self._move_on()
        finally:
            self._is_polling = False
            self._last_poll = perf_counter()

    def _move_on(self) -> None:
        """Give up requests that waited too long; hand over gathered ones."""
        waiting = self._waiting
        while waiting and not waiting[0].undelivered:
            waiting.popleft()
        if waiting:
            if not self.broker.is_writable:
                self._give_up()
            elif perf_counter() - waiting[0].started_at > self._patience_seconds:
                self.broker.suspect("a delivery takes too long")
                self._give_up()
        if self._gathered and perf_counter() >= self._due:
            while self._gathered:
                self._hand_over(self._gathered.popleft())

    def _give_up(self) -> None:
        """Tell every request in flight that it need not wait for the broker."""
        for pending in self._gathered:
            if not pending.is_patient:
                self.in_flight -= pending.count
        self._gathered = deque(pending for pending in self._gathered if pending.is_patient)
        waiting, self._waiting = self._waiting, deque()
        for pending in waiting:
            if pending.undelivered:
                pending.settle(GIVEN_UP)

    def _idle_poll(self) -> None:
        """Serve librdkafka's own callbacks, and deliveries that no request waits for."""
        self._producer.poll(0)
        metrics.IN_FLIGHT.set(self.in_flight)
        if not self.broker.is_stopping:
            self.loop.call_later(IDLE_POLL_SECONDS, self._idle_poll)

    # ---- what librdkafka calls --------------------------------------------------------------

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._FATAL:
            self._die(str(error))
        else:
            self.broker.note_error(error)

    def _on_aside(self, error: KafkaError | None, _message: Any) -> None:
        if error is not None:
            self.handle_failure(error)

    def _die(self, reason: str) -> None:
        if self.broker.note_fatal(reason):
            self._give_up()
            self.on_fatal()
