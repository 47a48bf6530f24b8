"""What a replay sends, claims and leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka import Consumer
from tests.integration.dead_letters.replaying import Replays, ids, now, reader_of
from tests.support.dead_letters import actions, add_letter, letters
from tests.support.ingest_records import Record, record
from tests.support.world import World

from storepulse.contracts.record_json import decode_event
from storepulse.dead_letters import claims, replay, replay_publisher
from storepulse.dead_letters.replay import ReplayRun
from storepulse.domain.errors import Transient

Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def reader(module_world: World) -> Iterator[Consumer]:
    with reader_of(module_world) as opened:
        yield opened


@pytest.fixture
def replays(module_world: World, db: Db, reader: Consumer) -> Replays:
    opened = Replays(module_world, db, reader)
    opened.begin()
    return opened


def test_a_letter_goes_through_again_byte_for_byte(db: Db, replays: Replays) -> None:
    headers: list[tuple[str, Any]] = [("trace", b"\x00\xff"), ("empty", b""), ("null", None)]
    original = Record(b"\xff\x00key", b"\x00not avro\xfe", headers)
    letter = add_letter(db, original, stage="decode", replays=2)
    tally = replays.run(ids=[letter])
    assert (tally.sent, tally.refused) == ([letter], {})
    (sent,) = replays.records()
    assert sent.topic() == f"{replays.world.settings.topic_prefix}ingest.activity.v1"
    assert (sent.key(), sent.value()) == (original.key, original.value)
    assert sent.headers() == [
        *headers,
        ("x-storepulse-dead-letter-id", str(letter).encode()),
        ("x-storepulse-replays", b"3"),
    ]
    ((status, until, kept),) = letters(db, [letter], "status", "claimed_until", "value")
    assert (status, kept) == ("reprocessing", original.value)
    assert until > now() + timedelta(seconds=claims.CLAIM_SECONDS)
    assert actions(db, letter) == ["replayed"]


def test_key_and_value_may_be_null(db: Db, replays: Replays) -> None:
    letter = add_letter(db, Record(None, None))
    replays.run(ids=[letter])
    (sent,) = replays.records()
    assert (sent.key(), sent.value()) == (None, None)


def test_a_replay_of_a_replay_has_one_set_of_headers(db: Db, replays: Replays) -> None:
    headers = [("x-storepulse-dead-letter-id", b"older"), ("x-storepulse-replays", b"7")]
    letter = add_letter(db, Record(b"s-1", b"x", headers))
    replays.run(ids=[letter])
    (sent,) = replays.records()
    assert sent.headers() == [
        ("x-storepulse-dead-letter-id", str(letter).encode()), ("x-storepulse-replays", b"1"),
    ]  # fmt: skip


def test_two_runs_at_once_send_each_letter_once(
    db: Db, replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "GROUP_LETTERS", 3)
    made = [add_letter(db, record("activity", n)) for n in range(40)]

    def one() -> list[Any]:
        with replays.world.connect() as connection:
            run = ReplayRun(replays.world.settings, connection, replays.order(stage="store"), now)
            return run.run().sent

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(one), pool.submit(one)
        sent = first.result() + second.result()
    assert sorted(sent) == sorted(made)
    assert sorted(ids(replays.records())) == sorted(made)


def test_a_claim_that_ran_out_is_taken_over_and_others_are_not(db: Db, replays: Replays) -> None:
    for seconds, status in ((-1, "reprocessing"), (60, "reprocessing")):
        until = now() + timedelta(seconds=seconds)
        add_letter(db, status=status, claimed_until=until, claimed_by=uuid4())
    add_letter(db, status="resolved")
    add_letter(db, status="discarded")
    add_letter(db, quarantined_at=now())
    waits_for_delivery = add_letter(db, status="reprocessing", destination_id=uuid4())
    tally = replays.run()
    assert len(tally.sent) == 1
    assert waits_for_delivery not in tally.ids


def test_max_and_rehearsal(db: Db, replays: Replays) -> None:
    made = [add_letter(db, record("activity", n)) for n in range(5)]
    rehearsed = replays.new(limit=3).rehearse()
    assert rehearsed.sent == made[:3]
    assert letters(db, made, "status") == [("open",)] * 5
    assert actions(db, made[0]) == []
    assert replays.run(limit=3).sent == made[:3]
    assert replays.run().sent == made[3:]
    assert sorted(ids(replays.records())) == sorted(made)


def test_what_comes_back_while_a_run_lasts_is_left_for_the_next(
    db: Db, replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run would send a letter until it is quarantined."""
    monkeypatch.setattr(replay, "GROUP_LETTERS", 1)
    made = [add_letter(db, record("activity", n)) for n in range(3)]

    def come_back(_: Any) -> None:
        db.execute("UPDATE dead_letters SET status = 'open', claimed_by = NULL")
        add_letter(db)

    assert replays.new().run(come_back).sent == made


