"""A bad deployment halts the partitions that it wrote to, and says so everywhere; nothing else."""

from __future__ import annotations

import json
import signal
from typing import Any

import httpx
from click.testing import CliRunner
from confluent_kafka import Producer
from tests.integration.agents.workers import (
    PARTITIONS,
    accounted,
    clicks,
    committed_of,
    drained,
    produce,
    settings_of,
    worker,
)
from tests.support.ingest_records import Record, record
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings, environment
from storepulse.cli import status
from storepulse.contracts.topics import load_catalog
from storepulse.local import home_lock, ports

JSON = Record(b"s-1", b'{"event": "PageView", "landing_page_id": "lp_1"}')
REMEDY = "STOREPULSE_DEAD_LETTER_HALT_RATIO=1"


def sent(world: World, topic: str, records: list[Record], partition: int) -> None:
    producer = Producer(connection_config(world.settings))
    for r in records:
        producer.produce(topic, r.value, r.key, partition)
        producer.poll(0)
    assert producer.flush(20) == 0


def landing(world: World) -> str:
    return load_catalog(world.settings.topic_prefix).ingest("landing")


def of_stream(world: World, stream: str, column: str = "accepted") -> int:
    with world.connect() as connection:
        row = connection.execute(
            f"SELECT coalesce(sum({column}), 0)::int FROM ledger_counts WHERE stream = %s",
            [stream],
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


def answer(service: Service) -> tuple[int, dict[str, Any]]:
    found = httpx.get(service.url + "/readyz", timeout=2)
    return found.status_code, found.json()


def sample(service: Service, name: str, **labels: str) -> float | None:
    wanted = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()))
    for line in httpx.get(service.url + "/metrics", timeout=2).text.splitlines():
        if line.startswith(f"{name}{{{wanted}}} "):
            return float(line.rsplit(" ", 1)[1])
    return None


def is_halted(service: Service) -> bool:
    try:
        return answer(service)[1]["status"] == "halted"
    except httpx.HTTPError:
        return False


def status_of(settings: Settings, service: Service) -> tuple[int, str]:
    """What `storepulse status` says of a stack with this service in it."""
    parts = [home_lock.StackPart(service.name, service.url, service.url + "/readyz")]
    with home_lock.hold(settings.home):
        home_lock.write(settings.home, "ready", parts)
        told = CliRunner(env=environment(settings)).invoke(status.command, ["--json"])
    return told.exit_code, json.loads(told.output)["parts"][0]["detail"]


def test_json_in_one_partition_halts_it_alone_and_everybody_says_so(world: World) -> None:
    settings = settings_of(world, agent_streams="landing,heatmap")
    topic = landing(world)
    sent(world, topic, [JSON] * 400, 0)
    with worker(settings) as service:
        wait_until(lambda: is_halted(service), service.log.read_text, seconds=30)
        # Its neighbours go on: other partitions of the stream, and another stream.
        sent(world, topic, [record("landing", n) for n in range(300)], 1)
        sent(world, topic, [record("landing", n) for n in range(300, 500)], 0)
        produce(world, clicks(0, 1_000))
        wait_until(lambda: of_stream(world, "landing") == 300, seconds=30)
        wait_until(lambda: of_stream(world, "heatmap") == 1_000, seconds=30)

        code, told = answer(service)
        assert code == 503
        (halted,) = told["halted"]
        assert (halted["stream"], halted["topic"], halted["partition"]) == ("landing", topic, 0)
        assert (halted["offset"], halted["undecodable"]) == (0, 400)
        assert "wire format" in halted["reason"]
        assert REMEDY in halted["remedy"]
        assert f"{topic}[0] is halted at offset 0: 400 of 400" in told["detail"]
        assert REMEDY in told["detail"]
        assert sample(service, "storepulse_agent_halted", stream="landing", partition="0") == 1
        assert sample(service, "storepulse_agent_halted", stream="landing", partition="1") is None
        assert status_of(settings, service) == (1, told["detail"])

        # What waits gets older.
        age = sample(service, "storepulse_freshness_seconds", stream="landing")
        assert age is not None
        wait_until(
            lambda: (
                (sample(service, "storepulse_freshness_seconds", stream="landing") or 0) > age + 2
            ),
            seconds=10,
        )
        assert service.kill(signal.SIGTERM) == 0
    assert of_stream(world, "landing", "dead") == 0


