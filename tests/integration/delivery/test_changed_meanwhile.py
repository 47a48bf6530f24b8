"""Destinations that an administrator removes or changes while a slice is being queued for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.agents.slices import Broker, Places
from tests.integration.delivery.line import RECEIVED_AT, Line
from tests.support.dead_letters import add_letter, letters
from tests.support.ingest_records import STORE, event_id, record
from tests.support.waiting import wait_until

from storepulse.adapters.clock import system_clock
from storepulse.dead_letters.index import Selection
from storepulse.dead_letters.replay import ReplayRun
from storepulse.dead_letters.replay_order import ReplayOrder
from storepulse.dead_letters.requeue import find_target, resend
from storepulse.delivery.matcher import MatchTransaction, read
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table import changes, reads, removal
from storepulse.domain.errors import Rejected
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.slice import Slice

EVENTS = 20
GONE = "http://127.0.0.1:9/"


@dataclass
class Pause:
    """A slice's transaction stands still before its commit until `go`."""

    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.reached.set()
        assert self.go.wait(60)


def queue_slice(line: Line, first: int = 0) -> None:
    """Queues a slice of events in one transaction, as a delivery process does."""
    made = [record("activity", n, session_id=f"s-{n % 3}") for n in range(first, first + EVENTS)]
    piece = Slice(
        "events.activity", 0, list(range(first, first + EVENTS)), [m.key for m in made],
        [m.value for m in made], [[] for _ in made], [0] * EVENTS, 1,
    )  # fmt: skip
    transaction = MatchTransaction("activity", lambda _ids: None, line.clock)
    with line.world.connect() as connection:
        transaction.open(connection)
        place = SourcePartition("group", piece.topic, "topic-id", 0)
        transaction.apply(read(piece, "activity"), place, Broker(last=first + EVENTS))


@contextmanager
def in_flight(line: Line, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A slice that has been matched and is not committed; call what comes for its end."""
    pause = Pause()
    Places(monkeypatch, "slices.before_commit", pause)
    with ThreadPoolExecutor(1) as pool:
        queued = pool.submit(queue_slice, line)
        assert pause.reached.wait(60)

        def end() -> None:
            pause.go.set()
            queued.result(60)

        try:
            yield end
        finally:
            pause.go.set()


def ended_or_blocked(line: Line, work: Future[object]) -> None:
    """Returns once the work is done, or waits for a lock of another transaction."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    wait_until(lambda: work.done() or line.value(waiting), "an end or a lock")


def administer(
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[psycopg.Connection[tuple[object, ...]]], object],
) -> object:
    """What an administrator's work gives that begins while a slice is in flight."""
    with (
        in_flight(line, monkeypatch) as end,
        ThreadPoolExecutor(1) as pool,
        line.world.connect() as connection,
    ):
        asked = pool.submit(work, connection)
        ended_or_blocked(line, asked)
        end()
        return asked.result(60)


def left(line: Line, destination: Destination) -> list[tuple[str, bool]]:
    """Status, and whether it has a key, of the destination's rows."""
    found: list[tuple[str, bool]] = line.rows(  # type: ignore[assignment]
        "SELECT DISTINCT status, ordering_key IS NOT NULL FROM deliveries"
        " WHERE destination_id = %s",
        destination.destination_id,
    )
    return found


