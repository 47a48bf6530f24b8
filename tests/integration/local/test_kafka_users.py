"""What Kafka's users may do, and may not: tried with their own passwords by real clients."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiokafka
import psutil
import pytest
from aiokafka.errors import TopicAuthorizationFailedError
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from pydantic import SecretStr

from storepulse.adapters.kafka import rights
from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import USERS, group_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.local import subscriber_files
from storepulse.local.broker import answers
from storepulse.local.kafka_accounts import kafka_passwords, settings_as
from storepulse.local.servers import Servers, start_servers, temporary_home
from storepulse.local.supervisor import make_topics

CATALOG = load_catalog()
INGEST, EVENTS, DLQ = CATALOG.ingest("cart"), CATALOG.events("cart"), CATALOG.dlq("cart")
DERIVED = CATALOG.ingest("activity")
REJECTED, UNDELIVERED = CATALOG.rejected, CATALOG.undelivered
SECONDS = 15.0

#: All that a user may do with these topics; whatever is not here is refused.
WRITES = {
    "gateway": {INGEST, DERIVED, REJECTED},
    "agents": {DERIVED, EVENTS, DLQ},
    "delivery": {UNDELIVERED},
    "query": {INGEST, DERIVED},
    "operator": {INGEST, DERIVED},
    "subscriber": set(),
}
READS = {
    "gateway": set(),
    "agents": {INGEST, DERIVED},
    "delivery": {EVENTS, DLQ, REJECTED, UNDELIVERED},
    "query": {INGEST, DERIVED, EVENTS, DLQ, REJECTED},
    "operator": {INGEST, DERIVED, EVENTS, DLQ, REJECTED, UNDELIVERED},
    "subscriber": {EVENTS},
}
TOPICS = (INGEST, DERIVED, EVENTS, DLQ, REJECTED, UNDELIVERED)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A broker of its own, as `up` starts it, with topics and rights."""
    home = temporary_home()
    settings = Settings(home=home, database_url=SecretStr("postgresql://nobody@127.0.0.1:1/no"))
    with start_servers(settings, os.environ, free_ports=True, durable=False) as running:
        make_topics(running.settings)
        subscriber_files.write(running.settings)
        for topic in TOPICS:
            written(running.settings, topic, partition=0)
        yield running
    shutil.rmtree(home, ignore_errors=True)


def config(servers: Servers, user: str) -> dict[str, Any]:
    """How `user` connects with its own password."""
    return connection_config(settings_as(user, servers.settings)) | {"log_level": 0}


def written(settings: Settings, topic: str, partition: int = -1) -> None:
    """Writes a record; KafkaException where that is refused."""
    failed: list[Any] = []
    producer = Producer({**connection_config(settings), "log_level": 0, "enable.idempotence": True})
    producer.produce(
        topic, b"x", None, partition, on_delivery=lambda error, _: error and failed.append(error)
    )
    assert producer.flush(SECONDS) == 0
    if failed:
        raise KafkaException(failed[0])


def may(action: Callable[[], object]) -> bool:
    """Whether the broker does it; only refusals for want of a right count as no."""
    try:
        action()
    except KafkaException as error:
        name = error.args[0].name()
        assert "AUTHORIZATION_FAILED" in name, name
        return False
    return True


async def is_read(settings: Settings, topic: str) -> bool:
    """Whether the broker gives a record of the topic, in no group."""
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_plain_username=settings.kafka_sasl_username,
        sasl_plain_password=settings.kafka_sasl_password.get_secret_value(),
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        if topic not in await consumer.topics():
            return False
        consumer.assign([aiokafka.TopicPartition(topic, 0)])
        records = await consumer.getmany(timeout_ms=int(SECONDS * 1000))
    except TopicAuthorizationFailedError:
        return False
    else:
        assert records
        return True
    finally:
        await consumer.stop()


