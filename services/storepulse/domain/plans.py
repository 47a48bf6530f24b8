"""Plans: what a store may use in a period, and what its limits stop. Pure.

Rules: a period is a month of the store's calendar. A limit counts against the meter's figure of the
period: its sum, count, maximum or last value, by the meter's aggregation. At the soft limit the
sender is warned, at the hard limit events are refused until the period ends or the plan changes. A
hard limit of a meter that measures collection stops all events of the store; of orders, new orders
alone; of any other meter, that meter's events alone. A meter that is read by its last value stops
nothing, since its next event may bring it down. A store without a plan has no limit.
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
#: The meter of events that tell of reached limits.
REACHED_METER = "plan_limit_reached"
#: Those that nobody else reports.
OWN_METERS = frozenset({*BUILT_IN_METERS, REACHED_METER})
#: Those whose hard limit stops whatever the store sends.
METERS_OF_COLLECTION = frozenset({"api_call", "event", "storage_bytes"})
#: Of meters that shops name: a metric has no label for each.
OTHER_METERS = "custom"
#: A refused sender comes again by then, so that a raised plan is noticed.
LONGEST_RETRY_SECONDS = 3_600
MOST_LIMITS = 100
LARGEST_LIMIT = Decimal(10) ** 15
DECIMAL_PLACES = 4

METER_CHARACTERS = 128
METER_TEXT = rf"[A-Za-z0-9_.:-]{{1,{METER_CHARACTERS}}}"
#: No meters: as part of an address they are no names, but places.
PATHS = (".", "..")
PLAN_TEXT = r"[a-z0-9][a-z0-9_-]{0,63}"
_is_meter = re.compile(METER_TEXT).fullmatch
_is_plan = re.compile(PLAN_TEXT).fullmatch


@dataclass(frozen=True, slots=True)
class PlanLimit:
    """What may be used of a meter in a period; None: no such limit."""

    soft: Decimal | None = None
    hard: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReachedLimit:
    """A limit that a store has reached. `starts_at`, `ends_at`: those of its period, in seconds
    since 1970; it counts within them."""

    plan: str
    meter: str
    level: Level
    amount: Decimal
    used: Decimal
    starts_at: float
    ends_at: float
    aggregation: Aggregation = "sum"

    def counts_at(self, now: float) -> bool:
        """Whether an instant lies in its period."""
        return self.starts_at <= now < self.ends_at

    def retry_seconds(self, now: float) -> int:
        """When a sender that was refused may come again."""
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
    """The limit that a figure has reached, the hard one first."""
    if limit.hard is not None and used >= limit.hard:
        return "hard"
    return "soft" if limit.soft is not None and used >= limit.soft else None


def remaining_of(limit: PlanLimit, used: Decimal) -> Decimal | None:
    """What may still be used; None without a hard limit."""
    return None if limit.hard is None else max(limit.hard - used, Decimal(0))


def next_period_of(period: date) -> date:
    """The period after one."""
    return date(period.year + period.month // 12, period.month % 12 + 1, 1)


def bounds_of(calendar: Calendar, period: date) -> tuple[datetime, datetime]:
    """The first instant of a period, and that of the next one."""
    return calendar.start_of(period), calendar.start_of(next_period_of(period))


def stopping_limit(
    reached: Iterable[ReachedLimit], own_meters: tuple[str | None, ...], now: float
) -> ReachedLimit | None:
    """The hard limit that stops an event now, the one that holds longest first. `own_meters`: those
    that stop events of this kind beside the meters of collection."""
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
    """The meter as metrics name it."""
    return meter if meter in BUILT_IN_METERS else OTHER_METERS