def test_a_patched_event_is_sent_and_the_letter_keeps_its_bytes(db: Db, replays: Replays) -> None:
    original = record("activity", 4, page_url="https://a.example/", value="1.50")
    letter = add_letter(db, original)
    patch = [
        {"op": "replace", "path": "/page_url", "value": "https://b.example/"},
        {"op": "replace", "path": "/value", "value": "2.5"},
        {"op": "replace", "path": "/session_id", "value": "s-2"},
    ]
    tally = replays.run(ids=[letter], patch=patch)
    assert tally.refused == {}
    (sent,) = replays.records()
    before, after = decode_event(original.value)[1], decode_event(sent.value())[1]
    assert after | {"content_crc": 0} == before | {
        "page_url": "https://b.example/", "value": "2.5000", "session_id": "s-2", "content_crc": 0,
    }  # fmt: skip
    assert sent.key() == b"s-2"
    assert letters(db, [letter], "key", "value") == [(original.key, original.value)]
    ((details,),) = db.execute("SELECT details FROM dead_letter_actions").fetchall()
    assert details["patch"] == patch


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (
            {"op": "replace", "path": "/quantity", "value": "many"},
            "quantity: must be a whole number",
        ),
        (
            {"op": "replace", "path": "/activity_type", "value": "x"},
            "activity_type: must be one of",
        ),
        ({"op": "replace", "path": "/event_id", "value": str(uuid4())}, "event_id: cannot be"),
        ({"op": "remove", "path": "/received_at"}, "received_at: cannot be changed"),
        ({"op": "replace", "path": "/store_id", "value": str(uuid4())}, "store_id: cannot be"),
        ({"op": "replace", "path": "/content_crc", "value": 1}, "content_crc: cannot be changed"),
        ({"op": "add", "path": "/colour", "value": "red"}, "colour: is not a field"),
        ({"op": "replace", "path": "/nothing", "value": 1}, "patch: does not apply"),
        ({"op": "replace", "path": "", "value": [1]}, "patch: replaces the event"),
        ({"op": "test", "path": "/is_bot", "value": True}, "patch: does not apply"),
    ],
)
def test_a_patch_that_breaks_the_event_is_refused_and_nothing_is_sent(
    db: Db, replays: Replays, operation: dict[str, Any], words: str
) -> None:
    letter = add_letter(db, record("activity", 1))
    tally = replays.run(ids=[letter], patch=[operation])
    assert tally.refused[letter].startswith(words)
    assert (tally.sent, replays.records()) == ([], [])
    assert letters(db, [letter], "status", "claimed_by") == [("open", None)]
    assert actions(db, letter) == []


@pytest.mark.parametrize(
    ("original", "columns", "given", "words"),
    [
        (Record(b"k", b"\1\2"), {}, {"patch": []}, "there is no event to patch"),
        (Record(b"k", b"x" * 1_000_000), {}, {}, "is larger than Kafka takes"),
        (record("activity", 1), {"stream": "gone"}, {}, "gone is not a stream"),
    ],
)
def test_a_letter_that_cannot_be_replayed_is_told_why_and_its_neighbours_go(
    db: Db, replays: Replays, original: Record, columns: Any, given: Any, words: str
) -> None:
    bad = add_letter(db, original, **columns)
    good = add_letter(db, record("activity", 2))
    tally = replays.run(**given)
    assert words in tally.refused[bad]
    assert tally.sent == [good]
    assert letters(db, [bad, good], "status") == [("open",), ("reprocessing",)]


def test_a_broker_that_is_away_leaves_the_letters_open(
    db: Db, replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = add_letter(db)
    away = replays.world.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    with monkeypatch.context() as patch:
        patch.setattr(replay_publisher, "ACKNOWLEDGE_SECONDS", 0.3)
        with pytest.raises(Transient, match="Kafka"):
            ReplayRun(away, db, replays.order(), now).run()
    assert letters(db, [letter], "status", "claimed_by") == [("open", None)]
    assert replays.run().sent == [letter]


def test_a_rate_is_kept(db: Db, replays: Replays) -> None:
    """Groups become as small as the rate; the first goes at once."""
    for n in range(4):
        add_letter(db, record("activity", n))
    run = replays.new(per_second=2.0)
    seen: list[int] = []
    began = now()
    run.run(lambda tally: seen.append(tally.count))
    assert seen == [2, 4]
    assert now() - began >= timedelta(seconds=1)
