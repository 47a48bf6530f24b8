"""Batches in `events.*` that Kafka's clients cannot read: delivery goes on behind them."""

from __future__ import annotations

import json
from datetime import timedelta

from aiokafka import codec
from tests.integration.delivery.events import Shop
from tests.integration.delivery.line import RECEIVED_AT
from tests.support import commands
from tests.support.ingest_records import NOW_MS, event_id, record
from tests.support.inline_commands import run_json
from tests.support.raw_batches import LZ4, ZSTD, RawRecord, batch, batch_of, put, record_bytes
from tests.support.receiver import Receiver

from storepulse.contracts.topics import load_catalog

NAMES: list[tuple[bytes, bytes | None]] = [(b"\xff\xfe", b"\xff"), (b"a\0b", b""), (b"", None)]


def test_what_cannot_be_read_holds_nothing_up(shop: Shop, receiver: Receiver) -> None:
    settings = shop.world.settings
    topic = load_catalog(settings.topic_prefix).events("activity")
    dlq = load_catalog(settings.topic_prefix).dlq("activity")
    wanted = shop.destination("wanted", receiver.url)

    def event(n: int, odd: bool = False) -> RawRecord:
        made = record("activity", n)
        own: list[tuple[bytes, bytes | None]] = [(b"event_id", event_id(n).encode())]
        return RawRecord(made.key, made.value, own + NAMES * odd)

    nothing = record_bytes(RawRecord(b"k", bytes(150_000_000)), 0)
    unread = record_bytes(RawRecord(b"k", b"v"), 0)
    with shop.delivery().wait_ready() as process:
        for n, data in enumerate(
            (
                batch([event(0), event(1, odd=True), event(2)], timestamp=NOW_MS),
                batch([RawRecord(b"k", b"no Avro", NAMES)], timestamp=NOW_MS),
                batch_of(codec.zstd_encode(nothing), 1, timestamp=NOW_MS, attributes=ZSTD),
                batch_of(codec.lz4_encode(unread) + b"z", 1, timestamp=NOW_MS, attributes=LZ4),
            )
        ):
            put(settings, topic, data)
            put(settings, topic, batch([event(10 + n)], timestamp=NOW_MS))
        put(settings, dlq, batch([RawRecord(b"k", b"v", NAMES)], timestamp=NOW_MS))
        shop.wait_until(lambda: shop.sent(wanted) == 7, "seven sent", 60)
        shop.wait_until(
            lambda: shop.value("SELECT count(*) FROM dead_letters") == 4, "four letters", 60
        )
        assert process.alive
    wanted_ids = [event_id(n) for n in (0, 1, 2, 10, 11, 12, 13)]
    assert receiver.effects() == dict.fromkeys(wanted_ids, 1)
    with shop.world.connect() as connection:
        names = connection.execute(
            "SELECT DISTINCT header_names FROM dead_letters WHERE value IN ('v', 'no Avro')"
        ).fetchall()
    assert names == [(["\\xff\\xfe", "a\ufffdb", ""],)]

    later = shop.destination("later", "http://127.0.0.1:9/")
    done = run_json(
        settings, "deliveries", "backfill", "--destination", later.name,
        "--from", (RECEIVED_AT - timedelta(hours=1)).isoformat(),
        "--to", (RECEIVED_AT + timedelta(hours=1)).isoformat(),
    )  # fmt: skip
    assert (done["queued"], done["complete"]) == (7, True)
    code, out, err = commands.run(
        settings, "tail", "--stream", "activity", "--from", "beginning", "--count", "8", "--json"
    )
    assert code == 0, err
    shown = [json.loads(line) for line in out.splitlines()]
    assert [e["offset"] for e in shown] == [0, 1, 2, 3, 4, 5, 7, 9]
    assert err.count("cannot be read here") == 2
