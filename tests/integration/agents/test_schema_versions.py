"""Records of both versions of a schema in one topic, and one event id in several streams."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import fastavro
import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import STORE, Record, event_id, record

from storepulse.contracts.decoder import decode
from storepulse.contracts.record_json import decode_event, encode_event
from storepulse.contracts.schemas import HEADER_BYTES, schema_of, schemas_of
from storepulse.exactness.ingest_records import event_of

STREAMS = ("activity", "heatmap", "cart", "landing")
ADDED = ("name", "customer_id", "email_hash", "items", "view_id")


def of_first_version(stream: str, n: int, **fields: Any) -> Record:
    """A record as it was written before there was a second version."""
    made = record(stream, n, **fields)
    assert made.value is not None
    first, last = schemas_of(stream)
    event: Any = last.decode(made.value[HEADER_BYTES:])
    body = BytesIO()
    fastavro.schemaless_writer(body, first.parsed, {k: event[k] for k in first.field_names})
    return Record(made.key, first.header + body.getvalue())


@pytest.mark.parametrize("stream", STREAMS)
def test_both_versions_in_one_slice(bench: Bench, stream: str) -> None:
    """And a repeat in the other version is a repeat."""
    sent = [
        of_first_version(stream, 1),
        record(stream, 2, view_id="w-1"),
        of_first_version(stream, 3),
        record(stream, 1, content_crc=7),
        of_first_version(stream, 2),
    ]
    outcome = bench.write(stream, sent)
    assert (outcome.applied, outcome.duplicate, outcome.dead) == (3, 2, 0)


@pytest.mark.parametrize("stream", STREAMS)
def test_readers_show_null_where_a_record_is_older(stream: str) -> None:
    older, newer = of_first_version(stream, 1), record(stream, 2, view_id="w-1")
    records = [older, newer, older]
    for many in (records, [older, older]):
        decoded = decode(schema_of(stream), [r.value for r in many], [r.key for r in many])
        assert decoded.bad == []
        assert decoded.frame.columns == ["_index", *schema_of(stream).field_names]
        assert decoded.frame["_index"].to_list() == list(range(len(many)))
        for name in ADDED:
            wanted = "w-1" if name == "view_id" else None
            assert decoded.frame[name].to_list() == [wanted if r is newer else None for r in many]
    assert older.value is not None
    told = event_of(stream, older.key, older.value)
    assert told is not None
    assert [told[name] for name in ADDED] == [None] * len(ADDED)
    # As a dead letter is patched and published again.
    _, shown = decode_event(older.value)
    assert set(shown) == set(schema_of(stream).field_names)
    key, value = encode_event(stream, shown)
    assert (key, value[:HEADER_BYTES]) == (older.key, schema_of(stream).header)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_damaged_older_record_dies_alone(bench: Bench, stream: str) -> None:
    good, bad = of_first_version(stream, 1), of_first_version(stream, 2)
    assert bad.value is not None
    spoilt = Record(bad.key, bad.value[:-3])
    outcome = bench.write(stream, [good, spoilt, record(stream, 3)])
    assert (outcome.applied, outcome.dead) == (2, 1)


def test_an_older_dead_letter_comes_back_as_it_was(bench: Bench) -> None:
    bad = of_first_version("activity", 1, ip="x")
    bench.write("activity", [bad])
    ((letter, value),) = bench.rows("SELECT dead_letter_id::text, value FROM dead_letters")
    assert value == bad.value
    good = of_first_version("activity", 1)
    mark = [("x-storepulse-dead-letter-id", letter.encode()), ("x-storepulse-replays", b"1")]
    outcome = bench.write("activity", [Record(good.key, good.value, mark)], offsets=1)
    assert (outcome.applied, outcome.dead) == (1, 0)
    assert bench.rows("SELECT status FROM dead_letters") == [("resolved",)]


def test_one_id_in_every_stream_is_an_event_of_each(bench: Bench) -> None:
    for number, stream in enumerate(STREAMS):
        outcome = bench.write(stream, [record(stream, 1)], partition=number)
        assert (outcome.applied, outcome.duplicate) == (1, 0), stream
    # Another worker, which has seen none of them.
    for number, stream in enumerate(STREAMS):
        bench.writers.pop(stream).close()
        again = [record(stream, 1), record(stream, 1, content_crc=5)]
        outcome = bench.write(stream, again, offsets=1, partition=number)
        assert (outcome.applied, outcome.duplicate, outcome.conflict) == (0, 2, 1), stream
    assert bench.rows("SELECT event_id::text, store_id::text, count(*)::int FROM event_ids"
                      " GROUP BY 1, 2") == [(event_id(1), STORE, 4)]  # fmt: skip
    assert bench.rows("SELECT stream, applied::int, duplicate::int, conflict::int"
                      " FROM ledger_counts ORDER BY 1") == [
        (stream, 1, 2, 1) for stream in sorted(STREAMS)
    ]  # fmt: skip


def test_dead_letters_of_one_id_come_back_each_to_its_own(bench: Bench) -> None:
    for number, stream in enumerate(STREAMS):
        bench.write(stream, [record(stream, 1, ip="x")], partition=number)
    letters = dict(bench.rows("SELECT stream, dead_letter_id::text FROM dead_letters"))
    assert set(letters) == set(STREAMS)
    for number, stream in enumerate(STREAMS):
        made = record(stream, 1)
        mark = [
            ("x-storepulse-dead-letter-id", letters[stream].encode()),
            ("x-storepulse-replays", b"1"),
        ]
        bench.write(stream, [Record(made.key, made.value, mark)], offsets=1, partition=number)
        statuses = dict(bench.rows("SELECT stream, status FROM dead_letters"))
        resolved = {name for name, status in statuses.items() if status == "resolved"}
        assert resolved == set(STREAMS[: number + 1])
    assert bench.counts()["applied"] == len(STREAMS)
