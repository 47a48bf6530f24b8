"""The audit's judgement: what agrees is silent, every kind of difference is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storepulse.cli.audit import exit_code_of, summary_of
from storepulse.exactness import findings as rules
from storepulse.exactness import recount
from storepulse.exactness.audit import Audit
from storepulse.exactness.ingest_records import IngestRecord
from storepulse.exactness.partitions import AuditedPartition, waiting_offset
from storepulse.exactness.record_counts import Recount, count_stream
from storepulse.exactness.snapshot import LedgerCount, Snapshot
from storepulse.streams.registry import STREAMS

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
PARTITION = AuditedPartition("landing", "ingest.landing.v1", 0, "id", 0, 10, 10, 10, 10, ((0, 10),))
COUNT = LedgerCount("landing", STORE, HOUR, 10, 7, 2, 1, 1)


def snapshot(**changes: Any) -> Snapshot:
    stored = {name: dict[str, int]() for s in STREAMS.values() for name in s.counts.events}
    stored |= {"landing_rows": {STORE: 7}, "landing_hourly": {STORE: 7}}
    values: dict[str, Any] = {
        "ranges": {}, "offsets": Counter(landing=10), "counts": [COUNT],
        "dead_letters": {"landing": (1, 1, 0)}, "dead_offsets": {("id", 0, 9)}, "stored": stored,
        "sessions": [], "of_rows": [], "keep": {"landing_events": timedelta(days=390)},
    }  # fmt: skip
    return Snapshot(**(values | changes))


def findings(found: Snapshot) -> list[str]:
    shortened = rules.shortened_streams(found, HOUR)
    return [*rules.count_findings(found), *rules.stored_findings(found, shortened)]


def test_a_table_that_the_rows_contradict_is_named_while_all_rows_are_there() -> None:
    found = snapshot(of_rows=[("pages_daily", STORE, "2026-03-01", 5, 6)])
    assert list(rules.row_findings(found, [])) == [
        f"{STORE} 2026-03-01: 5 by the rows of events, 6 in pages_daily"
    ]
    assert list(rules.row_findings(found, ["landing"])) == []


def test_what_agrees_is_silent() -> None:
    assert list(rules.partition_findings([PARTITION])) == []
    assert findings(snapshot()) == []
    assert Audit([PARTITION], snapshot()).is_settled


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ranges": ((0, 4), (6, 10))}, "offsets 4-5 are missing"),
        ({"ranges": ((2, 10),)}, "offsets 0-1 are missing"),
        ({"end": 9, "log_end": 9}, "beyond Kafka's end 9"),
        ({"committed": 11}, "beyond the ledger's end"),
    ],
)
def test_partitions_that_do_not_agree(changes: dict[str, Any], words: str) -> None:
    (finding,) = rules.partition_findings([replace(PARTITION, **changes)])
    assert words in finding


@pytest.mark.parametrize(
    "changes",
    [
        {"ranges": (), "ledger_end": 0, "committed": None},
        {"beginning": 4, "ranges": ((2, 10),)},
        {"end": 12},
        {"committed": 3},
    ],
)
def test_partitions_that_are_behind_or_shortened_are_right(changes: dict[str, Any]) -> None:
    assert list(rules.partition_findings([replace(PARTITION, **changes)])) == []


def test_what_is_in_flight_is_counted_and_not_settled() -> None:
    waits = replace(PARTITION, end=12, log_end=12, first_waiting=10)
    behind = Audit([waits, replace(PARTITION, committed=3)], snapshot())
    assert behind.in_flight == 2
    assert not behind.is_settled
    after_removed = replace(
        PARTITION, beginning=11, end=12, log_end=12, ledger_end=10, first_waiting=11
    )
    assert after_removed.in_flight == 1


def test_offsets_that_hold_no_record_for_readers_are_not_in_flight() -> None:
    marker = replace(PARTITION, end=11, log_end=11)
    all_aborted = replace(marker, ledger_end=0, committed=None, ranges=())
    found = Audit([marker, all_aborted], snapshot())
    assert list(rules.partition_findings(found.partitions)) == []
    assert (found.in_flight, found.is_settled) == (0, True)


def test_what_an_open_transaction_holds_up_is_in_flight() -> None:
    found = Audit([replace(PARTITION, log_end=13)], snapshot())
    assert list(rules.partition_findings(found.partitions)) == []
    assert (found.in_flight, found.is_settled) == (3, False)


@pytest.mark.parametrize(("found", "waiting"), [(None, None), (11, 11), (12, None), (40, None)])
def test_a_record_that_came_after_the_end_was_asked_for_is_not_in_flight(
    found: int | None, waiting: int | None
) -> None:
    assert waiting_offset(found, 12) == waiting


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counts": [replace(COUNT, accepted=11)], "offsets": Counter(landing=11)}, "accepted 11"),
        ({"offsets": Counter(landing=12)}, "holds 12 offsets and counts 10"),
        ({"dead_letters": {}}, "1 counted as dead, 0 dead letters"),
        ({"dead_letters": {"landing": (2, 0, 0)}}, "1 counted as dead, 2 dead letters"),
        ({"dead_letters": {"landing": (2, 0, 1)}}, "2 dead letters stored, 1 of them removed"),
    ],
)
def test_counts_that_do_not_agree(changes: dict[str, Any], words: str) -> None:
    found = findings(snapshot(**changes))
    assert len(found) == 1
    assert words in found[0]


def test_a_letter_that_is_missing_is_named_however_old_it_is() -> None:
    years_ago = replace(COUNT, hour=HOUR - timedelta(days=1_000))
    found = rules.count_findings(snapshot(counts=[years_ago], dead_letters={}))
    assert list(found) == ["landing: 1 counted as dead, 0 dead letters stored"]


def test_a_table_with_a_row_too_many_or_a_foreign_store_is_named() -> None:
    stored = snapshot().stored | {"landing_hourly": {STORE: 8}}
    assert findings(snapshot(stored=stored)) == [f"landing {STORE}: 7 applied, 8 in landing_hourly"]
    stored = snapshot().stored | {"landing_rows": {STORE: 7, "other": 1}}
    assert findings(snapshot(stored=stored)) == ["landing other: 0 applied, 1 in landing_rows"]


def test_tables_that_retention_shortens_are_not_compared_and_that_is_said() -> None:
    old = snapshot(
        counts=[replace(COUNT, hour=HOUR - timedelta(days=361))], stored=snapshot().stored
    )
    old.stored["landing_rows"] = {}
    shortened = rules.shortened_streams(old, HOUR)
    assert list(rules.stored_findings(old, shortened)) == []
    (note,) = rules.retention_notes(shortened)
    assert "retention" in note


def test_a_dead_record_of_long_ago_has_no_rows_that_retention_could_have_removed() -> None:
    long_ago = replace(COUNT, hour=HOUR - timedelta(days=9_000), applied=0, duplicate=0, dead=10)
    assert rules.shortened_streams(snapshot(counts=[COUNT, long_ago]), HOUR) == []


def record(partition: int, offset: int, event_id: str | None, **changes: Any) -> IngestRecord:
    event = {
        "event_id": event_id, "store_id": STORE, "received_at": HOUR, "content_crc": 1
    } | changes  # fmt: skip
    at = int(HOUR.timestamp() * 1000)
    return IngestRecord(partition, offset, at, None if event_id is None else event)


def recounted(records: list[IngestRecord], count: LedgerCount) -> list[str]:
    result = Recount()
    count_stream(result, "landing", iter(records), {(0, 9)})
    state = Audit([PARTITION], snapshot(counts=[count]))
    return [*result.findings, *recount.compare(result, state)]


RECORDS = [
    record(0, 0, "a"),
    record(0, 1, "a"),
    record(0, 2, "a", content_crc=2),
    record(0, 3, "b"),
    record(0, 9, "c"),
]
RIGHT = LedgerCount("landing", STORE, HOUR, 5, 2, 2, 1, 1)


def test_a_recount_that_agrees_is_silent() -> None:
    assert recounted(RECORDS, RIGHT) == []


def test_a_recount_names_what_the_ledger_counts_otherwise() -> None:
    found = recounted(RECORDS, replace(RIGHT, applied=3, duplicate=1))
    assert len(found) == 2
    assert "applied 3 in the ledger, 2 recounted" in found[0]


def test_an_undecodable_record_without_a_dead_letter_is_named() -> None:
    assert "no dead letter" in recounted([*RECORDS, record(0, 10, None)], RIGHT)[0]


def test_copies_in_two_partitions_and_hours_are_judged_in_total() -> None:
    later = HOUR + timedelta(hours=1)
    records = [record(0, 0, "a"), record(1, 0, "a", received_at=later)]
    # The agents took the other copy first.
    counts = [
        LedgerCount("landing", STORE, HOUR, 1, 0, 1, 0, 0),
        LedgerCount("landing", STORE, later, 1, 1, 0, 0, 0),
    ]
    result = Recount()
    count_stream(result, "landing", iter(records), set())
    assert list(recount.compare(result, Audit([PARTITION], snapshot(counts=counts)))) == []


def test_counts_of_other_stores_are_compared_by_hour_all_the_same() -> None:
    later, other = HOUR + timedelta(hours=1), "7f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
    records = [
        record(0, 0, "a"), record(1, 0, "a", received_at=later),
        record(0, 1, "b", store_id=other), record(0, 2, "b", store_id=other),
    ]  # fmt: skip
    counts = [
        LedgerCount("landing", STORE, later, 2, 1, 1, 0, 0),
        LedgerCount("landing", other, later, 2, 1, 1, 0, 0),
    ]
    result = Recount()
    count_stream(result, "landing", iter(records), set())
    found = list(recount.compare(result, Audit([PARTITION], snapshot(counts=counts))))
    assert {line.split()[1] for line in found} == {other}
    assert len(found) == 6


def test_the_last_line_and_the_exit_code_claim_only_what_was_looked_at() -> None:
    found = Audit([PARTITION], snapshot())
    assert (summary_of(found), exit_code_of(found, recount=True)) == (
        "all agrees: 1 partitions, 1 stores", 0
    )  # fmt: skip
    found.not_compared.append("heatmap: nothing to recount from")
    assert "all agrees" not in summary_of(found)
    assert [exit_code_of(found, recount=recount) for recount in (True, False)] == [4, 0]
    found.findings.append("landing: 7 applied, 8 stored")
    assert (summary_of(found), exit_code_of(found, recount=True)) == ("1 differences", 1)
