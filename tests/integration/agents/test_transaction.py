"""One slice, one transaction: duplicates, redelivery, gaps, holes, and the ledger that adds up."""

from __future__ import annotations

import pytest
import structlog
from tests.integration.agents.slices import Bench, read
from tests.support.ingest_records import NOW_MS, STORE, event_id, record

from storepulse.contracts.topics import load_catalog
from storepulse.slices.ledger import Hole, LogReplaced


def clicks(*numbers: int, **fields: object) -> list:  # type: ignore[type-arg]
    return [record("heatmap", n, **fields) for n in numbers]


def stored_clicks(bench: Bench) -> int:
    return int(bench.rows("SELECT coalesce(sum(events), 0)::int FROM heatmap_cells")[0][0])


def test_duplicates_in_a_slice_across_slices_and_across_partitions(bench: Bench) -> None:
    first = bench.write("heatmap", clicks(1, 2, 1, 2, 3))
    assert (first.applied, first.duplicate, first.conflict) == (3, 2, 0)
    second = bench.write("heatmap", clicks(3, 4), offsets=5)
    assert (second.applied, second.duplicate) == (1, 1)
    third = bench.write("heatmap", clicks(4, 1, 5), partition=1)
    assert (third.applied, third.duplicate) == (1, 2)
    assert stored_clicks(bench) == 5
    assert bench.counts() == {
        "accepted": 10, "applied": 5, "duplicate": 5, "conflict": 0, "dead": 0,
    }  # fmt: skip
    assert (bench.applied(), bench.applied(1)) == ([(0, 7)], [(0, 3)])


def test_the_same_id_of_another_store_is_another_event(bench: Bench) -> None:
    bench.write("heatmap", [*clicks(1), *clicks(1, store_id=event_id(900))])
    assert stored_clicks(bench) == 2


def test_ids_in_capitals_are_no_second_event(bench: Bench) -> None:
    """Whoever reads `events.*` compares ids as text: only one form of each gets there."""
    outcome = bench.write("heatmap", [*clicks(1), *clicks(1, event_id=event_id(1).upper())])
    assert (outcome.applied, outcome.dead) == (1, 1)
    assert stored_clicks(bench) == 1
    assert bench.rows("SELECT stage, field FROM dead_letters") == [("validate", "event_id")]


def test_conflicts_are_counted_and_the_first_wins(bench: Bench) -> None:
    outcome = bench.write("heatmap", [*clicks(1), *clicks(1, x=500), *clicks(1)])
    assert (outcome.applied, outcome.duplicate, outcome.conflict) == (1, 2, 1)
    outcome = bench.write("heatmap", [*clicks(1, x=900), *clicks(1)], offsets=3)
    assert (outcome.duplicate, outcome.conflict) == (2, 1)
    assert bench.rows("SELECT col::int FROM heatmap_cells") == [(1,)]
    assert bench.counts()["conflict"] == 2


def test_what_is_fresh_is_published_in_order_with_its_id(bench: Bench) -> None:
    topic = load_catalog(bench.world.settings.topic_prefix).events("cart")
    before = len(read(bench.world, topic))
    sent = [record("cart", n) for n in (1, 2, 1, 3)]
    sent[1].headers.append(("traceparent", b"00-abc"))
    bench.write("cart", sent)
    bench.write("cart", sent)
    published = read(bench.world, topic)[before:]
    assert [m.value() for m in published] == [sent[i].value for i in (0, 1, 3)]
    assert [m.key() for m in published] == [b"s-1"] * 3
    assert published[1].headers() == [
        ("traceparent", b"00-abc"),
        ("event_id", event_id(2).encode()),
        ("correlation_id", b"c-1"),
    ]


def test_a_whole_slice_again_changes_nothing(bench: Bench) -> None:
    bench.write("heatmap", clicks(1, 2, 3))
    again = bench.write("heatmap", clicks(1, 2, 3))
    assert (again.redelivered, again.applied, again.duplicate) == (3, 0, 0)
    assert bench.counts()["accepted"] == 3


def test_of_a_slice_that_overlaps_only_the_rest_is_applied(bench: Bench) -> None:
    bench.write("heatmap", clicks(1, 2, 3))
    again = bench.write("heatmap", clicks(2, 3, 4, 5), offsets=1)
    assert (again.redelivered, again.applied) == (2, 2)
    assert (stored_clicks(bench), bench.counts()["accepted"]) == (5, 5)
    assert bench.applied() == [(0, 5)]


