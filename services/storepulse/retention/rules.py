"""How long finished work is kept, and which partitions are wholly older than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storepulse.retention.removals import LimitName

#: As long as ids of events are remembered. A view that is scrolled further later is another one.
VIEWS_DAYS = 8
#: Events count for 30 days after the last window that they may be in has closed: what
#: experiments know of units stays a day longer.
UNITS_DAYS = 31
#: How long destinations took to answer is shown for the last hour; a weekend's is there to look up.
MINUTES_DAYS = 2
#: Since when a destination is out of reach is told for as long.
BREAKERS_DAYS = 31


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """What was finished before these times may go, UTC; None keeps it for ever. Nobody may set
    `views`, what scrolling is held against, `units`, what experiments know of windows that had
    closed by then, `sessions`, of the console, which had ended by then, and `minutes` and
    `breakers`, what is known of destinations."""

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
    """The limits as of `now`; 0 days keep for ever."""
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
    """Whether deliveries would go while Kafka still has their events, to be queued once more."""
    return days > 0 and timedelta(days=days) < in_kafka


def select_touched(leaves: Sequence[Leaf], before: datetime) -> list[Leaf]:
    """Those that may hold something older than `before`."""
    return [leaf for leaf in leaves if leaf.lower is None or leaf.lower < before]


def select_expired(leaves: Sequence[Leaf], before: datetime) -> list[Leaf]:
    """Those that hold nothing but what is older than `before`."""
    return [leaf for leaf in leaves if leaf.upper is not None and leaf.upper <= before]


def _time_before(now: datetime, days: int) -> datetime | None:
    return now - timedelta(days=days) if days > 0 else None