def test_a_halt_stays_over_restarts_whatever_comes_after(world: World) -> None:
    """Also where good records make the bad ones a small share of the next slice."""
    settings = settings_of(world, agent_streams="landing")
    topic = landing(world)
    sent(world, topic, [JSON] * 400, 0)
    with worker(settings) as service:
        wait_until(lambda: is_halted(service), service.log.read_text, seconds=30)
        wait_until(
            lambda: bool(rows(world, "SELECT 1 FROM halted_partitions")),
            service.log.read_text,
            seconds=20,
        )
        service.kill()
    sent(world, topic, [record("landing", n) for n in range(1_600)], 0)
    with worker(settings) as service:
        wait_until(lambda: is_halted(service), service.log.read_text, seconds=30)
        assert of_stream(world, "landing") == 0
        service.kill()
    with worker(settings_of(world, agent_streams="landing", dead_letter_halt_ratio=1)) as service:
        service.wait_ready()
        wait_until(lambda: of_stream(world, "landing") == 2_000, seconds=30)
        assert answer(service)[0] == 200
    assert (of_stream(world, "landing", "dead"), of_stream(world, "landing", "applied")) == (
        400,
        1_600,
    )
    assert rows(world, "SELECT * FROM halted_partitions") == []


def test_a_halt_survives_a_rebalance_and_ends_with_the_partition_elsewhere(world: World) -> None:
    first = settings_of(
        world, agent_streams="landing", agent_session_timeout_seconds=6, agent_slot=0
    )
    second = first.model_copy(update={"agent_slot": 1, "agent_metrics_port": ports.free_port() - 1})
    topic = landing(world)
    for partition in range(PARTITIONS):
        sent(world, topic, [JSON] * 150, partition)
    with worker(first) as one:
        wait_until(lambda: len(answer_or_nothing(one)) == PARTITIONS, one.log.read_text, seconds=30)
        with worker(second) as two:
            wait_until(
                lambda: sorted(
                    [*answer_or_nothing(one), *answer_or_nothing(two)]
                ) == list(range(PARTITIONS))
                and bool(answer_or_nothing(two)),
                lambda: f"{answer_or_nothing(one)} {answer_or_nothing(two)}",
                seconds=40,
            )  # fmt: skip
            two.kill(signal.SIGTERM)
        wait_until(lambda: len(answer_or_nothing(one)) == PARTITIONS, one.log.read_text, seconds=40)
        assert one.process is not None
        assert one.process.poll() is None
    assert accounted(world) == 0


def answer_or_nothing(service: Service) -> list[int]:
    try:
        return [halt["partition"] for halt in answer(service)[1].get("halted", [])]
    except httpx.HTTPError:
        return []


def test_delivery_halts_one_partition_too(world: World) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    topic = catalog.events("landing")
    with world.connect() as connection:
        connection.execute(
            "INSERT INTO destinations (name, kind, status) VALUES ('d', 'webhook', 'paused')"
        )
    sent(world, topic, [JSON] * 400, 0)
    sent(world, topic, [record("landing", n) for n in range(50)], 1)
    service = Service("delivery", world.settings).start()
    try:
        wait_until(lambda: is_halted(service), service.log.read_text, seconds=40)
        wait_until(
            lambda: rows(world, "SELECT count(*)::int FROM deliveries") == [(50,)], seconds=20
        )
        assert (
            sample(service, "storepulse_agent_halted", stream="delivery-landing", partition="0")
            == 1
        )
    finally:
        service.stop()
    assert rows(world, "SELECT count(*)::int FROM dead_letters") == [(0,)]


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with world.connect() as connection:
        return list(connection.execute(query.encode()).fetchall())


def test_a_halted_partition_is_not_acknowledged(world: World) -> None:
    settings = settings_of(world, dead_letter_halt_minimum=20)
    produce(world, [Record(b"s-1", b"not Avro")] * 100, partitions=1)
    with worker(settings) as service:
        wait_until(lambda: is_halted(service), service.log.read_text, seconds=30)
        assert committed_of(world) == dict.fromkeys(range(PARTITIONS), 0)
        assert service.kill(signal.SIGTERM) == 0
    assert accounted(world) == 0
    # A person allowed it: the records are set aside.
    with worker(settings_of(world, dead_letter_halt_ratio=1)):
        drained(world, 100)
    assert rows(world, "SELECT count(*)::int FROM dead_letters") == [(100,)]
