"""Create the catalog's topics on a broker, and compare the broker's topics with the catalog."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from storepulse.adapters.kafka.clients import make_admin_client
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient

TIMEOUT_SECONDS = 15.0
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class TopicState:
    """A declared topic and its state on the broker (None: missing)."""

    name: str
    declared_partitions: int
    partitions: int | None
    topic_id: str | None


def read_states(settings: Settings) -> list[TopicState]:
    """Every declared topic with its state on the broker. Raises Transient without a broker."""
    catalog = load_catalog(settings.topic_prefix)
    counts = _partition_counts(settings, make_admin_client(settings))
    present = [name for name in catalog.topics if name in counts]
    try:
        ids = topic_ids(settings, present) if present else {}
    except KafkaException as error:
        raise _transient_of(settings, error) from error
    return [
        TopicState(
            name=topic.name,
            declared_partitions=topic.partitions,
            partitions=counts.get(topic.name),
            topic_id=ids.get(topic.name),
        )
        for topic in catalog.topics.values()
    ]


def topic_ids(settings: Settings, names: list[str]) -> dict[str, str]:
    """Kafka's topic ids: a topic that is deleted and created again has another one."""
    from confluent_kafka import TopicCollection

    client = make_admin_client(settings)  # held until the futures are done: without it they fail
    futures = client.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_SECONDS)
    return {name: str(future.result().topic_id) for name, future in futures.items()}


def apply(settings: Settings, config: Mapping[str, str] | None = None) -> list[str]:
    """Create missing topics and return their names. Existing ones are left unchanged.

    `config` overrides the catalog's declarations. Returns once the broker lists all topics: while
    it still works on earlier changes, it reports a new topic as unknown to us and to clients.
    Raises Transient without a broker, or if that takes longer than TIMEOUT_SECONDS.
    """
    catalog = load_catalog(settings.topic_prefix)
    client = make_admin_client(settings)  # held until the futures are done: without it they fail
    counts = _partition_counts(settings, client)
    missing = [name for name in catalog.topics if name not in counts]
    if not missing:
        return []
    futures = client.create_topics(
        [
            NewTopic(
                name,
                num_partitions=catalog.topics[name].partitions,
                replication_factor=settings.replication_factor,
                config={**catalog.topics[name].config, **(config or {})},
            )
            for name in missing
        ],
        request_timeout=TIMEOUT_SECONDS,
    )
    created: list[str] = []
    for name, future in futures.items():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Transient(f"topic {name}: {error}") from error
    _await_listed(settings, client, missing)
    return created


def _await_listed(settings: Settings, client: AdminClient, names: list[str]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while unlisted := set(names) - set(_partition_counts(settings, client)):
        if time.monotonic() > deadline:
            raise Transient(f"topic {min(unlisted)}: created, but the broker does not list it")
        time.sleep(PAUSE_SECONDS)


def _partition_counts(settings: Settings, client: AdminClient) -> dict[str, int]:
    """The broker's topics with their number of partitions."""
    try:
        topics = client.list_topics(timeout=TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise _transient_of(settings, error) from error
    return {name: len(topic.partitions) for name, topic in topics.items()}


def _transient_of(settings: Settings, error: KafkaException) -> Transient:
    return Transient(f"Kafka at {settings.kafka_bootstrap_servers}: {error}")