def test_a_dead_record_that_comes_again_is_dead_once(bench: Bench) -> None:
    from tests.support.ingest_records import Record

    bad = Record(b"s-1", b"nonsense")
    assert bench.write("heatmap", [*clicks(1), bad]).dead_by_stage == {"decode": 1}
    again = bench.write("heatmap", [bad, *clicks(2)], offsets=1)
    assert (again.dead, dict(again.dead_by_stage), again.redelivered) == (0, {}, 1)
    assert bench.counts()["dead"] == 1
    assert bench.rows("SELECT count(*) FROM dead_letters") == [(1,)]


@pytest.mark.parametrize("changed", ["made again", "shorter than the ledger"])
@pytest.mark.parametrize("overlap", ["all", "part"])
def test_redelivery_is_not_believed_of_another_log(
    bench: Bench, changed: str, overlap: str
) -> None:
    bench.write("heatmap", clicks(1, 2, 3))
    if changed == "made again":
        bench.broker.same = False
    else:
        bench.broker.last = 2
    numbers = (11, 12) if overlap == "all" else (11, 12, 13, 14)
    with pytest.raises(LogReplaced):
        bench.write("heatmap", clicks(*numbers))
    assert (stored_clicks(bench), bench.applied()) == (3, [(0, 3)])


def test_a_hole_stores_nothing(bench: Bench) -> None:
    bench.write("heatmap", clicks(1, 2))
    with pytest.raises(Hole):
        bench.write("heatmap", clicks(3, 4), offsets=5)
    assert (stored_clicks(bench), bench.applied()) == (2, [(0, 2)])
    assert bench.rows("SELECT count(*) FROM ledger_gaps") == [(0,)]
    assert bench.counts()["accepted"] == 2


def test_a_hole_before_the_first_slice_stores_nothing(bench: Bench) -> None:
    with pytest.raises(Hole):
        bench.write("heatmap", clicks(1), offsets=9)
    assert bench.applied() == []


def test_offsets_that_hold_no_record_are_noted(bench: Bench) -> None:
    bench.write("heatmap", clicks(1, 2))
    # What the log has after 2 is 4, 5 and 9: markers or compaction.
    bench.broker.empty_below = 4
    bench.write("heatmap", clicks(3, 4, 5), offsets=[4, 5, 9])
    assert bench.applied() == [(0, 10)]
    query = "SELECT lower_offset::int, upper_offset::int FROM ledger_gaps ORDER BY 1"
    assert bench.rows(query) == [(2, 4), (6, 9)]
    assert stored_clicks(bench) == 5
    assert bench.write("heatmap", clicks(6), offsets=10).applied == 1


def test_what_retention_took_is_a_gap(bench: Bench) -> None:
    bench.write("heatmap", clicks(1, 2))
    bench.broker.first = 50
    with structlog.testing.capture_logs() as logs:
        bench.write("heatmap", clicks(3), offsets=50)
        bench.write("heatmap", clicks(4), offsets=51)
    told = [(line["log_level"], line["offsets"]) for line in logs if "removed" in line["event"]]
    assert told == [("warning", 48)]
    assert bench.applied() == [(0, 52)]
    query = "SELECT lower_offset::int, upper_offset::int FROM ledger_gaps"
    assert bench.rows(query) == [(2, 50)]


def test_partitions_and_groups_do_not_know_each_other(bench: Bench) -> None:
    bench.write("heatmap", clicks(1))
    bench.write("heatmap", clicks(2), partition=3)
    assert (bench.applied(0), bench.applied(3)) == ([(0, 1)], [(0, 1)])


def test_the_carry_goes_from_slice_to_slice(bench: Bench) -> None:
    for n in range(3):
        bench.write("heatmap", clicks(n, selector="div"), offsets=n)
    assert bench.rows("SELECT clicks::int, rage_clicks::int FROM heatmap_elements") == [(3, 1)]


def test_late_events_land_in_their_own_hour(bench: Bench) -> None:
    bench.write("heatmap", [*clicks(1), *clicks(2, occurred_at=NOW_MS - 86_400_000)])
    query = "SELECT extract(epoch FROM hour)::bigint * 1000 FROM heatmap_cells ORDER BY 1"
    assert bench.rows(query) == [(NOW_MS - 86_400_000,), (NOW_MS,)]
    assert bench.rows("SELECT store_id::text, applied::int FROM ledger_counts") == [(STORE, 2)]
