"""One gateway for the tests of a module that only send to it; its limits are out of the way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from bench.world import kafka_of
from confluent_kafka.admin import NewTopic
from pydantic import SecretStr
from tests.integration.gateway.own_broker import DELIVERY_SECONDS, NO_DATABASE
from tests.support.services import Service, running, wait_for_known_stores
from tests.support.world import World

from storepulse.adapters.kafka import clients as kafka
from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.settings import Settings
from storepulse.local.broker import EmbeddedKafka
from storepulse.local.servers import start_servers, temporary_home

#: Far above what a test sends.
OPEN = {
    "limit_cart_per_minute": 1_000_000,
    "limit_cart_per_hour": 1_000_000,
    "limit_events_per_minute": 1_000_000,
    "limit_heatmap_per_minute": 1_000_000,
    "limit_bot_per_minute": 1_000_000,
    "limit_reads_per_minute": 1_000_000,
    "limit_sensitive_per_minute": 1_000_000,
    # A busy machine may hold a test up between its connection and its first byte.
    "gateway_read_timeout_seconds": 3.0,
    "gateway_proxy_reads": False,
}


def changed(settings: Settings, **update: object) -> Settings:
    """Settings with some values replaced, checked like any others."""
    return Settings(**{**{n: getattr(settings, n) for n in settings.model_fields_set}, **update})


@pytest.fixture(scope="module")
def gateway(module_world: World) -> Iterator[Service]:
    # Open to all, so that tests may say where a call comes from.
    settings = changed(module_world.settings, **OPEN, gateway_require_key=False)
    with running("gateway", settings) as service:
        wait_for_known_stores(service)
        yield service


@pytest.fixture(scope="module")
def port(gateway: Service) -> int:
    return gateway.settings.gateway_port


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedKafka]:
    home = temporary_home()
    given = Settings(home=home, database_url=SecretStr(NO_DATABASE))
    with start_servers(given, os.environ, free_ports=True, durable=False) as servers:
        assert servers.kafka is not None
        yield servers.kafka
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def with_topics(broker: EmbeddedKafka) -> Settings:
    """Made once: a broker that was frozen takes a while until it creates topics again."""
    made = changed(
        Settings(),
        **OPEN,
        **kafka_of(broker.settings),
        database_url=SecretStr(NO_DATABASE),
        gateway_delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
    )
    topics_admin.apply(made)
    _write_first(made)
    return made


def _write_first(settings: Settings) -> None:
    """A broker's first write loads its code: on a busy machine longer than these tests wait."""
    topic, client = "first-writes", kafka.make_admin_client(settings)
    client.create_topics([NewTopic(topic, num_partitions=1)])[topic].result()
    producer = kafka.make_producer(settings, topic, **{"delivery.timeout.ms": 60_000})
    producer.produce(topic, b"")
    assert producer.flush(60) == 0
