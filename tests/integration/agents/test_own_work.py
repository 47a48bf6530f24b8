"""Our own work as usage: what slices apply becomes events of `ingest.usage`, each exactly once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import STORE, Record, record
from tests.support.kafka_records import records_of

from storepulse.agents import own_work
from storepulse.agents.own_work import send_own_work
from storepulse.agents.rules import check
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.slices.publisher import SlicePublisher

#: In the hour in which the records of these tests are received, 2026-11-21T06Z.
NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
WAITING = "SELECT sum(unmetered_events)::int, sum(unmetered_bytes)::int FROM ledger_counts"


def send(bench: Bench, now: datetime = NOW) -> None:
    settings = bench.world.settings_of("agents")
    send_own_work(settings, SlicePublisher(settings, "own-work-test"), lambda: now)


def sent(bench: Bench) -> list[dict[str, Any]]:
    """The usage events in Kafka, of this test's stores, as they are decoded."""
    topic = load_catalog(bench.world.settings.topic_prefix).ingest("usage")
    found: list[Any] = [
        schema_of("usage").decode(m.value()[5:], ids_as_text=True)
        for m in records_of(bench.world.settings, topic)
    ]
    return found


def totals(bench: Bench, since: int) -> dict[str, Decimal]:
    sums: Counter[str] = Counter()
    for event in sent(bench)[since:]:
        sums[event["meter"]] += event["quantity"]
    return dict(sums)


def size_of(*records: Record) -> int:
    return sum(len(one.value or b"") for one in records)


def test_what_a_slice_applies_is_metered_once(bench: Bench) -> None:
    before = len(sent(bench))
    records = [record("activity", n) for n in range(5)]
    bench.write("activity", [*records, records[0]])
    bench.write("cart", [record("cart", 9)], partition=1)
    bench.write("activity", records, 6)  # duplicates, up to offset 10
    applied = size_of(*records, record("cart", 9))
    assert bench.rows(WAITING) == [(6, applied)]
    send(bench)
    send(bench)
    assert totals(bench, before) == {"event": 6, "storage_bytes": applied}
    assert bench.rows(WAITING) == [(0, 0)]
    assert bench.rows("SELECT * FROM usage_outbox") == []
    bench.write("activity", [record("activity", 20)], 11)
    send(bench)
    assert totals(bench, before)["event"] == 7


def test_events_of_own_work_keep_the_gateways_rules(bench: Bench) -> None:
    before = len(sent(bench))
    bench.write("activity", [record("activity", 1)])
    send(bench)
    for event in sent(bench)[before:]:
        times = {n: int(event[n].timestamp() * 1000) for n in ("occurred_at", "received_at")}
        check("usage", event | times)
        assert (event["store_id"], event["source"]) == (STORE, "server")
        assert event["occurred_at"] == NOW


def test_usage_itself_is_not_metered(bench: Bench) -> None:
    bench.write("usage", [record("usage", n) for n in range(3)])
    assert bench.rows(WAITING) == [(0, 0)]


def test_what_is_caught_up_counts_in_its_own_hour(bench: Bench) -> None:
    before = len(sent(bench))
    bench.write("activity", [record("activity", 1)])
    send(bench, NOW + timedelta(days=2))
    end = datetime(2026, 11, 21, 7, tzinfo=UTC) - timedelta(milliseconds=1)
    assert {event["occurred_at"] for event in sent(bench)[before:]} == {end}


def test_what_is_older_than_events_may_be_counts_as_late_as_it_must(bench: Bench) -> None:
    before = len(sent(bench))
    bench.write("activity", [record("activity", 1)])
    late = NOW + timedelta(days=40)
    send(bench, late)
    for event in sent(bench)[before:]:
        assert event["occurred_at"] == late - timedelta(days=29)


@pytest.mark.parametrize(
    "place", ["own_work.after_events", "own_work.before_publish", "own_work.after_publish"]
)
def test_killed_anywhere_it_is_sent_again_with_the_same_ids(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before = len(sent(bench))
    bench.write("activity", [record("activity", 1)])

    def die(name: str) -> None:
        if name == place:
            raise Transient("killed")

    with monkeypatch.context() as broken:
        broken.setattr(own_work, "reach", die)
        with pytest.raises(Transient):
            send(bench)
    send(bench)
    events = sent(bench)[before:]
    by_id = {event["event_id"]: event for event in events}
    assert Counter(e["meter"] for e in by_id.values()) == {"event": 1, "storage_bytes": 1}
    assert len(events) == (4 if place == "own_work.after_publish" else 2)


def test_orders_count_once_whoever_tells_of_them(bench: Bench) -> None:
    before = len(sent(bench))
    bench.write("order", [
        record("order", 1, order_id="1001"), record("order", 2, order_id="1001"),
        record("order", 3, order_id="1002", is_bot=True), record("order", 4, order_id="1003"),
    ])  # fmt: skip
    purchase = {"activity_type": "purchase", "order_id": "1001"}
    bench.write("activity", [record("activity", 5, **purchase)], partition=1)
    send(bench)
    assert totals(bench, before)["order"] == 2
    # A person tells of the robot's order, and 1003 turns out to be the name of 1004.
    bench.write("order", [record("order", 6, order_id="1002")], 4)
    bench.write("order", [record("order", 7, order_id="1004", order_name="1003")], 5)
    send(bench)
    assert totals(bench, before)["order"] == 3
    (counted,) = bench.rows("SELECT count(*)::int FROM orders WHERE NOT is_bot")
    assert counted == (3,)


def test_a_store_owes_orders_until_it_has_new_ones(bench: Bench) -> None:
    before = len(sent(bench))
    bench.write("order", [record("order", 1, order_id="1"), record("order", 2, order_id="2")])
    send(bench)
    bench.write("order", [record("order", 3, order_id="1", order_name="2")], 2)
    send(bench)
    assert totals(bench, before)["order"] == 2
    bench.write("order", [record("order", 4, order_id="3")], 3)
    send(bench)
    assert totals(bench, before)["order"] == 2
    bench.write("order", [record("order", 5, order_id="4")], 4)
    send(bench)
    assert totals(bench, before)["order"] == 3
    assert bench.rows("SELECT count(*)::int FROM orders") == [(3,)]


def test_open_figures_with_what_waits_are_seconds_old(bench: Bench) -> None:
    records = [record("activity", n) for n in range(3)]
    bench.write("activity", records)
    unmetered = "SELECT meter, quantity::int FROM usage_unmetered ORDER BY meter"
    wanted = [("event", 3), ("storage_bytes", size_of(*records))]
    assert bench.rows(unmetered) == wanted
    with bench.world.connect() as connection:
        connection.execute(own_work._SQL["take_events"], {"now": NOW, "count": 100})
    assert bench.rows(unmetered) == wanted
