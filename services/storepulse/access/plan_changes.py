"""Administrators' changes to plans, their assignment to stores, and meters. Changes are audited.

Plans belong to the platform: a key that is tied to a store cannot change them, and sees its own
store's plan. Setting the same values again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import Caller, Conflict, NotAllowed, UnknownObject
from storepulse.access.store_changes import StoreRow, find_store, lock_store
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.calendars import Calendar
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import (
    AGGREGATIONS,
    MOST_LIMITS,
    Aggregation,
    PlanLimit,
    check_limit,
    check_meter,
    check_plan_name,
)

#: Limits of the installation.
MOST_PLANS = 1_000
MOST_METERS = 1_000
#: Most plans of a store that are shown, newest first.
MOST_ASSIGNMENTS = 100
LONGEST_TEXT = 1_000
LONGEST_UNIT = 100

STATEMENTS = named_sql(
    "access/plans",
    plans="count",
    plan="plan",
    set_plan="plan description now who",
    remove_limits="plan",
    add_limits="plan meters softs hards",
    remove_plan="plan",
    store_with_plan="plan now",
    store_plans="store_id count",
    end_assignments="store_id from_at",
    assign="store_id from_at plan now who",
    add_overrides="store_id from_at meters softs hards",
    meters="count",
    meter="meter",
    set_meter="meter aggregation unit description",
)
Limits = Mapping[str, PlanLimit]


def _limits_of(meters: list[str], softs: list[Any], hards: list[Any]) -> dict[str, PlanLimit]:
    return {
        meter: PlanLimit(soft, hard) for meter, soft, hard in zip(meters, softs, hards, strict=True)
    }


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A stored plan; its limits are three lists in the order of `meters`."""

    plan: str
    description: str | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    meters: list[str]
    softs: list[Decimal | None]
    hards: list[Decimal | None]

    @property
    def limits(self) -> dict[str, PlanLimit]:
        """Its limits by meter."""
        return _limits_of(self.meters, self.softs, self.hards)

    @property
    def changeable(self) -> dict[str, Any]:
        """The fields that an administrator may change, for the audit trail."""
        return {"description": self.description, **shown_limits(self.limits)}


@dataclass(frozen=True, slots=True)
class StorePlanRow:
    """A store's plan from an instant on, None for none. Deviations from the plan are three lists
    in the order of `meters`."""

    from_at: datetime
    plan: str | None
    assigned_at: datetime
    assigned_by: str
    meters: list[str]
    softs: list[Decimal | None]
    hards: list[Decimal | None]

    @property
    def limits(self) -> dict[str, PlanLimit]:
        """Deviations from the plan, by meter."""
        return _limits_of(self.meters, self.softs, self.hards)


@dataclass(frozen=True, slots=True)
class MeterRow:
    """How a meter counts. `is_built_in`: Storepulse counts it itself."""

    meter: str
    aggregation: Aggregation
    unit: str | None = None
    description: str | None = None
    is_built_in: bool = False


def shown_limits(limits: Limits) -> dict[str, Any]:
    """Limits for the audit trail: `{"limit event": {"soft": "800", "hard": "1000"}}`."""
    return {
        f"limit {meter}": {
            level: None if amount is None else f"{amount:f}"
            for level, amount in asdict(limit).items()
        }
        for meter, limit in sorted(limits.items())
    }


def list_plans(connection: Connection) -> list[PlanRow]:
    """All plans, by name."""
    with connection.cursor(row_factory=class_row(PlanRow)) as cursor:
        return cursor.execute(STATEMENTS["plans"], {"count": MOST_PLANS}).fetchall()


def find_plan(connection: Connection, name: str) -> PlanRow:
    """One plan. Raises Rejected, UnknownObject."""
    check_plan_name("plan", name)
    with connection.cursor(row_factory=class_row(PlanRow)) as cursor:
        plan = cursor.execute(STATEMENTS["plan"], {"plan": name}).fetchone()
    if plan is None:
        raise UnknownObject("plan", f"there is no plan {name}")
    return plan


