"""Replays dead letters: claims them in small groups, sends them through again, once each.

A letter is claimed before anything is sent, and the claim is committed: two runs never hold the
same letter, and what a run that died held is free again when its claim ends. What it had sent by
then is sent once more, under the same event id and as the replay of the same letter, so that it has
one effect. What came of a replay is written by the agents, or by delivery, in the transaction of
that effect. A run passes each letter once: what dies again while it lasts is left for the next run.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jsonpatch
import psycopg
from confluent_kafka import KafkaError, KafkaException, Message
from psycopg.rows import class_row

from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.kafka.clients import BrokerAway, make_producer
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters.index import Letter, Selection, statements
from storepulse.dead_letters.patch import PatchTooCostly
from storepulse.dead_letters.replay_records import ReplayRecord, replay_record
from storepulse.dead_letters.requeue import Target, delivery_of, queue, targets
from storepulse.destinations.table import hold
from storepulse.domain.errors import Rejected, Transient

Connection = psycopg.Connection[Any]

GROUP_LETTERS = 100
#: How long a run may take from claiming a group until the broker has it.
CLAIM_SECONDS = 60.0
#: How long the agents may take from there before another run may send the letter again.
OUTCOME_SECONDS = 600.0
ACKNOWLEDGE_SECONDS = 10.0
WAITS_ALREADY = "destination: the event waits to be sent there already"
_BEGINNING = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Order:
    """What to replay and how. `to` sends the events to a destination instead of the agents."""

    selection: Selection
    actor: str
    patch: jsonpatch.JsonPatch | None = None
    to: Target | None = None
    limit: int | None = None
    per_second: float | None = None


@dataclass
class Tally:
    """What a run did. `refused` maps letters to the reason why they could not be replayed."""

    sent: list[UUID] = field(default_factory=list)
    queued: list[UUID] = field(default_factory=list)
    delivered_before: list[UUID] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        """Letters that the run came past."""
        replayed = len(self.sent) + len(self.queued) + len(self.delivered_before)
        return replayed + len(self.refused)

    def named(self) -> set[UUID]:
        """The letters themselves."""
        return {*self.sent, *self.queued, *self.delivered_before, *self.refused}


Progress = Callable[[Tally], None]


class Replay:
    """One run of an order. `stop` ends it after the group at hand."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        order: Order,
        clock: Clock,
        stop: threading.Event | None = None,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._order = order
        self._clock = clock
        self._stop = stop or threading.Event()
        self._catalog = load_catalog(settings.topic_prefix)
        self._targets = targets(connection)
        self._claimant = uuid4()
        self._after = _BEGINNING
        self._started_at = clock()
        self._publisher: _Publisher | None = None
        self.tally = Tally()

    def run(self, progress: Progress = lambda _: None) -> Tally:
        """Replays what the order selects, as of now. Raises Transient; then a later run goes on."""
        began = time.monotonic()
        while (wanted := self._wanted()) and self._keeps_pace(began):
            if not self._replay_group(wanted):
                break
            progress(self.tally)
        return self.tally

    def rehearse(self, progress: Progress = lambda _: None) -> Tally:
        """The same without touching anything: what would be sent, and what refused."""
        while (wanted := self._wanted()) and not self._stop.is_set():
            letters = self._letters("replayable", wanted)
            if not letters:
                break
            records, rows, refused = self._prepare(letters)
            self.tally.sent += [letter.dead_letter_id for letter, _ in records]
            self.tally.queued += [letter.dead_letter_id for letter, _ in rows]
            self.tally.refused |= refused
            progress(self.tally)
        return self.tally

    def _wanted(self) -> int:
        """Letters of the next group; 0 where the order's limit is reached."""
        order = self._order
        left = GROUP_LETTERS if order.limit is None else order.limit - self.tally.seen
        paced = GROUP_LETTERS if order.per_second is None else max(1, int(order.per_second))
        return min(GROUP_LETTERS, left, paced)

    def _keeps_pace(self, began: float) -> bool:
        """Waits until the next group is due; False where the run is to stop."""
        rate = self._order.per_second
        due = 0.0 if rate is None else began + self.tally.seen / rate - time.monotonic()
        return not self._stop.wait(max(0.0, due))

    def _replay_group(self, wanted: int) -> bool:
        """Replays the next letters; False where there are none."""
        with self._connection.transaction():
            hold(self._connection)
            letters = self._letters("claim", wanted)
            if not letters:
                return False
            self._targets = targets(self._connection)
            records, rows, refused = self._prepare(letters)
            queued, arrived, waiting = self._queue(rows)
            refused |= dict.fromkeys(waiting, WAITS_ALREADY)
            self._release(refused)
            sent = [letter.dead_letter_id for letter, _ in records]
            self._record([*sent, *queued, *arrived])
            self._close(arrived)
        self.tally.queued += queued
        self.tally.delivered_before += arrived
        self.tally.refused |= refused
        reach("dlq.after_claim")
        if records:
            self._send(records)
        return True

    def _letters(self, statement: str, count: int) -> list[Letter]:
        now = self._clock()
        at, letter_id = self._after
        parameters = self._order.selection.parameters | {
            "now": now,
            "started_at": self._started_at,
            "after": at,
            "after_id": letter_id,
            "claimant": self._claimant,
            "claimed_until": now + timedelta(seconds=CLAIM_SECONDS),
            "count": count,
        }
        with self._connection.cursor(row_factory=class_row(Letter)) as cursor:
            found = cursor.execute(statements()[statement].encode(), parameters).fetchall()
        if found:
            self._after = (found[-1].created_at, found[-1].dead_letter_id)
        return found

    def _prepare(
        self, letters: Sequence[Letter]
    ) -> tuple[
        list[tuple[Letter, ReplayRecord]], list[tuple[Letter, dict[str, Any]]], dict[UUID, str]
    ]:
        """Records for Kafka, rows for the delivery queue, and what cannot be replayed."""
        order = self._order
        records, rows, refused = [], [], {}
        for letter in letters:
            try:
                if order.to is not None:
                    target = self._targets.get(order.to.destination_id)
                    rows.append((letter, delivery_of(letter, target, order.patch)))
                elif letter.destination_id is not None:
                    target = self._targets.get(letter.destination_id)
                    rows.append((letter, delivery_of(letter, target, order.patch)))
                else:
                    records.append((letter, replay_record(letter, self._catalog, order.patch)))
            except PatchTooCostly:
                # No letter is to blame: the run ends here, and what it claimed is free again.
                raise
            except Rejected as error:
                refused[letter.dead_letter_id] = str(error)
        return records, rows, refused

    def _release(self, ids: Sequence[UUID] | dict[UUID, str]) -> None:
        if ids:
            parameters = {"ids": list(ids), "claimant": self._claimant}
            self._connection.execute(statements()["release_claims"].encode(), parameters)

    def _queue(
        self, rows: list[tuple[Letter, dict[str, Any]]]
    ) -> tuple[list[UUID], list[UUID], list[UUID]]:
        """Puts deliveries into the queue; their outcome closes the letters.

        Gives the letters that were queued, those whose event the destination has already, and those
        whose event waits there on its own account.
        """
        now = self._clock()
        found: dict[str, list[UUID]] = {"queued": [], "sent": [], "waits": []}
        for letter, row in rows:
            found[queue(self._connection, row, now)].append(letter.dead_letter_id)
        held = {"ids": found["queued"]}
        self._connection.execute(statements()["hold_for_delivery"].encode(), held)
        return found["queued"], found["sent"], found["waits"]

    def _close(self, arrived: list[UUID]) -> None:
        parameters = {"ids": arrived, "now": self._clock()}
        self._connection.execute(statements()["resolve_delivered"].encode(), parameters)

    def _record(self, ids: list[UUID]) -> None:
        """Leaves a line in the trail of each letter of the group that is replayed."""
        details: dict[str, Any] = {"run": str(self._claimant)}
        if self._order.patch is not None:
            details["patch"] = self._order.patch.patch
        if self._order.to is not None:
            details["destination"] = self._order.to.name
        self._connection.execute(
            statements()["record_action"].encode(),
            {
                "ids": ids,
                "action": "replayed",
                "actor": self._order.actor,
                "why": "",
                "details": json.dumps(details),
                "now": self._clock(),
            },
        )

    def _send(self, records: list[tuple[Letter, ReplayRecord]]) -> None:
        ids = [letter.dead_letter_id for letter, _ in records]
        if self._publisher is None:
            self._publisher = _Publisher(self._settings)
        try:
            self._publisher.publish([record for _, record in records])
        except Transient:
            # A record without acknowledgement may be in Kafka all the same; sent again, it is the
            # replay of the same letter.
            self._release(ids)
            raise
        reach("dlq.after_ack")
        until = self._clock() + timedelta(seconds=OUTCOME_SECONDS)
        parameters = {"ids": ids, "claimant": self._claimant, "claimed_until": until}
        self._connection.execute(statements()["extend_claims"].encode(), parameters)
        reach("dlq.after_extend")
        self.tally.sent += ids


