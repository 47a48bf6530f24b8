"""The index: groups, pages, discarding, reopening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.support.dead_letters import actions, add_letter, letters

from storepulse.dead_letters import closing, index
from storepulse.dead_letters.index import Selection
from storepulse.domain.errors import Rejected

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Db = psycopg.Connection[Any]


def test_letters_are_grouped_by_reason_with_counts_and_times(db: Db) -> None:
    for hours in (5, 1, 3):
        add_letter(db, created_at=NOW - timedelta(hours=hours))
    newest = add_letter(db, created_at=NOW, quarantined_at=NOW)
    add_letter(db, stream="cart", stage="decode", reason="does not decode")
    add_letter(db, status="resolved")
    first, second = index.read_groups(db, Selection(shown="open"))
    assert (first.stream, first.reason) == ("activity", "refused by the database")
    assert (first.letters, first.quarantined) == (4, 1)
    assert (first.first_at, first.last_at) == (NOW - timedelta(hours=5), NOW)
    assert first.newest_id == newest
    assert (second.stream, second.stage, second.letters) == ("cart", "decode", 1)


def test_each_filter_narrows(db: Db) -> None:
    store, destination = uuid4(), uuid4()
    wanted = add_letter(
        db, stream="cart", stage="delivery", reason="odd", store_id=store,
        destination_id=destination, created_at=NOW,
    )  # fmt: skip
    for _ in range(2):
        add_letter(db, created_at=NOW - timedelta(days=2))
    narrowing: list[dict[str, Any]] = [
        {"ids": [wanted]}, {"stream": "cart"}, {"stage": "delivery"}, {"reason": "odd"},
        {"store_id": store}, {"destination_id": destination}, {"since": NOW - timedelta(days=1)},
    ]  # fmt: skip
    for one in narrowing:
        found = index.read_page(db, Selection(**one), 10)
        assert [letter.dead_letter_id for letter in found] == [wanted], one
    assert len(index.read_page(db, Selection(), 10)) == 3


def test_pages_pass_every_letter_once_newest_first(db: Db, monkeypatch: Any) -> None:
    made = [add_letter(db, created_at=NOW - timedelta(seconds=n // 3)) for n in range(10)]
    monkeypatch.setattr(index, "EXPORT_ROWS", 3)
    found = list(index.read_all(db, Selection()))
    assert {letter.dead_letter_id for letter in found} == set(made)
    places = [(letter.created_at, letter.dead_letter_id) for letter in found]
    assert places == sorted(places, reverse=True)
    assert len(places) == 10


def state(db: Db, letter_id: UUID) -> str:
    (row,) = letters(db, [letter_id], "status")
    return str(row[0])


def test_a_discarded_letter_can_be_reopened_and_both_leave_a_trail(db: Db) -> None:
    letter, other = add_letter(db), add_letter(db)
    done = closing.discard(db, Selection(ids=[letter]), why="a test", actor="me", now=NOW)
    assert (done, state(db, letter), state(db, other)) == ([letter], "discarded", "open")
    closing.reopen(db, letter, why="after all", actor="me", now=NOW)
    assert state(db, letter) == "open"
    trail = index.read_trail(db, letter)
    assert [(one.action, one.actor, one.why) for one in trail] == [
        ("discarded", "me", "a test"), ("reopened", "me", "after all"),
    ]  # fmt: skip


def test_what_a_replay_holds_is_neither_discarded_nor_reopened(db: Db) -> None:
    held = add_letter(db, status="reprocessing", claimed_until=NOW + timedelta(seconds=1))
    free = add_letter(db, status="reprocessing", claimed_until=NOW - timedelta(seconds=1))
    assert closing.discard(db, Selection(), why="x", actor="me", now=NOW) == [free]
    assert state(db, held) == "reprocessing"
    with pytest.raises(Rejected, match="is being replayed, until 2026-11-21 12:00:01 UTC"):
        closing.reopen(db, held, why="", actor="me", now=NOW)


def test_reopening_ends_a_quarantine_and_refuses_what_is_open(db: Db) -> None:
    letter = add_letter(db, quarantined_at=NOW)
    closing.reopen(db, letter, why="repaired", actor="me", now=NOW)
    assert letters(db, [letter], "status", "quarantined_at") == [("open", None)]
    with pytest.raises(Rejected, match="is open"):
        closing.reopen(db, letter, why="", actor="me", now=NOW)
    with pytest.raises(Rejected, match="does not exist"):
        closing.reopen(db, uuid4(), why="", actor="me", now=NOW)
    assert actions(db, letter) == ["reopened"]


def test_discarding_wants_a_reason(db: Db) -> None:
    letter = add_letter(db)
    with pytest.raises(Rejected, match="why"):
        closing.discard(db, Selection(), why=" ", actor="me", now=NOW)
    assert state(db, letter) == "open"


def test_what_does_not_exist_is_told(db: Db) -> None:
    with pytest.raises(Rejected, match="there is no dead letter"):
        index.read_letter(db, uuid4())
