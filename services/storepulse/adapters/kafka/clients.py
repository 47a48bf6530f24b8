"""librdkafka's producer, consumer and admin client with our configuration, and their errors."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from operator import methodcaller
from time import monotonic, sleep
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined] # its name for OffsetSpec
    AdminClient,
    OffsetSpec,
)

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient

#: The topic was just created, or a broker restarts: the client learns the new leader shortly.
_LEADER_MOVES = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})
LEADER_SECONDS = 0.1
_librdkafka = logging.getLogger("librdkafka")
# Without configured logging, as in a command, its lines are dropped.
_librdkafka.addHandler(logging.NullHandler())
#: Replaces headers that cannot be read.
UNREADABLE_HEADERS = "x-storepulse-headers"


class BrokerAway(Transient):
    """Kafka does not accept records, or does not answer."""


def connection_config(settings: Settings) -> dict[str, Any]:
    """The brokers' addresses, and the credentials of a librdkafka client."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_sasl_mechanism:
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_sasl_username
        config["sasl.password"] = settings.kafka_sasl_password.get_secret_value()
    if settings.kafka_ssl_ca_location:
        config["ssl.ca.location"] = settings.kafka_ssl_ca_location
    return config


def client_config(settings: Settings, client_id: str) -> dict[str, Any]:
    """Configuration that every librdkafka client shares."""
    return {
        **connection_config(settings),
        "client.id": client_id,
        # A restarted broker is back within a second or two; librdkafka's default allows ten.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "log_level": 3,
        # Its lines go through our logger, so that no plain text appears between structured lines.
        "logger": _librdkafka,
    }


def reader_config(settings: Settings, name: str) -> dict[str, Any]:
    """Configuration of a consumer outside any group.

    It commits nothing, reads committed records only, and raises errors that librdkafka would log
    many times a second.
    """
    return {
        **client_config(settings, name),
        "group.id": name,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        # A partition's end is then its last stable offset.
        "isolation.level": "read_committed",
        "log_level": 0,
    }


def read_bounds(
    consumer: Consumer, topic: str, partition: int, timeout_seconds: float
) -> tuple[int, int]:
    """The first offset of a partition and the offset after its last one.

    Waits for a moving leader. Raises KafkaException.
    """
    topic_partition, deadline = TopicPartition(topic, partition), monotonic() + timeout_seconds
    while True:
        seconds_left = deadline - monotonic()
        try:
            low, high = consumer.get_watermark_offsets(
                topic_partition, timeout=max(seconds_left, 0.1)
            )
        except KafkaException as error:
            if error.args[0].code() not in _LEADER_MOVES or seconds_left < LEADER_SECONDS:
                raise
            sleep(LEADER_SECONDS)
        else:
            return low, high


def list_offsets(
    admin: AdminClient,
    partitions: Iterable[tuple[str, int]],
    wanted: OffsetSpec,
    timeout_seconds: float,
) -> dict[tuple[str, int], int]:
    """One offset for each partition in a single request, as seen by readers of committed records.

    Raises KafkaException.
    """
    answers = admin.list_offsets(
        {TopicPartition(*where): wanted for where in partitions},
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=timeout_seconds,
    )
    return {(at.topic, at.partition): answer.result().offset for at, answer in answers.items()}


#: The client may return a result with an error set. In a hot loop the interpreter specializes
#: `message.headers()` and no longer checks for that, so the error surfaces elsewhere; a call
#: through `methodcaller` always checks.
_headers = methodcaller("headers")


def headers_of(message: Message) -> list[tuple[str, bytes | None]]:
    """A record's headers. If a name is not UTF-8, the client returns none; a marker replaces
    them."""
    try:
        headers: Any = _headers(message) or []
    except (SystemError, UnicodeDecodeError):
        return [(UNREADABLE_HEADERS, b"a name is not UTF-8")]
    return list(headers)


def is_unreadable(error: KafkaError) -> bool:
    """Whether librdkafka cannot read the next batch, now or later.

    It repeats the error until the consumer seeks past the batch.
    """
    return error.code() in (KafkaError._BAD_COMPRESSION, KafkaError._BAD_MSG)


def make_producer(settings: Settings, client_id: str, **overrides: Any) -> Producer:
    """An idempotent producer: all in-sync replicas acknowledge, order is kept, no duplicates.

    It partitions like Java clients, so that joins with their topics are co-partitioned.
    """
    return Producer(
        {
            **client_config(settings, client_id),
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "delivery.timeout.ms": settings.gateway_delivery_timeout_ms,
            "message.max.bytes": 1_000_000,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
            "socket.nagle.disable": True,
            **overrides,
        }
    )


def make_admin_client(settings: Settings, client_id: str = "storepulse-admin") -> AdminClient:
    """An admin client. It raises its errors; its log would repeat them forty times a second."""
    return AdminClient(client_config(settings, client_id) | {"log_level": 0})
