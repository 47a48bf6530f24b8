"""Plans: what a store may use in a period, and what its limits stop. Pure.

A period is a month of the store's calendar. A limit applies to the meter's figure of the period:
its sum, count, maximum or last value, by the meter's aggregation. At the soft limit the sender is
warned. At the hard limit events are refused until the period ends or the plan changes. A hard limit
of a meter of collection stops all events of the store; one of orders only new orders; one of any
other meter only that meter's events. A meter whose last value counts stops nothing, because its
next event may lower it. A store without a plan has no limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Literal, get_args

from storepulse.domain.calendars import Calendar
from storepulse.domain.errors import Rejected

Aggregation = Literal["sum", "count", "max", "last"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)
Level = Literal["soft", "hard"]

#: Meters that Storepulse counts itself.
BUILT_IN_METERS = ("api_call", "event", "storage_bytes", "order")
#: The meter of events that report reached limits.
REACHED_METER = "plan_limit_reached"
#: Meters that only Storepulse may report.
OWN_METERS = frozenset({*BUILT_IN_METERS, REACHED_METER})
#: Meters whose hard limit stops all of the store's events.
METERS_OF_COLLECTION = frozenset({"api_call", "event", "storage_bytes"})
#: The label in metrics for all meters that shops name.
OTHER_METERS = "custom"
#: The longest Retry-After of a refusal, so that senders notice a raised plan.
LONGEST_RETRY_SECONDS = 3_600
MOST_LIMITS = 100
LARGEST_LIMIT = Decimal(10) ** 15
DECIMAL_PLACES = 4

METER_CHARACTERS = 128
METER_TEXT = rf"[A-Za-z0-9_.:-]{{1,{METER_CHARACTERS}}}"
#: Not allowed as meters: in a URL path they have another meaning.
PATHS = (".", "..")
PLAN_TEXT = r"[a-z0-9][a-z0-9_-]{0,63}"
_is_meter = re.compile(METER_TEXT).fullmatch
_is_plan = re.compile(PLAN_TEXT).fullmatch


@dataclass(frozen=True, slots=True)
class PlanLimit:
    """The limits of a meter in a period; None: no such limit."""

    soft: Decimal | None = None
    hard: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReachedLimit:
    """A limit that a store has reached.

    `starts_at`, `ends_at`: the period in which it counts, in epoch seconds.
    """

    plan: str
    meter: str
    level: Level
    amount: Decimal
    used: Decimal
    starts_at: float
    ends_at: float
    aggregation: Aggregation = "sum"

    def counts_at(self, now: float) -> bool:
        """Whether a time is in its period."""
        return self.starts_at <= now < self.ends_at

    def retry_seconds(self, now: float) -> int:
        """After how many seconds a refused sender may retry."""
        return max(1, min(LONGEST_RETRY_SECONDS, ceil(self.ends_at - now)))


def check_meter(field: str, meter: str) -> str:
    """The meter's name. Raises Rejected."""
    if _is_meter(meter) is None or meter in PATHS:
        raise Rejected(field, "must be 1 to 128 letters, digits or _ . : - and not . or ..")
    return meter


def check_plan_name(field: str, name: str) -> str:
    """The plan's name. Raises Rejected."""
    if _is_plan(name) is None:
        raise Rejected(field, "must be 1 to 64 lower-case letters, digits, - or _")
    return name


def check_limit(field: str, limit: PlanLimit) -> PlanLimit:
    """The limit as it is stored. Raises Rejected with the path of the field."""
    for level in get_args(Level):
        amount: Decimal | None = getattr(limit, level)
        if amount is None:
            continue
        if not amount.is_finite() or not 0 <= amount <= LARGEST_LIMIT:
            raise Rejected(f"{field}.{level}", f"must be a number from 0 to {LARGEST_LIMIT:f}")
        exponent = amount.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -DECIMAL_PLACES:
            raise Rejected(f"{field}.{level}", f"has more than {DECIMAL_PLACES} decimal places")
    if limit.soft is not None and limit.hard is not None and limit.soft > limit.hard:
        raise Rejected(f"{field}.soft", "is above the hard limit")
    return PlanLimit(
        *(None if amount is None else amount.normalize() for amount in (limit.soft, limit.hard))
    )


def reached_level(limit: PlanLimit, used: Decimal) -> Level | None:
    """The limit that a figure has reached, the hard one first, or None."""
    if limit.hard is not None and used >= limit.hard:
        return "hard"
    return "soft" if limit.soft is not None and used >= limit.soft else None


def remaining_of(limit: PlanLimit, used: Decimal) -> Decimal | None:
    """What may still be used; None without a hard limit."""
    return None if limit.hard is None else max(limit.hard - used, Decimal(0))


def next_period_of(period: date) -> date:
    """The next period."""
    return date(period.year + period.month // 12, period.month % 12 + 1, 1)


def bounds_of(calendar: Calendar, period: date) -> tuple[datetime, datetime]:
    """The first instant of a period and of the next one."""
    return calendar.start_of(period), calendar.start_of(next_period_of(period))


def stopping_limit(
    reached: Iterable[ReachedLimit], own_meters: tuple[str | None, ...], now: float
) -> ReachedLimit | None:
    """The hard limit that stops an event now, the one that lasts longest first.

    `own_meters`: meters that stop events of this kind, besides the meters of collection.
    """
    stopping = [
        limit
        for limit in reached
        if limit.level == "hard"
        and limit.counts_at(now)
        and limit.aggregation != "last"
        and (limit.meter in METERS_OF_COLLECTION or limit.meter in own_meters)
    ]
    return max(stopping, key=lambda limit: limit.ends_at, default=None)


def meter_label(meter: str) -> str:
    """The meter's label in metrics."""
    return meter if meter in BUILT_IN_METERS else OTHER_METERS
