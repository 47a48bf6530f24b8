"""Authors' changes to tests, and moves between states. Every change is in the audit trail.

Rules: changes to a store's tests are serialized. A change that names an outdated version is
refused. Writing the same values again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import Caller, Conflict, check_store
from storepulse.access.store_changes import find_store
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.authored import AuthoredTest
from storepulse.domain.experiments.authoring import (
    definition_of,
    description_of,
    name_of,
    priority_of,
)
from storepulse.domain.experiments.definition import Definition, encode
from storepulse.domain.experiments.freezing import whole_milliseconds
from storepulse.domain.experiments.life_cycle import (
    Move,
    begins_phase,
    raises_traffic_alone,
    reason_against,
    status_after,
)
from storepulse.experiments.phases import begin_phase, end_phase, moment_after
from storepulse.experiments.rows import (
    STATEMENTS,
    ShownTest,
    TestRow,
    find_row,
    other_rows,
    show_row,
    shown_to_auditors,
)

#: Most tests of a store, without archived ones.
MOST_TESTS = 200
#: Most phases of a test, because its figures are read and settled phase by phase.
MOST_PHASES = 100
#: How far in the past a start may be. Older exposures are not counted.
LONGEST_BEFORE = timedelta(days=30)
#: The action of each move in the audit trail.
_ACTIONS: dict[Move, str] = {
    "start": "experiment.started",
    "pause": "experiment.paused",
    "resume": "experiment.resumed",
    "complete": "experiment.completed",
    "archive": "experiment.archived",
}


@dataclass(frozen=True, slots=True)
class TestPlace:
    """A test, and the version it was read as; None: any."""

    __test__ = False  # keeps pytest from collecting this class

    store_id: UUID
    test_id: UUID
    version: int | None = None


@dataclass(frozen=True, slots=True)
class MoveAsked:
    """A move. `winner`: for complete, the variant that everyone gets from then on. `since`: for
    the start of a draft, when visitors first saw its variants; None: now."""

    move: Move
    now: datetime
    winner: str | None = None
    since: datetime | None = None


def create_test(
    connection: Connection, caller: Caller, store_id: UUID, authored: AuthoredTest, now: datetime
) -> ShownTest:
    """Create a draft.

    Raises Rejected, NotAllowed, UnknownObject if the store does not exist, and Conflict if the
    store has too many tests or a test of the same exclusive group has some of these buckets.
    """
    definition = definition_of(authored)
    row: dict[str, Any] = {
        "test_id": uuid4(),
        "store_id": store_id,
        **_words_of(authored, definition),
        "now": now,
        "who": caller.name,
    }
    with connection.transaction():
        find_store(connection, caller, store_id)
        connection.execute(STATEMENTS["lock"], {"store_id": store_id})
        _check_count(connection, store_id)
        _check_group(connection, store_id, row["test_id"], definition)
        connection.execute(STATEMENTS["insert"], row)
        made = find_row(connection, store_id, row["test_id"])
        write_entry(
            connection, caller.name, "experiment.created", made.test_id, store_id=store_id,
            after=made.changeable,
        )  # fmt: skip
        return show_row(connection, made)


def find_test(connection: Connection, caller: Caller, place: TestPlace) -> ShownTest:
    """One test. Raises UnknownObject, NotAllowed."""
    check_store(caller, place.store_id)
    return show_row(connection, find_row(connection, place.store_id, place.test_id))


def change_test(
    connection: Connection, caller: Caller, place: TestPlace, authored: AuthoredTest, now: datetime
) -> ShownTest:
    """Replace a test's definition.

    For a running or paused test, a change of its definition begins the next phase at once. If only
    the share of traffic grows, the current phase continues with it. Raises Rejected, UnknownObject,
    NotAllowed, and Conflict if the test is over, the version is outdated, or another test has some
    of these buckets.
    """
    definition = definition_of(authored)
    with connection.transaction():
        before = _lock(connection, caller, place)
        _move(before, "edit")
        words = _words_of(authored, definition)
        after = shown_to_auditors(
            words["name"], words["description"], words["priority"], definition
        )
        if after == before.changeable:
            return show_row(connection, before)
        _check_group(connection, place.store_id, place.test_id, definition)
        row = {"test_id": place.test_id, **words, "now": now}
        connection.execute(STATEMENTS["update"], row)
        if before.status != "draft":
            _take_into_phase(connection, before, definition, now)
        write_entry(
            connection, caller.name, "experiment.changed", place.test_id, store_id=place.store_id,
            before=before.changeable, after=after,
        )  # fmt: skip
        return show_row(connection, find_row(connection, place.store_id, place.test_id))


def move_test(
    connection: Connection, caller: Caller, place: TestPlace, asked: MoveAsked
) -> ShownTest:
    """Start, pause, resume, complete or archive a test.

    Raises Rejected, UnknownObject, NotAllowed, and Conflict if the test's status does not allow it
    or its version is outdated.
    """
    with connection.transaction():
        test = _lock(connection, caller, place)
        status = _move(test, asked.move)
        if asked.winner is not None and asked.winner not in {
            v.variant_id for v in test.known_definition.variants
        }:
            raise Rejected("winner", "is not one of the test's variants")
        declared = asked.winner if asked.move == "complete" else test.winner
        began = _beginning(test, asked)
        _move_phase(connection, test, status, began)
        row = {"test_id": test.test_id, "status": status, "winner": declared, "now": asked.now}
        connection.execute(STATEMENTS["set_status"], row)
        moved = find_row(connection, place.store_id, place.test_id)
        told = {} if asked.since is None else {"started_at": began.isoformat()}
        write_entry(
            connection, caller.name, _ACTIONS[asked.move], test.test_id, store_id=test.store_id,
            before={"status": test.status, "phase": test.phase, "winner": test.winner},
            after={"status": moved.status, "phase": moved.phase, "winner": moved.winner} | told,
        )  # fmt: skip
        return show_row(connection, moved)


def remove_test(connection: Connection, caller: Caller, place: TestPlace) -> None:
    """Delete a draft. Raises UnknownObject, NotAllowed, and Conflict if the test was started or
    its version is outdated."""
    with connection.transaction():
        test = _lock(connection, caller, place)
        _move(test, "delete")
        connection.execute(STATEMENTS["remove"], {"test_id": test.test_id})
        write_entry(
            connection, caller.name, "experiment.deleted", test.test_id, store_id=test.store_id,
            before=test.changeable,
        )  # fmt: skip


def _lock(connection: Connection, caller: Caller, place: TestPlace) -> TestRow:
    """Lock the store's tests until the transaction ends, and return the test."""
    check_store(caller, place.store_id)
    connection.execute(STATEMENTS["lock"], {"store_id": place.store_id})
    test = find_row(connection, place.store_id, place.test_id)
    if place.version is not None and place.version != test.version:
        raise Conflict("version", f"is {test.version} by now: read the test again")
    return test