def set_plan(
    connection: Connection,
    caller: Caller,
    name: str,
    limits: Limits,
    now: datetime,
    description: str | None = None,
) -> PlanRow:
    """Create or replace a plan; it is in force for its stores within seconds.

    Raises Rejected, NotAllowed, and Conflict if there are too many plans.
    """
    _check_every_store(caller)
    check_plan_name("plan", name)
    wanted = _checked_limits(limits)
    text = _checked_text("description", description, LONGEST_TEXT)
    with connection.transaction():
        connection.execute(STATEMENTS["lock_plans"])
        try:
            before: PlanRow | None = find_plan(connection, name)
        except UnknownObject:
            before = None
            _check_count(connection, "count_plans", "plan", MOST_PLANS)
        after = {"description": text, **shown_limits(wanted)}
        if before is not None and before.changeable == after:
            return before
        row = {"plan": name, "description": text, "now": now, "who": caller.name}
        connection.execute(STATEMENTS["set_plan"], row)
        connection.execute(STATEMENTS["remove_limits"], {"plan": name})
        connection.execute(STATEMENTS["add_limits"], {"plan": name, **_columns_of(wanted)})
        action = "plan.created" if before is None else "plan.changed"
        old = None if before is None else before.changeable
        write_entry(connection, caller.name, action, name, store_id=None, before=old, after=after)
        return find_plan(connection, name)


def remove_plan(connection: Connection, caller: Caller, name: str, now: datetime) -> None:
    """Remove a plan. Raises NotAllowed, UnknownObject, and Conflict if a store has it or will
    have it."""
    _check_every_store(caller)
    with connection.transaction():
        connection.execute(STATEMENTS["lock_plans"])
        before = find_plan(connection, name)
        asked = {"plan": name, "now": now}
        holder = connection.execute(STATEMENTS["store_with_plan"], asked).fetchone()
        if holder is not None:
            raise Conflict("plan", f"is that of the store {holder[0]}, now or later")
        connection.execute(STATEMENTS["remove_plan"], {"plan": name})
        write_entry(
            connection, caller.name, "plan.removed", name, store_id=None, before=before.changeable
        )


def list_assignments(connection: Connection, caller: Caller, store_id: UUID) -> list[StorePlanRow]:
    """The plans of a store, newest first, including future ones.

    Raises UnknownObject, NotAllowed.
    """
    find_store(connection, caller, store_id)
    return _assignments(connection, store_id)


def assign_plan(
    connection: Connection,
    caller: Caller,
    store_id: UUID,
    plan: str | None,
    now: datetime,
    limits: Limits | None = None,
    from_day: date | None = None,
) -> list[StorePlanRow]:
    """Give a store a plan, or none, at once or from the start of one of its local days.

    Scheduled later changes are cancelled. `limits` replace the plan's for their meters. Raises
    Rejected, NotAllowed, and UnknownObject if the store or plan does not exist.
    """
    _check_every_store(caller)
    wanted = _checked_limits(limits or {})
    if plan is None and wanted:
        raise Rejected("limits", "require a plan to differ from")
    with connection.transaction():
        connection.execute(STATEMENTS["lock_plans"])
        lock_store(connection, store_id)
        store = find_store(connection, caller, store_id)
        if plan is not None:
            find_plan(connection, plan)
        from_at = now if from_day is None else _start_of(store, from_day, now)
        known = _assignments(connection, store_id)
        held = next((row for row in known if row.from_at < from_at), None)
        later = [row for row in known if row.from_at >= from_at]
        old = (held.plan, held.limits) if held is not None else (None, {})
        coming = [(row.from_at, row.plan, row.limits) for row in later]
        if coming == [(from_at, plan, wanted)] or (not later and old == (plan, wanted)):
            return known
        connection.execute(
            STATEMENTS["end_assignments"], {"store_id": store_id, "from_at": from_at}
        )
        row = {"store_id": store_id, "from_at": from_at}
        connection.execute(
            STATEMENTS["assign"], row | {"plan": plan, "now": now, "who": caller.name}
        )
        connection.execute(STATEMENTS["add_overrides"], row | _columns_of(wanted))
        write_entry(
            connection, caller.name, "store.plan_assigned", store_id, store_id=store_id,
            before={"plan": old[0], **shown_limits(old[1])},
            after={"plan": plan, "from": from_at.isoformat(), **shown_limits(wanted)},
        )  # fmt: skip
        return _assignments(connection, store_id)


