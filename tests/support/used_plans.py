"""Stores with plans and figures, as tests put them there."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg

from storepulse.access.plan_changes import assign_plan, set_plan
from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import create_store
from storepulse.domain.plans import PlanLimit


def new_store(connection: psycopg.Connection[Any], domain: str | None = None) -> UUID:
    """A store of UTC without a plan; with a domain, the one that carts of it go to."""
    store_id = None if domain else uuid4()
    return create_store(
        connection, CLI, datetime.now(UTC), store_id=store_id, domain=domain
    ).store_id


def limits_of(**hard: int) -> dict[str, PlanLimit]:
    """Hard limits by meter."""
    return {meter: PlanLimit(None, Decimal(amount)) for meter, amount in hard.items()}


def give_plan(
    connection: psycopg.Connection[Any], store_id: UUID, limits: dict[str, PlanLimit]
) -> str:
    """Gives a store a plan of its own with these limits, from now on; the plan's name."""
    plan, now = f"p-{store_id.hex}", datetime.now(UTC)
    set_plan(connection, CLI, plan, limits, now)
    assign_plan(connection, CLI, store_id, plan, now)
    return plan


def use(
    connection: psycopg.Connection[Any],
    store_id: UUID,
    meter: str,
    quantity: int,
    at: datetime | None = None,
) -> None:
    """Has a store use so much of a meter in the month of an instant, of UTC; now by default."""
    at = at or datetime.now(UTC)
    connection.execute(
        "INSERT INTO usage_current AS t"
        " (store_id, period, meter, count, sum, max, last, last_at, last_id)"
        " VALUES (%(store)s, %(period)s, %(meter)s, 1, %(q)s, %(q)s, %(q)s, %(at)s, %(id)s)"
        " ON CONFLICT (store_id, period, meter) DO UPDATE SET count = t.count + 1,"
        " sum = t.sum + EXCLUDED.sum, max = greatest(t.max, EXCLUDED.max), last = EXCLUDED.last",
        {
            "store": store_id, "period": at.date().replace(day=1), "meter": meter, "q": quantity,
            "at": at, "id": uuid4(),
        },
    )  # fmt: skip
