"""Retention limits from an installation's settings."""

from __future__ import annotations

from datetime import datetime, timedelta

from storepulse.adapters.settings import Settings, variable_name
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Misconfigured
from storepulse.retention.rules import RetentionLimits, is_too_short, limits_of_days


def limits_of(settings: Settings, now: datetime) -> RetentionLimits:
    """The limits of the settings. Raises Misconfigured if Kafka keeps events for longer."""
    catalog = load_catalog()
    longest_ms = max(catalog.topic("events", stream).retention_ms for stream in catalog.streams)
    in_kafka = timedelta(milliseconds=longest_ms)
    if is_too_short(settings.deliveries_keep_days, in_kafka):
        raise Misconfigured(
            variable_name("deliveries_keep_days"),
            f"must be 0 or at least {in_kafka.days}: what Kafka still has could be sent twice",
        )
    return limits_of_days(
        now,
        deliveries_days=settings.deliveries_keep_days,
        dead_letters_days=settings.dead_letters_keep_days,
    )
