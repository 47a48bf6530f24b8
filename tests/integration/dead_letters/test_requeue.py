"""Letters of deliveries: back into the queue, and closed by what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.support.dead_letters import actions, add_letter, letters
from tests.support.ingest_records import NOW_MS, STORE, Record, event_id, record
from tests.support.world import World

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.index import Selection
from storepulse.dead_letters.letter import NewLetter, row_of
from storepulse.dead_letters.outcomes import resolve_delivered
from storepulse.dead_letters.replay import ReplayRun
from storepulse.dead_letters.replay_order import ReplayOrder, ReplayTally
from storepulse.dead_letters.requeue import find_target, resend
from storepulse.domain.errors import Rejected

Db = psycopg.Connection[Any]
OUTCOMES = named_sql("dead_letters/outcomes")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RECEIVED = datetime.fromtimestamp(NOW_MS / 1000, UTC)


def destination(db: Db, name: str = "crm", **columns: Any) -> UUID:
    row = {"name": name, "kind": "webhook"} | columns
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    found = db.execute(
        f"INSERT INTO destinations ({names}) VALUES ({places}) RETURNING destination_id",  # type: ignore[arg-type]
        list(row.values()),
    ).fetchone()
    assert found is not None
    made: UUID = found[0]
    return made


def refused(db: Db, target: UUID, n: int = 1, **columns: Any) -> UUID:
    """A letter of a delivery."""
    return add_letter(
        db, record("activity", n), stage="delivery", reason="the destination refused it",
        topic="events.activity.v1", destination_id=target, store_id=UUID(STORE),
        event_id=event_id(n), received_at=RECEIVED, **columns,
    )  # fmt: skip


def delivery(db: Db, target: UUID, n: int = 1, status: str = "failed", **columns: Any) -> None:
    row = {
        "destination_id": target, "store_id": STORE, "event_id": event_id(n),
        "received_at": RECEIVED, "stream": "activity", "event_type": "page_view", "priority": 1,
        "status": status, "created_at": NOW, "finished_at": NOW, "batch_id": uuid4(),
        "value": record("activity", n).value, "source_topic": "t", "source_topic_id": "i",
        "source_partition": 0, "source_offset": n,
    } | columns  # fmt: skip
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO deliveries ({names}) VALUES ({places})"
    db.execute(statement, list(row.values()))  # type: ignore[arg-type]


def deliveries(db: Db, *columns: str) -> list[tuple[Any, ...]]:
    statement = f"SELECT {', '.join(columns)} FROM deliveries ORDER BY sequence"
    return list(db.execute(statement).fetchall())  # type: ignore[arg-type]


def replay(module_world: World, db: Db, to: str | None = None, **selected: Any) -> ReplayTally:
    target = None if to is None else find_target(db, to)
    order = ReplayOrder(Selection(**selected), "tester", to=target)
    return ReplayRun(
        module_world.settings_of("operator"), db, order, lambda: datetime.now(UTC)
    ).run()


def failed(db: Db, letter: UUID | None, target: UUID, n: int = 1, limit: int = 5) -> Any:
    """What the sender does with a delivery that finally failed."""
    sent = record("activity", n)
    new = NewLetter(
        stream="activity", stage="delivery", reason="refused", message="400",
        topic="events.activity.v1", topic_id="id", partition=0, offset=n, store_id=STORE,
        event_id=event_id(n), destination_id=target, received_at=RECEIVED, key=sent.key,
        value=sent.value, headers=[("event_id", b"x")],
    )  # fmt: skip
    return db.execute(
        OUTCOMES["fail_delivery"],
        row_of(new, NOW) | {"dead_letter_id": letter, "max_replays": limit},
    ).fetchone()


def test_a_failed_delivery_waits_again_and_its_letter_for_the_outcome(
    module_world: World, db: Db
) -> None:
    target = destination(db)
    delivery(db, target)
    letter = refused(db, target)
    tally = replay(module_world, db, ids=[letter])
    assert (tally.queued, tally.sent, tally.refused) == ([letter], [], {})
    assert deliveries(db, "status", "batch_id", "finished_at", "dead_letter_id") == [
        ("pending", None, None, letter)
    ]
    assert letters(db, [letter], "status", "claimed_until") == [("reprocessing", None)]
    assert replay(module_world, db).ids == set()
    resolve_delivered(db, [letter, None], NOW)
    assert letters(db, [letter], "status") == [("resolved",)]
    assert actions(db, letter) == ["replayed", "resolved"]


def test_a_delivery_that_fails_again_returns_to_its_letter(module_world: World, db: Db) -> None:
    target = destination(db)
    delivery(db, target)
    letter = refused(db, target)
    for n in range(1, 3):
        replay(module_world, db, ids=[letter])
        assert failed(db, letter, target, limit=2) == (letter, n)
    assert letters(db, [letter], "status", "replays", "message") == [("open", 2, "400")]
    assert actions(db, letter) == ["replayed", "returned"] * 2 + ["quarantined"]
    assert replay(module_world, db).ids == set()
    assert db.execute("SELECT count(*) FROM dead_letters").fetchone() == (1,)


def test_the_first_failure_makes_a_letter_and_a_repeat_finds_it(db: Db) -> None:
    target, other = destination(db), destination(db, "other")
    made, replays = failed(db, None, target)
    assert replays == 0
    assert failed(db, None, target) == (made, 1)
    assert failed(db, None, other)[0] != made
    assert letters(db, [made], "stage", "header_names", "received_at") == [
        ("delivery", ["event_id"], RECEIVED)
    ]


def test_a_row_that_retention_removed_is_made_again(module_world: World, db: Db) -> None:
    target = destination(db, ordered=True)
    letter = refused(db, target, header_names=["event_id"], header_values=[b"x"])
    assert replay(module_world, db).queued == [letter]
    columns = (
        "destination_id", "store_id::text", "event_id::text", "received_at", "stream",
        "event_type", "priority", "ordering_key", "value", "header_names", "header_values",
        "source_topic",
    )  # fmt: skip
    assert deliveries(db, *columns) == [
        (
            target, STORE, event_id(1), RECEIVED, "activity", "page_view", 1,
            f"{STORE}:session:s-1", record("activity", 1).value, ["event_id"], [b"x"],
            "events.activity.v1",
        )
    ]  # fmt: skip


def test_events_go_to_another_destination(module_world: World, db: Db) -> None:
    """Also those that never reached one; the letter closes when that destination has them."""
    target = destination(db, "elsewhere")
    stored, died = refused(db, destination(db), 1), add_letter(db, record("heatmap", 2, ip="x"))
    assert set(replay(module_world, db, to="elsewhere").queued) == {stored, died}
    assert {row[0] for row in deliveries(db, "destination_id")} == {target}
    assert letters(db, [stored, died], "status") == [("reprocessing",)] * 2
    assert failed(db, stored, target) == (stored, 1)
    assert letters(db, [stored], "status") == [("open",)]


def test_what_has_arrived_is_not_sent_again_and_closes_its_letter(
    module_world: World, db: Db
) -> None:
    target = destination(db)
    delivery(db, target, status="sent")
    letter = refused(db, target)
    tally = replay(module_world, db)
    assert (tally.delivered_before, tally.queued) == ([letter], [])
    assert deliveries(db, "status", "finished_at") == [("sent", NOW)]
    assert actions(db, letter) == ["replayed", "resolved"]
    assert letters(db, [letter], "status") == [("resolved",)]


def test_what_waits_there_already_is_left_alone_and_so_is_the_letter(
    module_world: World, db: Db
) -> None:
    target, batch = destination(db), uuid4()
    delivery(db, target, status="pending", batch_id=batch)
    letter = refused(db, target)
    assert "waits to be sent" in replay(module_world, db).refused[letter]
    assert deliveries(db, "status", "batch_id", "dead_letter_id") == [("pending", batch, None)]
    assert letters(db, [letter], "status", "claimed_by") == [("open", None)]
    assert actions(db, letter) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "disabled"}, "crm is disabled"),
        ({"store_id": uuid4()}, "crm belongs to another store"),
    ],
)
def test_a_destination_that_must_not_have_an_event_is_refused(
    module_world: World, db: Db, columns: dict[str, Any], words: str
) -> None:
    letter = refused(db, destination(db, **columns))
    assert words in replay(module_world, db).refused[letter]
    assert letters(db, [letter], "status") == [("open",)]


def test_letters_without_event_or_destination_are_refused(module_world: World, db: Db) -> None:
    destination(db)
    gone = refused(db, uuid4())
    no_event = add_letter(db, Record(b"k", b"?"), stage="decode")
    of_the_matcher = add_letter(db, topic=f"{module_world.settings.topic_prefix}events.activity.v1")
    assert "does not exist any more" in replay(module_world, db, ids=[gone]).refused[gone]
    assert (
        "no event to deliver" in replay(module_world, db, "crm", ids=[no_event]).refused[no_event]
    )
    only = replay(module_world, db, ids=[of_the_matcher])
    assert "say which destination" in only.refused[of_the_matcher]
    with pytest.raises(Rejected, match="there is no destination nowhere"):
        find_target(db, "nowhere")


def test_failed_deliveries_are_sent_again_with_their_letters(db: Db) -> None:
    target = destination(db)
    letter, closed = refused(db, target, 1), refused(db, target, 3, status="resolved")
    delivery(db, target, 1, dead_letter_id=letter)
    delivery(db, target, 2, status="sent")
    delivery(db, target, 3, dead_letter_id=closed)
    delivery(db, destination(db, "other"), 4)
    chosen = {"event_ids": [UUID(event_id(n)) for n in (1, 2)], "actor": "me", "now": NOW}
    assert resend(db, target, **chosen) == 1
    assert [row[0] for row in deliveries(db, "status")] == ["pending", "sent", "failed", "failed"]
    assert letters(db, [letter], "status") == [("reprocessing",)]
    assert actions(db, letter) == ["replayed"]
    assert resend(db, target, statuses=["failed", "sent"], actor="me", now=NOW) == 2
    statuses = [row[0] for row in deliveries(db, "status")]
    assert statuses == ["pending", "pending", "pending", "failed"]
    assert letters(db, [closed], "status") == [("resolved",)]


def test_an_event_that_must_not_be_sent_any_more_closes_its_letter(db: Db) -> None:
    letter = refused(db, destination(db), status="reprocessing")
    parameters = {"ids": [letter, None], "why": "consent to marketing is denied", "now": NOW}
    db.execute(OUTCOMES["discard_undeliverable"], parameters)
    assert letters(db, [letter], "status") == [("discarded",)]