def _move(test: TestRow, move: Move) -> Any:
    """The status after a move. Raises Conflict."""
    status = status_after(test.status, move)
    if status is None:
        raise Conflict("test", reason_against(test.status, move))
    return status


def _beginning(test: TestRow, asked: MoveAsked) -> datetime:
    """The start of the new phase. Raises Rejected."""
    if asked.since is None:
        return asked.now
    if test.status != "draft":
        raise Rejected("started_at", f"is of a draft alone: this test is {test.status}")
    if not asked.now - LONGEST_BEFORE <= asked.since <= asked.now:
        raise Rejected("started_at", f"must be a time of the last {LONGEST_BEFORE.days} days")
    return asked.since


def _move_phase(connection: Connection, test: TestRow, status: str, now: datetime) -> None:
    """Apply a change of the status to the phase."""
    at = moment_after(connection, test, whole_milliseconds(now))
    place = {"test_id": test.test_id, "phase": test.phase, "at": at}
    match status:
        case "running" if test.status == "draft":
            begin_phase(connection, test, test.known_definition, at)
        case "running":
            connection.execute(STATEMENTS["end_pause"], place)
        case "paused":
            connection.execute(STATEMENTS["add_pause"], place)
        case "completed":
            end_phase(connection, test, at)


def _take_into_phase(
    connection: Connection, before: TestRow, definition: Definition, now: datetime
) -> None:
    """Apply a new definition to a running or paused test."""
    place = {"test_id": before.test_id, "phase": before.phase}
    if raises_traffic_alone(before.known_definition, definition):
        connection.execute(STATEMENTS["raise_traffic"], {**place, "traffic": definition.traffic})
    if not begins_phase(before.known_definition, definition):
        return
    if before.phase >= MOST_PHASES:
        raise Conflict("phases", f"would be more than {MOST_PHASES}: complete it and make another")
    at = moment_after(connection, before, whole_milliseconds(now))
    end_phase(connection, before, at)
    phase = begin_phase(connection, before, definition, at)
    if before.status == "paused":
        connection.execute(STATEMENTS["add_pause"], {**place, "phase": phase, "at": at})


def _words_of(authored: AuthoredTest, definition: Definition) -> dict[str, Any]:
    return {
        "name": name_of(authored),
        "description": description_of(authored),
        "priority": priority_of(authored),
        "definition": encode(definition).decode(),
    }


def _check_count(connection: Connection, store_id: UUID) -> None:
    row = connection.execute(STATEMENTS["count_tests"], {"store_id": store_id}).fetchone()
    assert row is not None  # noqa: S101 - a count always has its row
    if row[0] >= MOST_TESTS:
        raise Conflict("tests", f"would be more than {MOST_TESTS}: archive some that are completed")


def _check_group(
    connection: Connection, store_id: UUID, test_id: UUID, definition: Definition
) -> None:
    """Raises Conflict if another test that is not over has buckets of this one's range."""
    wanted = definition.group
    if wanted is None:
        return
    for other in other_rows(connection, store_id, test_id):
        held = other.known_definition.group
        if held is None or held.group_id != wanted.group_id:
            continue
        if held.start < wanted.end and wanted.start < held.end:
            taken = f"{held.start} to {held.end} of {held.group_id} belong to {other.name}"
            raise Conflict("group", f"overlaps: {taken}")
