"""The embedded servers: closed to the network, and their data outlives stops and crashes."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.local import accounts, postgres_folder, processes
from storepulse.local.servers import Servers, start_servers
from storepulse.local.state import postgres_health

pytestmark = pytest.mark.xdist_group("embedded servers")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home below a folder of mode 700, as a clone in /root is."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    yield closed / "home"
    postgres_folder.remove(closed / "home")


@pytest.fixture(scope="module")
def servers(home: Path) -> Iterator[Servers]:
    with start_servers(
        Settings(home=home, kafka_heap_mb=256), os.environ, free_ports=True
    ) as running:
        yield running


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def write_record(servers: Servers, topic: str, value: bytes) -> None:
    failed: list[object] = []
    producer = Producer({**connection_config(servers.settings), "acks": "all"})
    producer.produce(topic, value, on_delivery=lambda error, _: error and failed.append(error))
    assert producer.flush(15) == 0
    assert not failed


def first_record(servers: Servers, topic: str) -> bytes:
    consumer = Consumer(
        {
            **connection_config(servers.settings),
            "group.id": "a-test",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    try:
        message = consumer.poll(20)
        assert message is not None
        assert message.error() is None
        return message.value()
    finally:
        consumer.close()


def create_topic(servers: Servers, topic: str) -> None:
    client = AdminClient(connection_config(servers.settings))
    client.create_topics([NewTopic(topic, num_partitions=1)])[topic].result()


def test_nothing_listens_beyond_loopback(servers: Servers) -> None:
    assert servers.kafka
    assert servers.postgres
    addresses = {
        connection.laddr.ip.removeprefix("::ffff:")
        for server in (servers.kafka, servers.postgres)
        for process in family(server.pid or 0)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_other_addresses_of_this_machine_are_refused(servers: Servers) -> None:
    assert servers.kafka
    assert servers.postgres
    # 127.0.0.2 is this machine too, but not the address listened on; then the network's ones.
    others = {"127.0.0.2"} | {
        address.address
        for found in psutil.net_if_addrs().values()
        for address in found
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    }
    for other in others:
        for port in (servers.kafka.port, servers.postgres.port):
            with pytest.raises(OSError), socket.create_connection((other, port), timeout=2):  # noqa: PT011
                pass


def test_kafka_makes_no_topic_by_itself(servers: Servers) -> None:
    client = AdminClient(connection_config(servers.settings))
    client.list_topics("misspelled", timeout=10)
    assert "misspelled" not in client.list_topics(timeout=10).topics


def test_kafka_takes_an_event_of_the_gateways_largest_size(servers: Servers) -> None:
    create_topic(servers, "large")
    write_record(servers, "large", os.urandom(servers.settings.gateway_max_event_bytes))


def test_postgres_asks_for_the_password(servers: Servers, home: Path) -> None:
    url = servers.database_url
    assert postgres_health(url).is_healthy
    user, rest = url.removeprefix("postgresql://").split(":", 1)
    for wrong in (
        f"postgresql://{user}:wrong@{rest.split('@')[1]}",
        f"postgresql://{user}@{rest.split('@')[1]}",
    ):
        assert "password" in postgres_health(wrong).detail
    assert stat.S_IMODE((home / "secrets" / "postgres.json").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to use")
def test_as_root_postgres_runs_unprivileged_and_foreign_modes_stay(
    servers: Servers, home: Path
) -> None:
    assert servers.postgres
    assert servers.postgres.pid
    assert psutil.Process(servers.postgres.pid).uids().effective != 0
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700
    data = (home / "postgres").resolve()
    assert data == postgres_folder.outside_folder(home)
    assert stat.S_IMODE((data / "data").stat().st_mode) == 0o700


def test_both_keep_their_data_over_a_stop(servers: Servers) -> None:
    assert servers.kafka
    assert servers.postgres
    create_topic(servers, "stopped")
    write_record(servers, "stopped", b"before the stop")
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE stopped AS SELECT 42 AS answer")
    addresses = (servers.kafka_bootstrap_servers, servers.database_url)

    servers.stop()
    with pytest.raises(KafkaException):
        AdminClient({**connection_config(servers.settings), "log_level": 0}).list_topics(
            timeout=0.5
        )
    assert not postgres_health(servers.database_url).is_healthy
    servers.start()

    assert addresses == (servers.kafka_bootstrap_servers, servers.database_url)
    assert first_record(servers, "stopped") == b"before the stop"
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT answer FROM stopped").fetchone() == (42,)


def test_both_keep_their_data_over_kill_9(servers: Servers) -> None:
    assert servers.kafka
    assert servers.postgres
    create_topic(servers, "killed")
    write_record(servers, "killed", b"before the crash")
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE killed AS SELECT 7 AS answer")

    old = [*family(servers.kafka.pid or 0), *family(servers.postgres.pid or 0)]
    servers.kafka.kill()
    servers.postgres.kill()
    assert not psutil.wait_procs(old, timeout=10)[1]
    servers.start()

    assert first_record(servers, "killed") == b"before the crash"
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT answer FROM killed").fetchone() == (7,)


def test_an_immediate_stop_is_recovered_from(servers: Servers) -> None:
    assert servers.postgres
    servers.postgres.stop("immediate")
    servers.postgres.start()
    assert postgres_health(servers.database_url).is_healthy


def test_a_lock_that_names_a_stranger_does_not_stop_postgres(servers: Servers, home: Path) -> None:
    """The old pid may belong to any process of the same account by now."""
    assert servers.postgres
    servers.postgres.kill()
    stranger = processes.launch(
        ["sleep", "60"],
        orphan_signal=processes.signal.SIGTERM,
        account=accounts.find_unprivileged(),
    )
    try:
        lock = home / "postgres" / "data" / "postmaster.pid"
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        servers.postgres.start()
        assert postgres_health(servers.database_url).is_healthy
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_abandoned_server_is_stopped_before_the_next_starts(
    home: Path, servers: Servers
) -> None:
    """Two servers on one folder would destroy it."""
    assert servers.kafka
    assert servers.postgres
    old = [psutil.Process(server.pid) for server in servers.embedded_servers if server.pid]
    settings = Settings(home=home, kafka_heap_mb=256)
    with start_servers(settings, os.environ, free_ports=True) as second:
        assert not psutil.wait_procs(old, timeout=1)[1]
        assert postgres_health(second.database_url).is_healthy
    servers.start()


def test_what_is_given_from_outside_is_not_started(tmp_path: Path) -> None:
    given = Settings(
        home=tmp_path / "home",
        kafka_bootstrap_servers="kafka.example:9092",
        database_url="postgresql://db.example/x",  # type: ignore[arg-type]
    )
    with start_servers(given, os.environ) as servers:
        assert servers.embedded_servers == []
        assert servers.kafka_bootstrap_servers == "kafka.example:9092"
        assert servers.database_url == "postgresql://db.example/x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to use")
def test_programs_out_of_reach_are_copied_and_run_from_there(tmp_path: Path, monkeypatch) -> None:
    from storepulse.local import postgres_programs

    wheel = postgres_programs.wheel_folder()
    assert wheel is not None
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    moved = closed / wheel.name
    moved.symlink_to(wheel)  # reached only through the closed folder
    moved.with_name(f"{wheel.name}.libs").symlink_to(wheel.with_name(f"{wheel.name}.libs"))
    monkeypatch.setattr(postgres_programs, "wheel_folder", lambda: moved)
    monkeypatch.setattr(postgres_programs, "SHARED_FOLDER", Path("/var/lib/storepulse-test"))
    account = accounts.find_unprivileged()
    assert account is not None
    try:
        found = postgres_programs.find(account)
        assert found.folder.is_relative_to("/var/lib/storepulse-test")
        assert account.run([str(found.initdb), "--version"]).returncode == 0
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        subprocess.run(["rm", "-rf", "/var/lib/storepulse-test"], check=True)
