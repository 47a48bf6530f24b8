"""Dead letters of other tools: found by the delivery process, listed, replayed to where they came
from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
from confluent_kafka import Producer
from tests.integration.agents.slices import read
from tests.support.dead_letters import add_letter
from tests.support.ingest_records import STORE, event_id, record
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters import metrics
from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog
from storepulse.dead_letters.index import Selection, read_page
from storepulse.dead_letters.replay import ReplayRun
from storepulse.dead_letters.replay_order import ReplayOrder
from storepulse.delivery.open_letters import count_open_letters


def test_letters_of_other_tools_are_listed_and_go_back_to_where_they_came_from(
    world: World,
) -> None:
    settings, catalog = world.settings, load_catalog(world.settings.topic_prefix)
    ingest, dlq = catalog.ingest("cart"), catalog.dlq("cart")
    good = record("cart", 1)
    own: list[tuple[str, Any]] = [("trace", b"\x00\xff"), ("null", None)]
    connect = [
        *own,
        ("__connect.errors.topic", ingest.encode()),
        ("__connect.errors.partition", b"2"),
        ("__connect.errors.offset", b"17"),
        ("__connect.errors.exception.message", b"no \0 luck"),
    ]
    spring = [
        ("kafka_dlt-original-topic", catalog.events("cart").encode()),
        ("kafka_dlt-original-partition", (3).to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (99).to_bytes(8, "big")),
    ]
    share_group = [("__dlq.errors.topic", ingest.encode()), ("__dlq.errors.offset", b"4")]
    ours = [*share_group, ("x-storepulse-stage", b"decode")]
    refusal = [("stream", b"cart"), ("reason", b"x"), ("field", b"y"), ("correlation_id", b"z")]
    producer = Producer(connection_config(settings))
    sent: list[tuple[str, bytes | None, bytes | None, Any]] = [
        (dlq, good.key, good.value, connect),
        (dlq, b"\xff", None, spring),
        (dlq, None, b"\0\1", share_group),
        (dlq, b"ours", b"x", ours),
        (catalog.rejected, None, b"{}", refusal),
        (catalog.undelivered, b"k", b"v", [("own", b"")]),
    ]
    for topic, key, value, headers in sent:
        producer.produce(topic, value, key, headers=headers)
    assert producer.flush(30) == 0

    with world.connect() as db:
        add_letter(db)
    with running("delivery", settings) as delivery, world.connect() as db:
        wait_until(lambda: len(read_page(db, Selection(stage="foreign"), 10)) == 4, "letters")
        found = {letter.reason: letter for letter in read_page(db, Selection(stage="foreign"), 10)}
        assert len(found) == 4
        of_connect = found["set aside by Kafka Connect"]
        assert (of_connect.stream, of_connect.topic) == ("cart", dlq)
        assert (of_connect.key, of_connect.value) == (good.key, good.value)
        assert of_connect.headers == connect
        assert of_connect.message == "no \ufffd luck"
        assert (str(of_connect.store_id), str(of_connect.event_id)) == (STORE, event_id(1))
        of_spring = found["set aside by Spring Kafka"]
        assert (of_spring.key, of_spring.value, of_spring.headers) == (b"\xff", None, spring)
        assert found["set aside by an unknown tool"].headers == [("own", b"")]

        selection = Selection(stage="foreign")
        run = ReplayRun(
            world.settings_of("operator"),
            db,
            ReplayOrder(selection, "tester"),
            lambda: datetime.now(UTC),
        )
        tally = run.run()
        share = found["set aside by Kafka"]
        assert set(tally.sent) == {of_connect.dead_letter_id, share.dead_letter_id}
        assert (
            "which is not a topic that our agents read" in tally.refused[of_spring.dead_letter_id]
        )
        records = [m for p in range(4) for m in read(world, ingest, p)]
        replays = {m.value(): m for m in records}
        back = replays[good.value]
        assert (back.key(), len(records)) == (good.key, 2)
        assert back.headers() == [
            *own,
            ("x-storepulse-dead-letter-id", str(of_connect.dead_letter_id).encode()),
            ("x-storepulse-replays", b"1"),
        ]
        wait_until(lambda: "storepulse_dead_letters_open{" in scraped(delivery.url), "metric")


def scraped(url: str) -> str:
    return httpx.get(url + "/metrics", timeout=10).text


def test_open_letters_are_counted_by_stream_and_reason(world: World) -> None:
    def shown() -> dict[tuple[str, str], float]:
        return {
            (s.labels["stream"], s.labels["reason"]): s.value
            for family in metrics.DEAD_LETTERS_OPEN.collect()
            for s in family.samples
        }

    with world.connect() as db:
        add_letter(db)
        add_letter(db)
        other = add_letter(db, stream="cart", reason="odd")
        add_letter(db, status="resolved", reason="gone")
        count_open_letters(world.settings_of("delivery"))
        assert shown() == {("activity", "refused by the database"): 2, ("cart", "odd"): 1}
        db.execute("UPDATE dead_letters SET status = 'resolved' WHERE dead_letter_id = %s", [other])
        count_open_letters(world.settings_of("delivery"))
        assert shown() == {("activity", "refused by the database"): 2}
