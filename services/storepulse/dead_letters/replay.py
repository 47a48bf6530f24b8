"""Replays dead letters: claims them in small groups and sends each once.

If a run dies, the next run may send its letters again, under the same event id and as the replay of
the same letter, so that the event is applied once. The agents, or delivery, write a replay's
outcome in the transaction of its effect (`outcomes`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters import outcomes
from storepulse.dead_letters.claims import LetterClaims, RunPlace
from storepulse.dead_letters.letter import Letter
from storepulse.dead_letters.patch import PatchTooCostly
from storepulse.dead_letters.replay_order import (
    Progress,
    RehearsedLetter,
    ReplayOrder,
    ReplayTally,
)
from storepulse.dead_letters.replay_publisher import ReplayPublisher
from storepulse.dead_letters.replay_record import ReplayRecord, replay_record_of
from storepulse.dead_letters.requeue import delivery_of, queue, read_targets
from storepulse.destinations.table.changes import hold
from storepulse.domain.errors import Rejected, Transient

GROUP_LETTERS = 100
#: Letters whose replays a rehearsal keeps.
MOST_REHEARSED = 10
WAITS_ALREADY = "destination: the event waits to be sent there already"


@dataclass
class _Group:
    """The letters of one transaction: records for Kafka, rows for the queue of deliveries, and the
    reasons why others cannot be replayed."""

    records: list[tuple[UUID, ReplayRecord]] = field(default_factory=list)
    rows: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)


class ReplayRun:
    """One run of an order. `stop` ends it after the current group."""

    def __init__(
        self,
        settings: Settings,
        connection: psycopg.Connection[Any],
        order: ReplayOrder,
        clock: Clock,
        stop: threading.Event | None = None,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._order = order
        self._clock = clock
        self._stop = stop or threading.Event()
        self._catalog = load_catalog(settings.topic_prefix)
        self._targets = read_targets(connection)
        self._claims = LetterClaims(connection, order.selection, clock, order.run, order.place)
        self._publisher: ReplayPublisher | None = None
        self.tally = ReplayTally()

    @property
    def id(self) -> UUID:
        """The id of this run in the letters' trails."""
        return self._claims.run

    @property
    def place(self) -> RunPlace:
        """Where the next part of this run begins."""
        return self._claims.place

    def run(self, progress: Progress = lambda _: None) -> ReplayTally:
        """Replays the selected letters. If it raises Transient, a later run continues."""
        started = time.monotonic()
        while (size := self._next_group_size()) and self._keep_pace(started):
            if not self._replay_group(size):
                break
            progress(self.tally)
        return self.tally

    def rehearse(self, progress: Progress = lambda _: None) -> ReplayTally:
        """Collects what `run` would send and refuse, without changing anything."""
        while (size := self._next_group_size()) and not self._stop.is_set():
            letters = self._claims.peek(size)
            if not letters:
                break
            group = self._prepare(letters)
            self.tally.sent += [letter_id for letter_id, _ in group.records]
            self.tally.queued += [letter_id for letter_id, _ in group.rows]
            self.tally.refused |= group.refused
            self._keep_rehearsed(group)
            progress(self.tally)
        return self.tally

    def _keep_rehearsed(self, group: _Group) -> None:
        kept = [RehearsedLetter(one, record.topic, record.value) for one, record in group.records]
        for letter_id, row in group.rows:
            name = self._targets[row["destination_id"]].name
            kept.append(RehearsedLetter(letter_id, name, row["value"]))
        room = MOST_REHEARSED - len(self.tally.rehearsed)
        self.tally.rehearsed += kept[:room]

    def _next_group_size(self) -> int:
        """Letters of the next group; 0 if the order's limit is reached."""
        limit, rate = self._order.limit, self._order.per_second
        remaining = GROUP_LETTERS if limit is None else limit - self.tally.count
        paced = GROUP_LETTERS if rate is None else max(1, int(rate))
        return min(GROUP_LETTERS, remaining, paced)

    def _keep_pace(self, started: float) -> bool:
        """Waits until the next group is due. Returns False if the run must stop."""
        rate = self._order.per_second
        wait = 0.0 if rate is None else started + self.tally.count / rate - time.monotonic()
        return not self._stop.wait(max(0.0, wait))

    def _replay_group(self, size: int) -> bool:
        """Replays the next letters. Returns False if there are none."""
        with self._connection.transaction():
            hold(self._connection)
            letters = self._claims.claim(size)
            if not letters:
                return False
            self._targets = read_targets(self._connection)
            group = self._prepare(letters)
            queued, delivered, waiting = self._queue(group.rows)
            group.refused |= dict.fromkeys(waiting, WAITS_ALREADY)
            self._claims.release(group.refused)
            sent = [letter_id for letter_id, _ in group.records]
            self._record([*sent, *queued, *delivered])
            outcomes.resolve_delivered(self._connection, delivered, self._clock())
        self.tally.queued += queued
        self.tally.delivered_before += delivered
        self.tally.refused |= group.refused
        reach("dlq.after_claim")
        if group.records:
            self._send(group.records)
        return True

    def _prepare(self, letters: Sequence[Letter]) -> _Group:
        """The record or row that each letter is sent as. Raises PatchTooCostly."""
        order, group = self._order, _Group()
        for letter in letters:
            letter_id = letter.dead_letter_id
            destination_id = order.to.destination_id if order.to else letter.destination_id
            try:
                if destination_id is not None:
                    target = self._targets.get(destination_id)
                    group.rows.append((letter_id, delivery_of(letter, target, order.patch)))
                else:
                    record = replay_record_of(letter, self._catalog, order.patch)
                    group.records.append((letter_id, record))
            except PatchTooCostly:
                # The patch is at fault, not a letter: end the run. The rollback frees its claims.
                raise
            except Rejected as error:
                group.refused[letter_id] = str(error)
        return group

    def _queue(
        self, rows: list[tuple[UUID, dict[str, Any]]]
    ) -> tuple[list[UUID], list[UUID], list[UUID]]:
        """Queues deliveries; their outcomes close the letters.

        Returns three lists of letters: queued, already delivered, and already waiting in the queue.
        """
        now = self._clock()
        letters: dict[str, list[UUID]] = {"queued": [], "sent": [], "waits": []}
        for letter_id, row in rows:
            letters[queue(self._connection, row, now)].append(letter_id)
        self._claims.leave_to_delivery(letters["queued"])
        return letters["queued"], letters["sent"], letters["waits"]

    def _record(self, ids: list[UUID]) -> None:
        """Adds a line to the trail of each replayed letter."""
        details: dict[str, Any] = {}
        if self._order.patch is not None:
            details["patch"] = self._order.patch.patch
        if self._order.to is not None:
            details["destination"] = self._order.to.name
        self._claims.record_replayed(ids, self._order.actor, details)

    def _send(self, records: list[tuple[UUID, ReplayRecord]]) -> None:
        ids = [letter_id for letter_id, _ in records]
        if self._publisher is None:
            self._publisher = ReplayPublisher(self._settings)
        try:
            self._publisher.publish([record for _, record in records])
        except Transient:
            # An unacknowledged record may be in Kafka. Sending it again is safe: it is the same
            # replay of the same letter.
            self._claims.release(ids)
            raise
        reach("dlq.after_ack")
        self._claims.extend(ids)
        reach("dlq.after_extend")
        self.tally.sent += ids
