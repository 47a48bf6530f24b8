"""A producer that lost its idempotence is replaced, not used."""

from __future__ import annotations

from confluent_kafka import KafkaError

from storepulse.adapters.settings import load
from storepulse.gateway.publishing.publisher import Publisher


def test_a_fatal_error_ends_the_process_and_stays() -> None:
    told = []
    publisher = Publisher(load({}), frozenset())
    publisher.on_fatal = lambda: told.append("leave")
    publisher.broker.is_writable = True
    publisher._on_error(KafkaError(KafkaError._TRANSPORT, "away"))
    assert publisher.broker.is_writable
    publisher._on_error(KafkaError(KafkaError.INVALID_PRODUCER_EPOCH, "fenced", fatal=True))
    publisher._on_error(KafkaError(KafkaError._FATAL, "fenced"))
    assert not publisher.broker.is_writable
    assert publisher.broker.fatal is not None
    assert told == ["leave"]
