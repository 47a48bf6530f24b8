"""Events and dead letters that others write in transactions: what was aborted is never sent,
queued, listed or shown."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.integration.agents.test_transactions_of_others import assert_nothing_waits
from tests.integration.delivery.events import Shop
from tests.integration.delivery.line import RECEIVED_AT
from tests.support import commands
from tests.support.ingest_records import Record, event_id, record
from tests.support.inline_commands import run_json
from tests.support.receiver import Receiver
from tests.support.transactions import transactions

from storepulse.contracts.topics import load_catalog


def events(numbers: range) -> list[Record]:
    found = []
    for n in numbers:
        made = record("activity", n)
        headers = [("event_id", event_id(n).encode())]
        found.append(Record(made.key, made.value, headers))
    return found


def ids(numbers: range) -> list[str]:
    return [event_id(n) for n in numbers]


def test_what_was_aborted_is_not_delivered_and_holds_nothing_up(
    shop: Shop, receiver: Receiver
) -> None:
    catalog = load_catalog(shop.world.settings.topic_prefix)
    topic, letters = catalog.events("activity"), catalog.dlq("activity")
    wanted = shop.destination("wanted", receiver.url)
    foreign = Record(b"k", b"v", [("__dlq.errors.topic", catalog.ingest("activity").encode())])
    with transactions(shop.world.settings) as others:
        others.send(topic, 0, events(range(1_000, 3_000)), "aborted")
        others.send(topic, 0, events(range(5)))
        others.send(topic, 0, events(range(3_000, 3_050)), "aborted")
        others.send(topic, 1, events(range(4_000, 4_050)), "aborted")
        others.send(letters, 0, [foreign] * 2, "aborted")
        others.send(letters, 0, [foreign])
        with shop.delivery("slices.before_commit kill 2\n") as process:
            assert process.process is not None
            assert process.process.wait(90) == -9
        with shop.delivery().wait_ready() as process:
            shop.wait_until(lambda: shop.sent(wanted) == 5, "five sent")
            others.send(topic, 0, events(range(5, 8)))
            shop.wait_until(lambda: shop.sent(wanted) == 8, "eight sent")
            shop.wait_until(
                lambda: shop.value("SELECT count(*) FROM dead_letters") == 1, "one letter", 60
            )
            assert_nothing_waits(process, topic, letters)
            assert process.alive
        assert shop.queued() == 8
        assert receiver.effects() == dict.fromkeys(ids(range(8)), 1)


def test_a_backfill_and_tail_leave_out_what_was_aborted(shop: Shop) -> None:
    settings = shop.world.settings
    topic = load_catalog(settings.topic_prefix).events("activity")
    crm = shop.destination("crm", "http://127.0.0.1:9/")
    with transactions(settings) as others:
        others.send(topic, 0, events(range(100, 130)), "aborted")
        others.send(topic, 0, events(range(4)))
        others.send(topic, 0, events(range(130, 160)), "aborted")
        others.send(topic, 2, events(range(160, 170)), "aborted")
        others.send(topic, 3, events(range(170, 180)), "open")
        done = run_json(
            settings, "deliveries", "backfill", "--destination", crm.name,
            "--from", (RECEIVED_AT - timedelta(hours=1)).isoformat(),
            "--to", (RECEIVED_AT + timedelta(hours=1)).isoformat(),
        )  # fmt: skip
        assert (done["read"], done["queued"], done["complete"]) == (4, 4, True)
        tailing = commands.start(
            settings, "tail", "--from", "beginning", "--stream", "activity", "--json",
            "--count", "5",
        )  # fmt: skip
        others.send(topic, 1, events(range(4, 5)))
        code, out, err = commands.finish(tailing, 60)
        assert (code, err) == (0, "")
        shown = [json.loads(line)["value"]["event_id"] for line in out.splitlines()]
        assert sorted(shown) == sorted(ids(range(5)))
