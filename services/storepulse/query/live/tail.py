"""Reads the topics of events in its own thread and hands the records over in small batches.

It belongs to no consumer group and commits nothing. It starts 90 seconds back, or later if reading
all of that would take long. If it falls behind by more than `MOST_BEHIND_SECONDS`, it skips to the
end and reports it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its name for OffsetSpec
    AdminClient,
    OffsetSpec,
)

from storepulse.adapters.kafka.clients import (
    headers_of,
    is_unreadable,
    list_offsets,
    make_admin_client,
    reader_config,
)
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import group_of
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.query.live.arrivals import Arrival, Place, store_in, text_headers
from storepulse.query.live.refusals import refusal_of

#: Suffix of the client's name, after the query service's group, under which it reads.
NAME = "-live"
BACK_SECONDS = 90
#: Most records of one partition that are read at the start. Topics of outcomes get a few more, so
#: that no outcome of an accepted record that is read is missing.
MOST_BACK = 5_000
OUTCOMES_MORE = 500
MOST_BEHIND_SECONDS = 10.0
#: How long it may be behind before it skips to the end.
GRACE_SECONDS = 15.0
POLL_SECONDS = 0.1
BATCH_RECORDS = 500
TIMEOUT_SECONDS = 5.0
PAUSE_SECONDS = 1.0

log = logger()


#: A topic's name and the number of a partition.
Where = tuple[str, int]


@dataclass(slots=True)
class TailBatch:
    """Records, and the offset up to which each place was read.

    `is_cut`: records were skipped before this batch. `since_ms`: from this time on everything is
    read; None if this batch does not change it. `is_caught_up`: everything that existed at the
    start has been handed over, with this batch. `is_away`: nothing is read at the moment.
    """

    arrivals: list[Arrival] = field(default_factory=list)
    read: dict[Place, int] = field(default_factory=dict)
    is_cut: bool = False
    since_ms: int | None = None
    is_caught_up: bool = False
    is_away: bool = False


class Tail:
    """The thread. It calls `hand_over` for every batch; that call may block."""

    def __init__(self, settings: Settings, hand_over: Callable[[TailBatch], None]) -> None:
        self._settings = settings
        self._hand_over = hand_over
        self._stopping = threading.Event()
        self._topics = topics_of(load_catalog(settings.topic_prefix))
        self._found: dict[Where, Place] = {}
        #: The next offset of each partition.
        self._offsets: dict[Where, int] = {}
        #: Ends of partitions at the start that are not reached yet.
        self._unread: dict[Where, int] = {}
        self._client = group_of(settings.topic_prefix, "query") + NAME
        self._thread = threading.Thread(target=self._run, name="live-tail", daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def stop(self) -> None:
        """Stop within one poll, and wait for the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read_once()
            except Exception:
                log.exception("live_view_failed")
            self._stopping.wait(PAUSE_SECONDS)

    def _read_once(self) -> None:
        """Read until stopped or failed; a failure is reported by a batch that `is_away`."""
        try:
            self._read()
        except KafkaException as error:
            log.debug("live_view_waits", reason=str(error))
        finally:
            if not self._stopping.is_set():
                self._hand_over(TailBatch(is_away=True))

    def _read(self) -> None:
        """Read until stopped. Raises KafkaException."""
        consumer = Consumer(
            {
                **reader_config(self._settings, self._client),
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
                "queued.min.messages": 1000,
                "queued.max.messages.kbytes": 8192,
            }
        )
        try:
            self._begin(consumer, int(time.time() * 1000))
            self._follow(consumer)
        finally:
            consumer.close()

    def _begin(self, consumer: Consumer, now_ms: int) -> None:
        """Resume where it was, or else start 90 seconds back."""
        listed = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
        self._found = {
            (name, partition): Place(*self._topics[name], partition)
            for name in self._topics
            if name in listed
            for partition in listed[name].partitions
        }
        admin = make_admin_client(self._settings, self._client)
        since_ms = now_ms - BACK_SECONDS * 1000
        ends = _ends(admin, self._found)
        starts, is_whole = _starts(admin, self._found, ends, since_ms)
        is_first = not self._offsets
        passed_over = {where for where, at in self._offsets.items() if starts.get(where, at) > at}
        for where, offset in starts.items():
            self._offsets[where] = max(offset, self._offsets.get(where, 0))
        self._unread = {where: end for where, end in ends.items() if self._offsets[where] < end}
        consumer.assign([TopicPartition(*where, self._offsets[where]) for where in starts])
        if is_first or passed_over:
            self._hand_over(
                TailBatch(
                    read={self._found[where]: self._offsets[where] for where in starts},
                    is_cut=not is_first,
                    since_ms=since_ms if is_first and is_whole else now_ms,
                    is_caught_up=not self._unread,
                )
            )

    def _follow(self, consumer: Consumer) -> None:
        in_time_at = time.monotonic()
        while not self._stopping.is_set():
            batch = TailBatch()
            newest_ms = 0
            for message in consumer.consume(BATCH_RECORDS, POLL_SECONDS):
                newest_ms = max(newest_ms, self._take(consumer, message, batch))
            if batch.arrivals or batch.read:
                batch.is_caught_up = self._has_caught_up()
                self._hand_over(batch)
            behind = time.time() - newest_ms / 1000
            if len(batch.arrivals) < BATCH_RECORDS // 2 or behind < MOST_BEHIND_SECONDS:
                in_time_at = time.monotonic()
            elif time.monotonic() - in_time_at > GRACE_SECONDS:
                log.warning("live_view_behind", seconds=round(behind))
                self._go_to_end(consumer)
                in_time_at = time.monotonic()

    def _has_caught_up(self) -> bool:
        for where in [w for w, end in self._unread.items() if self._offsets[w] >= end]:
            del self._unread[where]
        return not self._unread

    def _go_to_end(self, consumer: Consumer) -> None:
        ends = _ends(make_admin_client(self._settings, self._client), self._found)
        consumer.assign([TopicPartition(*where, offset) for where, offset in ends.items()])
        self._offsets.update(ends)
        read = {self._found[where]: offset for where, offset in ends.items()}
        self._hand_over(TailBatch(read=read, is_cut=True, since_ms=int(time.time() * 1000)))

    def _take(self, consumer: Consumer, message: Any, batch: TailBatch) -> int:
        """Add a record to the batch. Returns the record's Kafka timestamp in ms, or 0 if there is
        no record."""
        where, error = (message.topic(), message.partition()), message.error()
        place = self._found.get(where)
        if place is None:  # the message is about the client, not a partition
            if error is not None and not error.retriable():
                raise KafkaException(error)
            return 0
        if error is not None:
            if is_unreadable(error):
                consumer.seek(TopicPartition(*where, message.offset() + 1))
            elif error.code() == KafkaError._PARTITION_EOF:
                batch.read[place] = self._offsets[where] = message.offset()
            elif not error.retriable():
                raise KafkaException(error)
            return 0
        at_ms = int(message.timestamp()[1])
        batch.arrivals.append(arrival_of(message, place, at_ms))
        batch.read[place] = self._offsets[where] = message.offset() + 1
        return at_ms


