"""Producers that do not wait for the broker's acknowledgement."""

from __future__ import annotations

from typing import Any

from storepulse import cli
from storepulse.adapters.kafka import clients as kafka

_producer = kafka.make_producer


def producer(settings: Any, client_id: str, **overrides: Any) -> Any:
    return _producer(settings, client_id, **overrides, acks=0, **{"enable.idempotence": False})


if __name__ == "__main__":
    kafka.make_producer = producer
    cli.main()