def joined(servers: Servers, user: str, group: str, topic: str) -> int:
    """Reads as a member of a group to the first record, and commits."""
    consumer = Consumer(
        {**config(servers, user), "group.id": group, "auto.offset.reset": "earliest"}
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(SECONDS)
        assert message is not None
        if message.error():
            raise KafkaException(message.error())
        consumer.commit(message, asynchronous=False)
        return message.offset() or 0
    finally:
        consumer.close()


@pytest.mark.parametrize("user", USERS)
def test_a_user_writes_and_reads_what_its_work_needs_and_nothing_else(
    servers: Servers, user: str
) -> None:
    own = settings_as(user, servers.settings)
    assert own.kafka_sasl_username == user
    assert {t for t in TOPICS if may(lambda t=t: written(own, t))} == WRITES[user]
    assert {t for t in TOPICS if asyncio.run(is_read(own, t))} == READS[user]


@pytest.mark.parametrize("user", USERS)
def test_nobody_but_the_admin_changes_topics_and_rights(servers: Servers, user: str) -> None:
    client = AdminClient(config(servers, user))
    name = f"made-by-{user}"
    own = settings_as(user, servers.settings)

    def set_password() -> None:
        rights.set_passwords(own, {"gateway": "mine-now"})

    assert not may(client.create_topics([NewTopic(name, 1)])[name].result)
    assert not may(client.delete_topics([EVENTS])[EVENTS].result)
    for change in (set_password, lambda: rights.apply(own), lambda: rights.remove(own)):
        with pytest.raises(Transient, match="AUTHORIZATION_FAILED"):
            change()
    admin = AdminClient(connection_config(servers.settings))
    assert name not in admin.list_topics(timeout=SECONDS).topics
    assert EVENTS in admin.list_topics(timeout=SECONDS).topics


def test_a_subscriber_may_use_any_group_but_ours(servers: Servers) -> None:
    assert joined(servers, "subscriber", "any-team", EVENTS) == 0
    for process in ("agents", "delivery"):
        group = group_of("", process)
        assert not may(lambda group=group: joined(servers, "subscriber", group, EVENTS))


def test_nobody_gets_in_without_a_password(servers: Servers) -> None:
    assert servers.kafka
    settings = servers.settings
    assert answers(settings)
    strangers = (
        Settings(kafka_bootstrap_servers=settings.kafka_bootstrap_servers),
        settings.model_copy(update={"kafka_sasl_password": SecretStr("wrong")}),
        settings.model_copy(update={"kafka_sasl_username": "node"}),
        settings_as("gateway", settings).model_copy(
            update={"kafka_sasl_password": settings.kafka_sasl_password}
        ),
    )
    with ThreadPoolExecutor(len(strangers)) as pool:
        assert list(pool.map(answers, strangers)) == [False] * len(strangers)


def test_the_controller_is_closed_too(servers: Servers) -> None:
    assert servers.kafka
    (controller,) = {
        connection.laddr.port
        for connection in psutil.Process(servers.kafka.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port != servers.kafka.port
    }
    # Any question of a stranger ends the connection.
    for port in (controller, servers.kafka.port):
        assert asked_for_rights(port) == b""


def asked_for_rights(port: int) -> bytes:
    """What a broker or controller answers to DescribeAcls (version 1: all there are)."""
    question = struct.pack(">hhih", 29, 1, 1, -1) + struct.pack(">bhbhhbb", 1, -1, 1, -1, -1, 1, 1)
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(question)) + question)
        try:
            return connection.recv(1024)
        except ConnectionResetError:
            return b""


def test_passwords_are_for_the_owner_alone(servers: Servers) -> None:
    assert servers.kafka
    home = servers.settings.home
    passwords = kafka_passwords(home)
    assert len(set(passwords.values())) == len(USERS) + 1
    modes = {
        name: (home / name).stat().st_mode & 0o777
        for name in ("secrets", "kafka", "logs", "secrets/kafka.json", "kafka/server.properties",
                     "subscriber.properties", "subscriber.conf")
    }  # fmt: skip
    assert set(modes.values()) == {0o700, 0o600}
    assert all((home / name).is_dir() for name, mode in modes.items() if mode == 0o700)
    (line,) = re.findall('user_node="(.+?)"', (home / "kafka/server.properties").read_text())[:1]
    commands = " ".join(psutil.Process(servers.kafka.pid).cmdline())
    logs = "".join(p.read_text(errors="replace") for p in (home / "logs").iterdir())
    for secret in (*passwords.values(), line):
        assert secret not in commands
        assert secret not in logs


def test_the_subscribers_file_for_librdkafka_reads_events(servers: Servers) -> None:
    text = (servers.settings.home / subscriber_files.CONF).read_text()
    settings = dict(line.split("=", 1) for line in text.splitlines())
    consumer = Consumer({**settings, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"})
    consumer.subscribe([EVENTS])
    try:
        message = consumer.poll(SECONDS)
        assert message is not None
        assert message.error() is None
    finally:
        consumer.close()


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
def test_kcat_reads_events_with_it(servers: Servers) -> None:
    file = servers.settings.home / subscriber_files.CONF
    done = subprocess.run(
        ["kcat", "-m", "30", "-F", str(file), "-C", "-e", "-q", "-f", "%o ", "-t", EVENTS],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split()[:1] == ["0"], done.stderr


def test_the_subscribers_file_for_java_says_the_same(servers: Servers) -> None:
    """There is no compiler of Java here: the lines are those of Kafka's own documentation."""
    home = servers.settings.home
    java, conf = (
        dict(line.split("=", 1) for line in (home / name).read_text().splitlines())
        for name in (subscriber_files.PROPERTIES, subscriber_files.CONF)
    )
    user, password = conf.pop("sasl.username"), conf.pop("sasl.password")
    assert java.pop("sasl.jaas.config") == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required"
        f' username="{user}" password="{password}";'
    )
    assert java == conf | {"sasl.mechanism": "SCRAM-SHA-256"}