class _Publisher:
    """Publishes groups of records by their keys and waits for the broker."""

    def __init__(self, settings: Settings) -> None:
        self._failed: KafkaError | None = None
        self._producer = make_producer(
            settings,
            "storepulse-dlq-replay",
            **{"delivery.timeout.ms": int(ACKNOWLEDGE_SECONDS * 1000), "log_level": 0},
        )

    def _settled(self, error: KafkaError | None, _message: Message) -> None:
        self._failed = self._failed or error

    def publish(self, records: Sequence[ReplayRecord]) -> None:
        """Returns once the broker has every record; raises Transient where it has not."""
        self._failed = None
        try:
            for record in records:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    headers=record.headers,  # type: ignore[arg-type] # a header may be null
                    on_delivery=self._settled,
                )
            reach("dlq.after_produce")
            left = self._producer.flush(ACKNOWLEDGE_SECONDS + 5)
        except (BufferError, KafkaException) as error:
            self._producer.purge()
            raise BrokerAway(f"Kafka: {error}") from error
        if self._failed is not None:
            raise BrokerAway(f"Kafka: {self._failed.str()}")
        if left:
            self._producer.purge()
            raise BrokerAway(f"Kafka: {left} records without acknowledgement")


def outcomes(connection: Connection, ids: Sequence[UUID]) -> Counter[str]:
    """How many of these letters are resolved, returned, quarantined, or wait for their outcome."""
    found: Counter[str] = Counter()
    rows = connection.execute(statements()["states"].encode(), {"ids": list(ids)}).fetchall()
    for _, status, quarantined, *_ in rows:
        if status == "open":
            found["quarantined" if quarantined else "returned"] += 1
        else:
            found["waiting" if status == "reprocessing" else status] += 1
    return found
