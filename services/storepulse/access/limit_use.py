"""A store's usage of its plan in the open period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.calendars import Calendar
from storepulse.domain.plans import (
    Aggregation,
    Level,
    PlanLimit,
    bounds_of,
    reached_level,
    remaining_of,
)
from storepulse.domain.time_zones import ZonePeriod

#: Takes `store_id`; its rows are for `use_of_rows`.
USE_OF_STORE = named_sql("access/limits", now="store_id")["now"]


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit, and its usage."""

    meter: str
    aggregation: Aggregation
    unit: str | None
    soft: Decimal | None
    hard: Decimal | None
    used: Decimal

    @property
    def remaining(self) -> Decimal | None:
        """What is left until the hard limit; None without one."""
        return remaining_of(PlanLimit(self.soft, self.hard), self.used)

    @property
    def level(self) -> Level | None:
        """The limit that is reached, the hard one first."""
        return reached_level(PlanLimit(self.soft, self.hard), self.used)


@dataclass(frozen=True, slots=True)
class StoreUse:
    """A store's plan and its start, the period from `starts_at` to before `ends_at`, and the
    usage of each limit."""

    plan: str | None
    plan_since: datetime | None
    period: date
    starts_at: datetime
    ends_at: datetime
    limits: tuple[LimitUse, ...]


def use_of_rows(rows: Sequence[Mapping[str, Any]]) -> StoreUse:
    """The usage in the rows of `USE_OF_STORE`, of which there is at least one."""
    first = rows[0]
    calendar = Calendar(tuple(map(ZonePeriod, first["days"], first["zones"])))
    names = ("meter", "aggregation", "unit", "soft", "hard", "used")
    limits = tuple(
        LimitUse(**{name: row[name] for name in names})
        for row in rows
        if row["soft"] is not None or row["hard"] is not None
    )
    since = first["from_at"] if first["plan"] is not None else None
    period: date = first["month"]
    return StoreUse(first["plan"], since, period, *bounds_of(calendar, period), limits)


def use_of_store(connection: Connection, store_id: UUID) -> StoreUse:
    """A store's usage of its plan."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return use_of_rows(cursor.execute(USE_OF_STORE, {"store_id": store_id}).fetchall())