def list_meters(connection: Connection) -> list[MeterRow]:
    """The meters with a description; every other meter is a sum."""
    with connection.cursor(row_factory=class_row(MeterRow)) as cursor:
        return cursor.execute(STATEMENTS["meters"], {"count": MOST_METERS}).fetchall()


def set_meter(connection: Connection, caller: Caller, meter: MeterRow) -> MeterRow:
    """Describe a meter. Limits use it from now on, also in the current period.

    Raises Rejected, NotAllowed, and Conflict if the meter is built-in or there are too many.
    """
    _check_every_store(caller)
    check_meter("meter", meter.meter)
    if meter.aggregation not in AGGREGATIONS:
        raise Rejected("aggregation", f"must be one of {', '.join(AGGREGATIONS)}")
    wanted = MeterRow(
        meter.meter,
        meter.aggregation,
        _checked_text("unit", meter.unit, LONGEST_UNIT),
        _checked_text("description", meter.description, LONGEST_TEXT),
    )
    with connection.transaction():
        connection.execute(STATEMENTS["lock_plans"])
        with connection.cursor(row_factory=class_row(MeterRow)) as cursor:
            asked = {"meter": meter.meter}
            before = cursor.execute(STATEMENTS["meter"], asked).fetchone()
        if before is not None and before.is_built_in:
            raise Conflict("meter", "is counted by Storepulse itself and stays as it is")
        if before is None:
            _check_count(connection, "count_meters", "meter", MOST_METERS)
        if before != wanted:
            row = asdict(wanted)
            del row["is_built_in"]
            connection.execute(STATEMENTS["set_meter"], row)
            old = None if before is None else asdict(before)
            write_entry(
                connection, caller.name, "meter.set", meter.meter, store_id=None, before=old,
                after=asdict(wanted),
            )  # fmt: skip
    return wanted


def _assignments(connection: Connection, store_id: UUID) -> list[StorePlanRow]:
    asked = {"store_id": store_id, "count": MOST_ASSIGNMENTS}
    with connection.cursor(row_factory=class_row(StorePlanRow)) as cursor:
        return cursor.execute(STATEMENTS["store_plans"], asked).fetchall()


def _start_of(store: StoreRow, day: date, now: datetime) -> datetime:
    calendar = Calendar(store.periods)
    if not date(2000, 1, 1) <= day <= date(2100, 1, 1):
        raise Rejected("from_day", "is not a day of this century")
    start = calendar.start_of(day)
    if start < now:
        raise Rejected("from_day", "has begun already; leave it out for a change at once")
    return start


def _checked_limits(limits: Limits) -> dict[str, PlanLimit]:
    if len(limits) > MOST_LIMITS:
        raise Rejected("limits", f"are more than {MOST_LIMITS}")
    return {
        check_meter("limits", meter): check_limit(f"limits.{meter}", limit)
        for meter, limit in limits.items()
    }


def _columns_of(limits: Limits) -> dict[str, list[Any]]:
    return {
        "meters": list(limits),
        "softs": [limit.soft for limit in limits.values()],
        "hards": [limit.hard for limit in limits.values()],
    }


def _checked_text(field: str, text: str | None, longest: int) -> str | None:
    stripped = (text or "").strip()
    if len(stripped) > longest:
        raise Rejected(field, f"is longer than {longest} characters")
    if stripped and not stripped.isprintable():
        raise Rejected(field, "holds a character that cannot be printed")
    return stripped or None


def _check_every_store(caller: Caller) -> None:
    if caller.store_id is not None:
        raise NotAllowed("This requires a key that is not tied to a store")


def _check_count(connection: Connection, statement: str, field: str, most: int) -> None:
    row = connection.execute(STATEMENTS[statement]).fetchone()
    assert row is not None  # noqa: S101 - it always has its row
    if row[0] >= most:
        raise Conflict(field, f"would be more than {most}")
