"""What came of a replay is written with its effect: the letter is resolved, or it returns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import Record, record

from storepulse.contracts.topics import load_catalog
from storepulse.exactness import findings as rules
from storepulse.exactness.snapshot import Snapshot, read_snapshot
from storepulse.retention import runs as retention
from storepulse.retention.settings_limits import limits_of

BAD = record("activity", 1, ip="x")


def set_aside(bench: Bench, original: Record = BAD) -> str:
    """A letter of a record that the database refused; its id."""
    bench.write("activity", [original])
    ((letter,),) = bench.rows("SELECT dead_letter_id::text FROM dead_letters")
    return str(letter)


def replay(letter: str, replays: int = 1, original: Record = BAD) -> Record:
    headers = [
        *original.headers,
        ("x-storepulse-dead-letter-id", letter.encode()),
        ("x-storepulse-replays", str(replays).encode()),
    ]
    return Record(original.key, original.value, headers)


def repaired(letter: str, replays: int = 1) -> Record:
    return replay(letter, replays, record("activity", 1))


def letters(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.rows(
        'SELECT status, replays, quarantined_at IS NOT NULL, "offset"::int FROM dead_letters'
    )


def trail(bench: Bench) -> list[str]:
    return [a for (a,) in bench.rows("SELECT action FROM dead_letter_actions ORDER BY action_id")]


def test_the_first_death_keeps_headers_and_the_time_of_receipt(bench: Bench) -> None:
    headers: list[tuple[str, Any]] = [("trace", b"\x00\xff"), ("empty", b""), ("null", None)]
    set_aside(bench, Record(BAD.key, BAD.value, headers))
    ((names, values, received),) = bench.rows(
        "SELECT header_names, header_values, received_at::text FROM dead_letters"
    )
    assert list(zip(names, values, strict=True)) == headers
    assert received == "2026-11-21 06:00:00+00"


def test_a_record_without_headers_that_does_not_decode_is_kept_as_well(bench: Bench) -> None:
    bench.write("activity", [Record(b"s-1", None)])
    assert bench.rows("SELECT header_names, header_values, received_at FROM dead_letters") == [
        ([], [], None)
    ]


def test_a_replay_that_is_applied_resolves_its_letter(bench: Bench) -> None:
    letter = set_aside(bench)
    outcome = bench.write("activity", [record("activity", 7), repaired(letter)], offsets=1)
    assert (outcome.applied, outcome.dead) == (2, 0)
    assert letters(bench) == [("resolved", 0, False, 0)]
    assert trail(bench) == ["resolved"]


def test_a_letter_replayed_ten_times_has_its_effect_once(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.write("activity", [repaired(letter, n) for n in (1, 1, 2)], offsets=1)
    for n in range(7):
        bench.write("activity", [repaired(letter, n + 2)], offsets=4 + n)
    counts = bench.counts()
    assert (counts["applied"], counts["duplicate"], counts["dead"]) == (1, 9, 1)
    assert bench.rows("SELECT count(*) FROM customer_activity") == [(1,)]
    assert (letters(bench), trail(bench)) == ([("resolved", 0, False, 0)], ["resolved"])


def test_a_replay_that_dies_again_returns_to_its_letter(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.rows(
        "UPDATE dead_letters SET status = 'reprocessing', claimed_by = gen_random_uuid(),"
        " claimed_until = now() RETURNING 1"
    )
    outcome = bench.write("activity", [replay(letter)], offsets=1)
    assert (outcome.dead, letters(bench)) == (1, [("open", 1, False, 0)])
    assert bench.rows("SELECT claimed_by, claimed_until FROM dead_letters") == [(None, None)]
    ((details,),) = bench.rows("SELECT details FROM dead_letter_actions")
    assert (details["topic"], details["offset"], details["replays"]) == (bench.topic, 1, 1)
    last = bench.dead_letters("activity", 2)[-1]
    assert dict(last.headers())["x-storepulse-replays"] == b"1"
    assert dict(last.headers())["__dlq.errors.delivery.count"] == b"2"
    assert last.value() == BAD.value


def test_one_that_does_not_decode_returns_with_the_new_reason(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.write("activity", [replay(letter, 1, Record(b"s-1", b"?"))], offsets=1)
    assert bench.rows("SELECT stage, reason FROM dead_letters") == [
        ("decode", "not Confluent's wire format")
    ]


def test_copies_of_one_replay_return_once_and_are_all_accounted_for(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.write("activity", [replay(letter), replay(letter)], offsets=1)
    bench.rows("UPDATE dead_letters SET status = 'reprocessing' RETURNING 1")
    # A copy of the first replay that comes late says nothing about the second one.
    bench.write("activity", [replay(letter)], offsets=3)
    assert letters(bench) == [("reprocessing", 1, False, 0)]
    assert trail(bench) == ["returned"] * 3
    assert bench.counts()["dead"] == 4


def test_one_copy_that_is_applied_outweighs_one_that_died(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.write("activity", [replay(letter), repaired(letter), replay(letter, 2)], offsets=1)
    assert letters(bench) == [("resolved", 0, False, 0)]


def test_a_letter_that_always_comes_back_is_quarantined(bench: Bench) -> None:
    letter = set_aside(bench)
    limit = bench.world.settings.dead_letter_max_replays
    for n in range(1, limit + 1):
        assert letters(bench) == [("open", n - 1, False, 0)]
        bench.write("activity", [replay(letter, n)], offsets=n)
    assert letters(bench) == [("open", limit, True, 0)]
    assert trail(bench) == ["returned"] * limit + ["quarantined"]


def test_what_was_discarded_stays_so_unless_its_replay_was_applied(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.rows("UPDATE dead_letters SET status = 'discarded' RETURNING 1")
    bench.write("activity", [replay(letter)], offsets=1)
    assert letters(bench) == [("discarded", 0, False, 0)]
    bench.write("activity", [repaired(letter)], offsets=2)
    assert letters(bench) == [("resolved", 0, False, 0)]


@pytest.mark.parametrize(
    "named",
    ["0b0e7c5e-5a63-4b41-9d6f-2f6f0c1d9a11", "no uuid", "", "\u00e9" * 36],
    ids=["unknown", "no uuid", "empty", "no ASCII"],
)
def test_a_replay_of_no_letter_of_ours_is_an_ordinary_record(bench: Bench, named: str) -> None:
    good = Record(b"s-1", record("activity", 5).value)
    outcome = bench.write("activity", [replay(named), replay(named, 1, good), Record(b"s-1", None)])
    assert (outcome.applied, outcome.dead) == (1, 2)
    assert bench.rows("SELECT count(*) FROM dead_letters") == [(2,)]


def test_letters_of_two_partitions_do_not_deadlock(bench: Bench) -> None:
    """Two slices with the same letters in opposite orders, and an operator in between."""
    from concurrent.futures import ThreadPoolExecutor

    bench.write("activity", [record("activity", n, ip="x") for n in range(40)])
    ids = [row[0] for row in bench.rows("SELECT dead_letter_id::text FROM dead_letters")]
    writers = [bench.writer("activity"), bench.another_writer("activity")]

    def write(which: int) -> int:
        from storepulse.agents.preparation import prepare
        from storepulse.contracts.schemas import schema_of

        order = ids if which else ids[::-1]
        piece = bench.slice([replay(one) for one in order], 0, which + 1)
        prepared = prepare(piece, schema_of("activity"))
        return writers[which].write(prepared, bench.source(which + 1), bench.broker).dead

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(write, (0, 1))) == [40, 40]
    writers[1].close()
    assert bench.rows("SELECT count(*) FROM dead_letters WHERE replays = 1") == [(40,)]
    assert bench.counts()["dead"] == 120


def audited(bench: Bench) -> Snapshot:
    """What the audit reads, with this test's records as those of the stream's own topic."""
    catalog = load_catalog(bench.world.settings.topic_prefix)
    topic = catalog.ingest("activity")
    for table in ("dead_letters", "ledger_partitions"):
        bench.run(f"UPDATE {table} SET topic = %s", topic)
    bench.run(
        "UPDATE dead_letter_actions SET details = details || jsonb_build_object('topic', %s::text)",
        topic,
    )
    return read_snapshot(bench.world.settings, catalog, "group")


def test_the_audit_counts_replays_that_died(bench: Bench) -> None:
    """Ledger, letters and trail agree, whatever way the copies took."""
    letter = set_aside(bench)
    bench.write("activity", [replay(letter), replay(letter), repaired(letter, 2)], offsets=1)
    found = audited(bench)
    assert found.dead_letters == {"activity": (3, 0, 0)}
    assert {offset for _, _, offset in found.dead_offsets} == {0, 1, 2}
    assert list(rules.count_findings(found)) == []
    bench.run("DELETE FROM dead_letter_actions WHERE action = 'returned'")
    found = audited(bench)
    assert ["3 counted as dead, 1 dead letters" in f for f in rules.count_findings(found)] == [True]


def test_the_audit_agrees_after_letters_were_removed(bench: Bench) -> None:
    letter = set_aside(bench)
    bench.write("activity", [replay(letter), replay(letter), repaired(letter, 2)], offsets=1)
    bench.write("activity", [record("activity", 9, ip="x")], offsets=4)
    audited(bench)
    settings = bench.world.settings
    later = datetime.now(UTC) + timedelta(days=settings.dead_letters_keep_days, minutes=1)
    with retention.open_connection(settings) as connection:
        done = retention.Run(connection, limits_of(settings, later)).run()
    assert (done.rows_by_table["dead_letters"], done.open_kept) == (1, 1)
    found = audited(bench)
    assert found.dead_letters == {"activity": (4, 1, 3)}
    assert list(rules.count_findings(found)) == []
    # A copy that comes late dies as any record does, and is counted as any is.
    bench.write("activity", [replay(letter, 1, Record(b"s-1", b"?"))], offsets=5)
    found = audited(bench)
    assert found.dead_letters == {"activity": (5, 2, 3)}
    assert list(rules.count_findings(found)) == []
