"""Limits that stores reach are told once, however many workers look and whoever of them dies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from tests.support.used_plans import give_plan, limits_of, new_store, use
from tests.support.world import World

from storepulse.access.plan_changes import set_plan
from storepulse.access.rules.administration import CLI
from storepulse.agents.limit_watch import LimitWatch
from storepulse.domain.plans import PlanLimit


def told(connection: psycopg.Connection[Any], store: UUID) -> list[tuple[Any, ...]]:
    """Level, limit, figure of each event in the outbox, in the order of limits."""
    return connection.execute(
        "SELECT metadata ->> 'level', metadata ->> 'limit', metadata ->> 'used', quantity"
        " FROM usage_outbox WHERE store_id = %s AND meter = 'plan_limit_reached'"
        " ORDER BY (metadata ->> 'limit')::numeric",
        (store,),
    ).fetchall()


def test_each_limit_is_told_once(module_world: World) -> None:
    agents = module_world.settings_of("agents").dsn
    with module_world.connect() as connection:
        store = new_store(connection)
        plan = give_plan(connection, store, {"event": PlanLimit(Decimal(5), Decimal(10))})
        watches = [LimitWatch(agents) for _ in range(4)]

        def look() -> None:
            with ThreadPoolExecutor(len(watches)) as threads:
                list(threads.map(LimitWatch.look, watches))

        use(connection, store, "event", 4)
        look()
        assert told(connection, store) == []
        use(connection, store, "event", 1)
        look()
        assert told(connection, store) == [("soft", "5", "5", 1)]
        use(connection, store, "event", 7)
        look()
        hard = ("hard", "10", "12", 1)
        assert told(connection, store) == [("soft", "5", "5", 1), hard]
        look()
        # A process that starts anew looks at everything again.
        LimitWatch(agents).look()
        assert told(connection, store)[1:] == [hard]
        set_plan(connection, CLI, plan, limits_of(event=12), datetime.now(UTC))
        look()
        assert told(connection, store)[1:] == [hard, ("hard", "12", "12", 1)]


def test_a_month_that_has_not_begun_is_not_told_of(module_world: World) -> None:
    with module_world.connect() as connection:
        store = new_store(connection)
        give_plan(connection, store, limits_of(event=5))
        use(connection, store, "event", 9, datetime.now(UTC).replace(day=28) + timedelta(days=5))
        LimitWatch(module_world.settings_of("agents").dsn).look()
        assert told(connection, store) == []
