"""Retention limits: how long finished rows are kept, and which partitions are entirely too old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storepulse.retention.removals import LimitName

#: As long as the dedupe window. A view that is scrolled after that counts as a new one.
VIEWS_DAYS = 8
#: Events count for 30 days after the last window that they may be in has closed. Units are kept a
#: day longer.
UNITS_DAYS = 31
#: The console shows response times of the last hour; a weekend's are kept for investigation.
MINUTES_DAYS = 2
#: How long changes of breakers are kept, which show since when a destination is unavailable.
BREAKERS_DAYS = 31


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """Rows finished before these times may be removed, UTC; None keeps them forever.

    Settings define `deliveries` and `dead_letters` only. The others are fixed: `views` of heatmaps,
    `units` of experiments with closed windows, ended console `sessions`, and `minutes` and
    `breakers` of destinations.
    """

    deliveries: datetime | None
    dead_letters: datetime | None
    views: datetime | None = None
    units: datetime | None = None
    sessions: datetime | None = None
    minutes: datetime | None = None
    breakers: datetime | None = None

    def of(self, name: LimitName) -> datetime | None:
        """The limit of that name."""
        limit: datetime | None = getattr(self, name)
        return limit


@dataclass(frozen=True, slots=True)
class Leaf:
    """A partition: from `lower` up to before `upper`; the default partition has neither."""

    name: str
    lower: datetime | None
    upper: datetime | None

    @property
    def is_default(self) -> bool:
        return self.upper is None


def limits_of_days(
    now: datetime, *, deliveries_days: int, dead_letters_days: int
) -> RetentionLimits:
    """The limits as of `now`; 0 days keep rows forever."""
    return RetentionLimits(
        _time_before(now, deliveries_days),
        _time_before(now, dead_letters_days),
        _time_before(now, VIEWS_DAYS),
        _time_before(now, UNITS_DAYS),
        now,
        _time_before(now, MINUTES_DAYS),
        _time_before(now, BREAKERS_DAYS),
    )


def is_too_short(days: int, in_kafka: timedelta) -> bool:
    """Whether deliveries would be removed while Kafka has their events, which could be resent."""
    return days > 0 and timedelta(days=days) < in_kafka


def select_touched(leaves: Sequence[Leaf], before: datetime) -> list[Leaf]:
    """The leaves that may have rows older than `before`."""
    return [leaf for leaf in leaves if leaf.lower is None or leaf.lower < before]


def select_expired(leaves: Sequence[Leaf], before: datetime) -> list[Leaf]:
    """The leaves that have only rows older than `before`."""
    return [leaf for leaf in leaves if leaf.upper is not None and leaf.upper <= before]


def _time_before(now: datetime, days: int) -> datetime | None:
    return now - timedelta(days=days) if days > 0 else None