def arrival_of(message: Any, place: Place, at_ms: int) -> Arrival:
    """A record as readers of the live view see it."""
    value: bytes | None = message.value()
    if place.family == "refused":
        refusal = refusal_of(value, headers_of(message))
        return Arrival(place, message.offset(), at_ms, refusal.store_id, 0, refusal=refusal)
    headers = text_headers(headers_of(message)) if place.family == "dlq" else {}
    return Arrival(
        place,
        message.offset(),
        at_ms,
        store_in(value),
        hash(value),
        value if place.family == "ingest" else None,
        headers,
    )


def topics_of(catalog: Catalog) -> dict[str, tuple[Any, str]]:
    """Family and stream of each topic, by the topic's name."""
    topics: dict[str, tuple[Any, str]] = {}
    for stream in catalog.streams:
        topics[catalog.ingest(stream)] = ("ingest", stream)
        topics[catalog.events(stream)] = ("events", stream)
        topics[catalog.dlq(stream)] = ("dlq", stream)
    topics[catalog.rejected] = ("refused", "")
    return topics


def _ends(admin: AdminClient, places: Mapping[Where, Place]) -> dict[Where, int]:
    """The readable end of each partition. The ends of accepted events are read before those of
    their outcomes, so that the outcomes reach further."""
    accepted = [where for where, place in places.items() if place.family == "ingest"]
    others = [where for where, place in places.items() if place.family != "ingest"]
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    return {
        **list_offsets(admin, accepted, latest, TIMEOUT_SECONDS),
        **list_offsets(admin, others, latest, TIMEOUT_SECONDS),
    }


def _starts(
    admin: AdminClient, places: Mapping[Where, Place], ends: Mapping[Where, int], since_ms: int
) -> tuple[dict[Where, int], bool]:
    """The start offset of each partition, and whether everything since `since_ms` is included."""
    since = OffsetSpec.for_timestamp(since_ms)
    starts: dict[Where, int] = {}
    is_whole = True
    for where, offset in list_offsets(admin, list(places), since, TIMEOUT_SECONDS).items():
        most = MOST_BACK + (0 if places[where].family == "ingest" else OUTCOMES_MORE)
        wanted = offset if offset >= 0 else ends[where]
        starts[where] = max(wanted, ends[where] - most)
        is_whole = is_whole and starts[where] == wanted
    return starts, is_whole
