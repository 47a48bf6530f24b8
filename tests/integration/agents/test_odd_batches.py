"""What Kafka takes from any writer and its clients cannot read: nothing of it ends a worker, and
its neighbours are applied."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from aiokafka import codec
from tests.integration.agents.workers import settings_of, worker
from tests.support import commands
from tests.support.ingest_records import NOW_MS, Record, record
from tests.support.kafka_records import records_of
from tests.support.raw_batches import (
    GZIP,
    LZ4,
    ZSTD,
    RawRecord,
    batch,
    batch_of,
    put,
    record_bytes,
    send,
    sized,
    varint,
)
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.contracts.topics import load_catalog

NOT_UTF_8 = [
    (b"\xff\xfe", b"\x00\xff"),
    (b"event_id\xff", b"x"),
    (b"event_id\0y", b"z"),
    (b"", None),
]
ESCAPED = [
    ("\\xff\\xfe", b"\x00\xff"),
    ("event_id\\xff", b"x"),
    ("event_id\ufffdy", b"z"),
    ("", None),
]


def raw(made: Record, headers: list[tuple[bytes, bytes | None]] | None = None) -> RawRecord:
    return RawRecord(made.key, made.value, headers or [])


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with world.connect() as connection:
        return list(connection.execute(query.encode()).fetchall())


def good(world: World, stream: str, n: int) -> None:
    topic = load_catalog(world.settings.topic_prefix).ingest(stream)
    put(world.settings, topic, batch([raw(record(stream, n))], timestamp=NOW_MS))


def accounted(world: World, count: int, log: Any) -> None:
    counted = "SELECT coalesce(sum(accepted), 0)::int FROM ledger_counts"
    wait_until(lambda: rows(world, counted) == [(count,)], log, seconds=60)


def body(*records: RawRecord) -> bytes:
    return b"".join(record_bytes(r, place) for place, r in enumerate(records))


@pytest.mark.parametrize("packed", [0, ZSTD])
def test_names_that_are_not_utf_8(world: World, packed: int) -> None:
    """The event is applied, what is no event is a dead letter, and both keep all headers."""
    catalog = load_catalog(world.settings.topic_prefix)
    topic = catalog.ingest("cart")
    content = body(
        raw(record("cart", 1)), raw(record("cart", 2), NOT_UTF_8),
        RawRecord(b"k", b"no Avro", NOT_UTF_8), raw(record("cart", 3)),
    )  # fmt: skip
    if packed:
        content = codec.zstd_encode(content)
    settings = settings_of(world, agent_streams="cart")
    with worker(settings) as service:
        put(world.settings, topic, batch_of(content, 4, timestamp=NOW_MS, attributes=packed))
        good(world, "cart", 4)
        accounted(world, 5, service.log.read_text)
        (letter,) = rows(
            world,
            "SELECT dead_letter_id::text, key, value, header_names, header_values, stage"
            " FROM dead_letters",
        )
        assert letter[1:3] == (b"k", b"no Avro")
        assert (letter[3], letter[4]) == ([n for n, _ in ESCAPED], [v for _, v in ESCAPED])
        assert letter[5] == "decode"
        assert rows(world, "SELECT count(*)::int FROM cart_tracking_events") == [(4,)]
        published = records_of(settings, catalog.events("cart"))
        headers = {m.value(): m.headers() for m in published}
        found = headers[record("cart", 2).value]
        assert found is not None
        assert found[:4] == ESCAPED
        assert [n for n, _ in found[4:]] == ["event_id", "correlation_id"]
        (kept,) = records_of(settings, catalog.dlq("cart"))
        assert (kept.headers() or [])[:4] == ESCAPED

        for options in (("--raw",), (), ("--bad",)):
            count = 3 if not options else 5 if options == ("--raw",) else 1
            code, out, err = commands.run(
                settings, "tail", "--from", "beginning", "--stream", "cart", "--json",
                "--count", str(count), *options,
            )  # fmt: skip
            assert code == 0, err
            assert len(out.splitlines()) == count
        assert commands.run(settings, "dlq", "ls")[0] == 0
        code, out, err = commands.run(settings, "dlq", "show", letter[0])
        assert code == 0, err
        assert "\\xff\\xfe" in out
        code, out, err = commands.run(settings, "dlq", "replay", letter[0], "--wait", "20")
        came_back = "SELECT status, replays FROM dead_letters"
        wait_until(lambda: rows(world, came_back) == [("open", 1)], out + err, seconds=30)
        code, out, err = commands.run(settings, "audit", "--wait", "20", "--recount", "--json")
        assert (code, err) == (0, ""), out + err
        assert service.stop() == 0


BOMB = codec.zstd_encode(body(RawRecord(b"k", bytes(150_000_000))))
ODD_SIZE = b"\0\0\0" + varint(-2) + sized(b"v") + b"\0"

ODD: dict[str, tuple[bytes, int]] = {
    "a null key and value": (batch([RawRecord()]), 1),
    "a negative time": (batch([RawRecord(b"k", b"v")], timestamp=-5), 1),
    "thousands of headers": (batch([RawRecord(b"k", b"v", [(b"h", b"")] * 345_000)]), 1),
    "our names": (
        batch([RawRecord(b"k", b"v", [
            (name, b"\xff") for name in (
                b"x-storepulse-dead-letter-id", b"x-storepulse-replays", b"x-storepulse-stage",
                b"__dlq.errors.offset", b"event_id", b"correlation_id", b"correlation_id",
            )
        ])]), 1,
    ),
    "forged offsets": (
        batch_of(b"".join(record_bytes(RawRecord(b"k", b"v"), n) for n in (5, 5)), 2), 2,
    ),
    "something after the frame": (
        batch_of(codec.lz4_encode(body(RawRecord(b"k", b"v"))) + b"garbage!", 1, attributes=LZ4), 1,
    ),
    "something after the file": (
        batch_of(gzip.compress(body(RawRecord(b"k", b"v"))) + b"garbage!", 1, attributes=GZIP), 1,
    ),
    "a kilobyte of gigabytes": (
        batch_of(BOMB, 1, attributes=ZSTD), 1,
    ),
    "a size of -2": (
        batch_of(varint(len(ODD_SIZE)) + ODD_SIZE, 1), 1,
    ),
}  # fmt: skip
#: What librdkafka says that it cannot read; and what it makes something else of.
NOT_READ = {"something after the frame", "a kilobyte of gigabytes"}
NOT_RECOUNTED = {"forged offsets", "a size of -2"}


def test_whatever_kafka_takes_is_a_dead_letter_between_applied_events(world: World) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    topic = catalog.ingest("cart")
    settings = settings_of(world, agent_streams="cart", agent_slice_records=500)
    dead = 0
    with worker(settings) as service:
        for n, (name, (data, count)) in enumerate(ODD.items()):
            good(world, "cart", 2 * n)
            put(world.settings, topic, data)
            good(world, "cart", 2 * n + 1)
            dead += count
            accounted(
                world,
                2 * n + 2 + dead,
                lambda name=name: f"{name}: {service.log.read_text()[-3000:]}",
            )
        assert service.stop() == 0
    assert rows(world, "SELECT sum(applied)::int, sum(dead)::int FROM ledger_counts") == [
        (2 * len(ODD), dead)
    ]
    assert rows(world, "SELECT DISTINCT stage FROM dead_letters") == [("decode",)]
    stood = rows(world, 'SELECT "offset"::int FROM dead_letters ORDER BY 1')
    end = 2 * len(ODD) + dead
    ledger = rows(
        world, "SELECT lower(r)::int, upper(r)::int FROM ledger_partitions, unnest(applied) r"
    )
    assert (len(stood), ledger) == (dead, [(0, end)])


@pytest.mark.parametrize("read_by_librdkafka", [True, False])
def test_the_audit_agrees(world: World, *, read_by_librdkafka: bool) -> None:
    settings = settings_of(world, agent_streams="cart")
    names = NOT_READ if not read_by_librdkafka else ODD.keys() - NOT_READ - NOT_RECOUNTED
    good(world, "cart", 1)
    for name in sorted(names):
        put(settings, load_catalog(settings.topic_prefix).ingest("cart"), ODD[name][0])
    good(world, "cart", 2)
    dead = sum(ODD[name][1] for name in names)
    with worker(settings) as service:
        accounted(world, 2 + dead, service.log.read_text)
        assert service.stop() == 0
    code, out, err = commands.run(settings, "audit", "--wait", "20", "--recount", "--json")
    assert code == (0 if read_by_librdkafka else 4), out + err
    found = json.loads(out)
    assert (found["findings"], found["in_flight"]) == ([], 0)
    assert any("cannot read" in part for part in found["not_compared"]) is not read_by_librdkafka
    code, out, err = commands.run(
        settings, "tail", "--raw", "--from", "beginning", "--stream", "cart", "--count", "2"
    )
    assert code == 0, err


def test_old_formats_are_refused_by_kafka(world: World) -> None:
    data = bytearray(batch([RawRecord(b"k", b"v")]))
    data[16] = 1
    topic = load_catalog(world.settings.topic_prefix).ingest("cart")
    assert send(world.settings, topic, 0, bytes(data)) != 0
