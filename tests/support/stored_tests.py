"""Tests of a store with their rollups, written into the tables as authors and agents do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import psycopg

from storepulse.domain.experiments.definition import Definition, Metric, Variant, encode

BOUGHT = Metric("bought", "binary", "purchase")
REVENUE = Metric("revenue", "sum", "purchase", currency="EUR", cap=Decimal(200))
ORDERS = Metric("orders", "count", "purchase")
PER_ORDER = Metric("per_order", "ratio", numerator="revenue", denominator="orders")
CARTS = Metric("carts", "count", "add_to_cart")
METRICS = (BOUGHT, REVENUE, ORDERS, PER_ORDER, CARTS)


def definition(variants: int = 2, metrics: Sequence[Metric] = METRICS, **more: Any) -> Definition:
    """A test of so many variants of the same weight; the first metric decides."""
    named = tuple(
        Variant(f"v{place}", f"Variant {place}", 10_000 // variants, is_control=place == 0)
        for place in range(variants)
    )
    return Definition(named, tuple(metrics), metrics[0].key, **{"n_star": 20_000, **more})


def add_test(
    connection: psycopg.Connection[Any],
    store: str,
    defined: Definition,
    started_at: datetime,
    **more: Any,
) -> str:
    """A running test in its first phase; the id."""
    test_id, settings = str(uuid4()), encode(defined).decode()
    connection.execute(
        "INSERT INTO stores (store_id, domain) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [store, f"{store[:8]}.example"],
    )
    connection.execute(
        "INSERT INTO ab_tests (test_id, store_id, name, status, definition, phase, created_by)"
        " VALUES (%s, %s, 'Green button', %s, %s, 1, 'test')",
        [test_id, store, more.get("status", "running"), settings],
    )
    add_phase(connection, test_id, 1, store, defined, started_at, more.get("ended_at"))
    return test_id


def add_phase(
    connection: psycopg.Connection[Any],
    test_id: str,
    phase: int,
    store: str,
    defined: Definition,
    started_at: datetime,
    ended_at: datetime | None = None,
) -> None:
    """A phase, also as the test's last one."""
    connection.execute(
        "INSERT INTO ab_test_phases (test_id, phase, store_id, started_at, ended_at, settings,"
        " window_ms, pre_ms) VALUES (%s, %s, %s, %s, %s, %s, 259200000, 1209600000)",
        [test_id, phase, store, started_at, ended_at, encode(defined).decode()],
    )
    connection.execute("UPDATE ab_tests SET phase = %s WHERE test_id = %s", [phase, test_id])


def add_units(
    connection: psycopg.Connection[Any], test_id: str, units: dict[tuple[str, date], int],
    phase: int = 1,
) -> None:  # fmt: skip
    """Visitors by variant and day."""
    for (variant, day), count in units.items():
        connection.execute(
            "INSERT INTO ab_rollups VALUES (%s, %s, %s, %s, %s)",
            [test_id, phase, variant, day, count],
        )


def add_metric(  # noqa: PLR0917 - a row of the table
    connection: psycopg.Connection[Any], test_id: str, variant: str, day: date, metric: str,
    values: Sequence[Any], cap: Decimal | None = None, phase: int = 1,
) -> None:  # fmt: skip
    """The sums of those visitors of a day whose total is not 0."""
    totals = [Decimal(value) for value in values]
    capped = [min(one, cap) for one in totals] if cap is not None else []
    own = (sum(totals, Decimal(0)), sum((one * one for one in totals), Decimal(0)))
    of_capped = (sum(capped, Decimal(0)), sum((one * one for one in capped), Decimal(0)))
    connection.execute(
        "INSERT INTO ab_metric_rollups VALUES"
        " (%s, %s, %s, %s, %s, %s, %s, 0, %s, %s, 0, 0, 0, %s, %s, %s, %s, %s)",
        [test_id, phase, variant, day, metric, len(totals), len(totals), *own,
         *((*of_capped, 0, 0, 0) if cap is not None else (None,) * 5)],
    )  # fmt: skip


def fill(
    connection: psycopg.Connection[Any], test_id: str, defined: Definition, started_at: datetime,
    days: int, a_day: int, rates: Sequence[float],
) -> None:  # fmt: skip
    """Days of visitors: of each variant, those of `rates` buy, once, for a random amount."""
    rng = Random(7)
    for ago in range(days):
        day = (started_at + timedelta(ago)).astimezone(UTC).date()
        names = [variant.variant_id for variant in defined.variants]
        add_units(connection, test_id, {(name, day): a_day for name in names})
        for name, rate in zip(names, rates, strict=True):
            amounts = [f"{rng.lognormvariate(3.9, 1):.2f}" for _ in range(round(a_day * rate))]
            ones = ["1"] * len(amounts)
            for metric in defined.metrics:
                if metric.kind == "ratio":
                    capped = sum((min(Decimal(a), Decimal(200)) for a in amounts), Decimal(0))
                    connection.execute(
                        "INSERT INTO ab_ratio_rollups VALUES (%s, 1, %s, %s, %s, %s, %s)",
                        [test_id, name, day, metric.key, sum(map(Decimal, amounts)), capped],
                    )
                else:
                    values = amounts if metric.kind == "sum" else ones
                    cap = metric.cap if isinstance(metric.cap, Decimal) else None
                    add_metric(connection, test_id, name, day, metric.key, values, cap)