def test_no_row_stays_behind_where_a_destination_is_removed(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = line.destination("crm", GONE)
    discarded = administer(
        line, monkeypatch,
        lambda c: removal.remove(c, "crm", system_clock(), discard=True),
    )  # fmt: skip
    assert discarded == EVENTS
    assert left(line, destination) == [("failed", False)]
    queue_slice(line, EVENTS)
    assert line.statuses(destination) == {"failed": EVENTS}


def test_a_destination_is_not_removed_over_events_that_come_in(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = line.destination("crm", GONE)
    with pytest.raises(Rejected, match="events wait"):
        administer(line, monkeypatch, lambda c: removal.remove(c, "crm", system_clock()))
    assert left(line, destination) == [("pending", False)]
    assert line.value("SELECT status FROM destinations") == "active"


def test_order_is_refused_over_events_that_come_in_without_it(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = line.destination("crm", GONE)
    with pytest.raises(Rejected, match="queued without order"):
        administer(
            line, monkeypatch,
            lambda c: changes.change(
                c, line.box, "crm", {"ordered": True}, system_clock()
            ),
        )  # fmt: skip
    assert left(line, destination) == [("pending", False)]
    assert line.value("SELECT ordered FROM destinations") is False


def test_a_removal_that_was_cut_off_is_finished_by_the_next(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = line.destination("crm", GONE)
    line.queue(destination, range(25))
    monkeypatch.setattr(removal, "GROUP_ROWS", 10)
    groups = iter([1, 1])
    whole = removal._fail_waiting

    def cut(*arguments: object) -> int:
        next(groups)
        return whole(*arguments)  # type: ignore[arg-type]

    with line.world.connect() as connection:
        monkeypatch.setattr(removal, "_fail_waiting", cut)
        with pytest.raises(StopIteration):
            removal.remove(connection, "crm", system_clock(), discard=True)
        assert line.statuses(destination) == {"failed": 20, "pending": 5}
        (entry,) = reads.list_destinations(connection)
        assert (entry.destination.status, entry.status_reason) == (
            "disabled", "it is being removed",
        )  # fmt: skip
        monkeypatch.setattr(removal, "_fail_waiting", whole)
        assert removal.remove(connection, "crm", system_clock(), discard=True) == 5
    assert line.statuses(destination) == {"failed": 25}


def fail_all(line: Line, destination: Destination) -> None:
    line.rows(
        "UPDATE deliveries SET status = 'failed', finished_at = %s WHERE destination_id = %s"
        " RETURNING 1",
        line.clock(), destination.destination_id,
    )  # fmt: skip


def resend_failed(line: Line, connection: psycopg.Connection[Any], destination: Destination) -> int:
    target = UUID(destination.destination_id)
    return resend(connection, target, actor="a test", now=line.clock())


def replay_letters(
    line: Line, connection: psycopg.Connection[Any], destination: Destination
) -> int:
    selection = Selection(destination_id=UUID(destination.destination_id))
    replay = ReplayRun(
        line.world.settings, connection, ReplayOrder(selection, "a test"), line.clock
    )
    return len(replay.run().queued)


@pytest.mark.parametrize("queue_again", [resend_failed, replay_letters])
def test_a_destination_is_not_removed_over_events_that_are_queued_again(
    line: Line, queue_again: Callable[[Line, psycopg.Connection[Any], Destination], int]
) -> None:
    destination = line.destination("crm", GONE)
    line.queue(destination, [1])
    fail_all(line, destination)
    with (
        line.world.connect() as queueing,
        line.world.connect() as removing,
        ThreadPoolExecutor(1) as pool,
    ):
        add_refused(queueing, destination)
        with queueing.transaction():
            assert queue_again(line, queueing, destination) == 1
            removed = pool.submit(
                lambda: removal.remove(removing, "crm", line.clock(), discard=True)
            )
            ended_or_blocked(line, removed)
        assert removed.result(60) == 1
        assert line.statuses(destination) == {"failed": 1}
        assert queue_again(line, queueing, destination) == 0
    assert line.statuses(destination) == {"failed": 1}


@pytest.mark.parametrize("is_tried", [False, True], ids=["waiting", "in a batch"])
async def test_a_letter_whose_replay_waited_for_a_removed_destination_is_open_again(
    line: Line, is_tried: bool
) -> None:
    destination = line.destination("crm", GONE)
    line.queue(destination, [1])
    fail_all(line, destination)
    with line.world.connect() as connection:
        letter = add_refused(connection, destination)
        assert replay_letters(line, connection, destination) == 1
        if is_tried:
            async with line.process():
                tried = "SELECT count(*) FROM delivery_batches WHERE attempts > 0"
                await line.wait_for(lambda: line.value(tried), "a first attempt")
        assert letters(connection, [letter], "status") == [("reprocessing",)]
        assert removal.remove(connection, "crm", line.clock(), discard=True) == 1
        assert letters(connection, [letter], "status", "replays") == [("open", 0)]
        # So it can be sent elsewhere.
        other = line.destination("other", GONE)
        order = ReplayOrder(Selection(ids=[letter]), "a test", to=find_target(connection, "other"))
        assert ReplayRun(line.world.settings, connection, order, line.clock).run().queued == [
            letter
        ]
    assert line.statuses(other) == {"pending": 1}


def add_refused(connection: psycopg.Connection[Any], destination: Destination) -> UUID:
    """The dead letter of a delivery."""
    return add_letter(
        connection, record("activity", 1), stage="delivery", topic="events.activity.v1",
        destination_id=UUID(destination.destination_id), store_id=UUID(STORE),
        event_id=UUID(event_id(1)), received_at=RECEIVED_AT,
    )  # fmt: skip


def test_a_letter_goes_to_no_destination_that_was_removed_meanwhile(line: Line) -> None:
    destination = line.destination("crm", GONE)
    with line.world.connect() as connection:
        letter = add_letter(connection, record("activity", 1))
        target = find_target(connection, "crm")
        order = ReplayOrder(Selection(ids=[letter]), "a test", to=target)
        replay = ReplayRun(line.world.settings, connection, order, line.clock)
        removal.remove(connection, "crm", line.clock())
        assert list(replay.run().refused) == [letter]
    assert line.statuses(destination) == {}
