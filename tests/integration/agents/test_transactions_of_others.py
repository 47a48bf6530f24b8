"""Records that others write in transactions: committed ones count, markers and aborted ones are
gaps, and nobody waits for a gap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
from confluent_kafka import Producer, TopicPartition
from tests.integration.agents.workers import accounted, clicks, drained, ingest, settings_of, worker
from tests.support import commands
from tests.support.ingest_records import Record, record
from tests.support.services import Service
from tests.support.transactions import Transactions, transactions
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config, make_admin_client
from storepulse.adapters.kafka.log_search import LogSearch
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.exactness import audit as auditing
from storepulse.exactness.recount import recount
from storepulse.slices.partitions import Partitions

STREAMS = ("activity", "heatmap", "cart", "landing")


@pytest.fixture
def others(world: World) -> Iterator[Transactions]:
    with transactions(world.settings) as made:
        yield made


def plain(world: World, topic: str, partition: int, records: list[Record]) -> None:
    """What a producer writes that knows no transactions, the gateway for one."""
    producer = Producer(connection_config(world.settings))
    for r in records:
        producer.produce(topic, r.value, r.key, partition)
    assert producer.flush(30) == 0


def lag(service: Service, name: str = "lag") -> dict[tuple[str, int], float]:
    """The metric of records behind the end, by topic and partition."""
    found = {}
    for line in httpx.get(f"{service.url}/metrics", timeout=5).text.splitlines():
        if line.startswith(f"storepulse_consumer_{name}_records{{"):
            labels, value = line.rsplit(" ", 1)
            parts = dict(part.split("=") for part in labels[labels.index("{") + 1 : -1].split(","))
            found[parts["topic"].strip('"'), int(parts["partition"].strip('"'))] = float(value)
    return found


def assert_nothing_waits(service: Service, *topics: str) -> None:
    wait_until(
        lambda: (
            {topic for topic, _ in lag(service)} >= set(topics)
            and not any(value for (topic, _), value in lag(service).items() if topic in topics)
        ),
        lambda: f"{lag(service)}\n{service.log.read_text()[-2000:]}",
        seconds=30,
    )


def assert_agrees(world: World, *, wait: float = 20) -> auditing.Audit:
    """The audit by commands, with the recount; and as it is, to look at."""
    code, out, err = commands.run(
        world.settings, "audit", "--wait", f"{wait:g}", "--recount", "--json"
    )
    assert (code, err) == (0, ""), out + err
    assert json.loads(out)["in_flight"] == 0
    code, out, _ = commands.run(world.settings, "audit")
    assert code == 0, out
    found = auditing.audit(world.settings_of("operator"))
    assert (found.findings, found.is_settled) == ([], True)
    return found


def gaps(world: World, partition: int) -> list[tuple[int, int]]:
    with world.connect() as connection:
        rows = connection.execute(
            "SELECT lower_offset, upper_offset FROM ledger_gaps WHERE partition = %s ORDER BY 1",
            [partition],
        ).fetchall()
    return [(int(str(lower)), int(str(upper))) for lower, upper in rows]


def published(world: World, stream: str) -> int:
    """How many events subscribers get."""
    from tests.support.subscriber import events

    return len(events(world.settings, stream, "team"))


def test_the_end_of_a_transaction_is_waited_for_by_nobody(
    world: World, others: Transactions
) -> None:
    """In every stream: one record, and a marker after it."""
    catalog = load_catalog(world.settings.topic_prefix)
    ingests = [catalog.ingest(stream) for stream in STREAMS]
    for n, stream in enumerate(STREAMS):
        others.send(catalog.ingest(stream), 1, [record(stream, n)])
    with worker(world.settings) as service:
        drained(world, len(STREAMS))
        assert_nothing_waits(service, *ingests)
        found = assert_agrees(world)
        assert {p.committed for p in found.partitions if p.end} == {1}
        assert {p.end for p in found.partitions} == {0, 2}
        # The next record comes after a gap.
        for n, stream in enumerate(STREAMS):
            others.send(catalog.ingest(stream), 1, [record(stream, 100 + n)])
        drained(world, 2 * len(STREAMS))
        assert_nothing_waits(service, *ingests)
        assert_agrees(world)
        assert gaps(world, 1) == [(1, 2)] * len(STREAMS)
        assert [published(world, stream) for stream in STREAMS] == [2] * len(STREAMS)
        assert service.process is not None
        assert service.process.poll() is None


def test_what_was_aborted_has_no_effect_and_holds_nothing_up(
    world: World, others: Transactions
) -> None:
    topic = ingest(world)
    # 0: everything was aborted. 1: begins with it. 2: amid others. 3: ends with it.
    others.send(topic, 0, clicks(10_000, 30), "aborted")
    others.send(topic, 1, clicks(20_000, 20), "aborted")
    plain(world, topic, 1, [record("heatmap", 1)])
    for n in range(3):
        others.send(topic, 2, [record("heatmap", 100 + n)])
        others.send(topic, 2, clicks(30_000 + 10 * n, 10), "aborted")
    plain(world, topic, 2, [record("heatmap", 110)])
    plain(world, topic, 3, [record("heatmap", 120)])
    others.send(topic, 3, clicks(40_000, 5), "aborted")
    with worker(settings_of(world)) as service:
        drained(world, 6)
        assert_nothing_waits(service, topic)
        found = assert_agrees(world)
    assert accounted(world) == 6
    assert {p.partition: p.committed for p in found.partitions if p.topic == topic} == {
        0: None, 1: 22, 2: 40, 3: 1,
    }  # fmt: skip
    assert (gaps(world, 0), gaps(world, 1), gaps(world, 3)) == ([], [(0, 21)], [])
    assert gaps(world, 2) == [(1, 13), (14, 26), (27, 39)]
    assert published(world, "heatmap") == 6


def test_a_crash_amid_transactions_counts_nothing_twice(world: World, others: Transactions) -> None:
    topic = ingest(world)
    committed = 0
    for n in range(12):
        fine = [record("heatmap", 1_000 * n + i) for i in range(150)]
        others.send(topic, n % 4, fine)
        committed += len(fine)
        others.send(topic, n % 4, clicks(100_000 + 1_000 * n, 400), "aborted")
    settings = settings_of(world, agent_slice_records=60)
    with worker(settings, "slices.before_commit kill 9\n") as service:
        assert service.process is not None
        assert service.process.wait(60) == -9
    assert 0 < accounted(world) < committed
    with worker(settings, "slices.after_commit kill 7\n") as service:
        assert service.process is not None
        assert service.process.wait(60) == -9
    with worker(settings) as service:
        drained(world, committed)
        assert_nothing_waits(service, topic)
        assert_agrees(world)
    assert accounted(world) == committed
    with world.connect() as connection:
        assert connection.execute("SELECT sum(events)::int FROM heatmap_cells").fetchone() == (
            committed,
        )


def test_an_open_transaction_holds_up_its_partition_alone_and_no_worker_leaves(
    world: World, others: Transactions
) -> None:
    topic = ingest(world)
    plain(world, topic, 0, [record("heatmap", 1)])
    others.send(topic, 0, clicks(50_000, 4_000), "open")
    plain(world, topic, 0, [record("heatmap", 2)])
    plain(world, topic, 1, [record("heatmap", 3)])
    with worker(settings_of(world)) as service:
        drained(world, 2)
        assert_nothing_waits(service, topic)
        found = auditing.audit(world.settings_of("operator"))
        assert found.findings == []
        assert (found.in_flight, found.is_settled) == (4_001, False)
        assert any("neither committed nor aborted" in note for note in found.notes), found.notes
        assert lag(service, "withheld")[topic, 0] == 4_001
        # Ended at last: thousands of records that nobody gets, and one that waited behind them.
        others.abort()
        drained(world, 3)
        assert_nothing_waits(service, topic)
        assert_agrees(world)
        assert service.process is not None
        assert service.process.poll() is None
        wait_until(
            lambda: not lag(service, "withheld")[topic, 0], "nothing is withheld", seconds=20
        )
    assert gaps(world, 0) == [(1, 4_001)]


def partitions_of(world: World) -> Partitions:
    return Partitions(world.settings, "group", topic_ids(world.settings, [ingest(world)]))


@contextmanager
def asked(world: World) -> Iterator[Partitions]:
    partitions = partitions_of(world)
    try:
        yield partitions
    finally:
        partitions.close()


def test_a_log_s_first_record_is_the_first_that_readers_may_have(
    world: World, others: Transactions
) -> None:
    topic = ingest(world)
    others.send(topic, 0, clicks(0, 3), "aborted")  # 0 to 2, marker 3
    others.send(topic, 0, clicks(0, 2))  # 4 and 5, marker 6
    others.send(topic, 1, clicks(0, 3), "aborted")
    others.send(topic, 2, clicks(0, 3), "open")
    with asked(world) as partitions:
        starts = {(topic, 0): 0, (topic, 1): 0, (topic, 2): 0, (topic, 3): 0}
        assert partitions.find_first_records(starts) == {
            (topic, 0): 4, (topic, 1): None, (topic, 2): None, (topic, 3): None,
        }  # fmt: skip
        assert partitions.find_first_records({(topic, 0): 6}) == {(topic, 0): None}
        assert not partitions.holds_record(topic, 0, 0, 4)
        assert partitions.holds_record(topic, 0, 0, 5)
        assert not partitions.holds_record(topic, 0, 6, 7)
        assert not partitions.holds_record(topic, 2, 0, 3)
        # Of the log itself, whoever may read it: a broker that lost its tail has a shorter one.
        assert [partitions.read_end(topic, p) for p in range(4)] == [7, 4, 3, 0]


def test_a_search_that_takes_too_long_goes_on_where_it_was(
    world: World, others: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = ingest(world)
    others.send(topic, 0, clicks(0, 2), "aborted")
    plain(world, topic, 0, [record("heatmap", 1)])
    made: list[LogSearch] = []
    with asked(world) as partitions:
        original = partitions.search

        def search(starts: dict[tuple[str, int], int]) -> LogSearch:
            made.append(original(starts))
            return made[-1]

        monkeypatch.setattr(partitions, "search", search)
        monkeypatch.setattr("storepulse.slices.partitions.TIMEOUT_SECONDS", 0.0)
        monkeypatch.setattr(partitions, "read_beginning", lambda *_: 0)
        for _ in range(3):
            with pytest.raises(Transient, match="does not tell"):
                partitions.holds_record(topic, 0, 0, 3)
        monkeypatch.setattr("storepulse.slices.partitions.TIMEOUT_SECONDS", 20.0)
        assert not partitions.holds_record(topic, 0, 0, 3)
        assert len(made) == 1
        assert partitions.holds_record(topic, 0, 0, 4)


def test_a_search_begins_where_the_log_does(world: World) -> None:
    topic = ingest(world)
    plain(world, topic, 0, clicks(0, 5))
    client = make_admin_client(
        world.settings
    )  # held until the future is done: without it that never is
    client.delete_records([TopicPartition(topic, 0, 3)])[TopicPartition(topic, 0)].result()
    with asked(world) as partitions:
        assert partitions.find_first_records({(topic, 0): 1}) == {(topic, 0): 3}


def test_a_recount_ends_where_the_ledger_s_last_offsets_hold_no_record(
    world: World, others: Transactions
) -> None:
    """As a ledger has it that was written by who took markers for records."""
    topic = ingest(world)
    plain(world, topic, 0, [record("heatmap", 1)])
    others.send(topic, 0, clicks(0, 3), "aborted")
    with worker(settings_of(world)):
        drained(world, 1)
    found = auditing.audit(world.settings_of("operator"))
    widened = [
        replace(p, ledger_end=p.end) if p.topic == topic and p.end else p for p in found.partitions
    ]
    assert recount(world.settings_of("operator"), auditing.Audit(widened, found.snapshot)) == []
