"""Begins and ends phases, within the transaction of the change that causes it.

Settings are frozen here: the planned number of visitors, from the traffic of the last two weeks,
and automatic caps, from the purchases of four weeks. From this transaction on, slices keep the
events of the phase's metrics; settling decides until when.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row

from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.experiments.definition import Definition, Metric, encode
from storepulse.domain.experiments.freezing import (
    CAP_QUANTILE,
    PURCHASE_DAYS,
    TRAFFIC_DAYS,
    cap_of,
    freeze,
    metrics_with_auto_cap,
    n_star_of,
)
from storepulse.experiments.rows import STATEMENTS, TestRow

A_DAY = timedelta(days=1)


def begin_phase(connection: Connection, test: TestRow, definition: Definition, at: datetime) -> int:
    """Begin the test's next phase. Returns its number."""
    phase = test.phase + 1
    settings = _freeze(connection, test, definition, at)
    place = {"test_id": test.test_id, "phase": phase}
    connection.execute(
        STATEMENTS["add_phase"],
        {
            **place,
            "store_id": test.store_id,
            "at": at,
            "settings": encode(settings).decode(),
            "window_ms": settings.window_hours * 3_600_000,
            "pre_ms": settings.pre_days * 86_400_000,
        },
    )
    _enter_metrics(connection, place, settings)
    sources = [metric.source for metric in settings.metrics if metric.source]
    connection.execute(STATEMENTS["add_sources"], {"store_id": test.store_id, "sources": sources})
    connection.execute(STATEMENTS["set_phase"], place)
    return phase


def end_phase(connection: Connection, test: TestRow, at: datetime) -> None:
    """End the current phase and, if it is paused, the pause."""
    place = {"test_id": test.test_id, "phase": test.phase, "at": at}
    connection.execute(STATEMENTS["end_pause"], place)
    connection.execute(STATEMENTS["end_phase"], place)


def moment_after(connection: Connection, test: TestRow, now: datetime) -> datetime:
    """Now, or the latest time in the current phase, because clocks of two processes may differ."""
    place = {"test_id": test.test_id, "phase": test.phase}
    row = connection.execute(STATEMENTS["last_moment"], place).fetchone()
    return now if row is None else max(now, row[0])


def _freeze(
    connection: Connection, test: TestRow, definition: Definition, at: datetime
) -> Definition:
    day = at.date()
    asked = {"store_id": test.store_id, "from_day": day - TRAFFIC_DAYS * A_DAY, "to_day": day}
    visitors = 0
    if definition.n_star is None:
        row = connection.execute(STATEMENTS["visitors"], asked).fetchone()
        assert row is not None  # noqa: S101 - a count always has its row
        visitors = row[0]
    caps = {
        metric.key: _cap_of(connection, test, definition, metric, at)
        for metric in metrics_with_auto_cap(definition)
    }
    return freeze(definition, n_star_of(definition, visitors), caps)


def _cap_of(
    connection: Connection, test: TestRow, definition: Definition, metric: Metric, at: datetime
) -> Decimal | None:
    from_at = at - PURCHASE_DAYS * A_DAY
    asked = {
        "store_id": test.store_id,
        "currency": metric.currency,
        # Days of orders are the store's own, which begin up to a day away from UTC's.
        "from_day": from_at.date() - A_DAY,
        "from_at": from_at,
        "to_at": at,
        "window": timedelta(hours=definition.window_hours),
        "quantile": CAP_QUANTILE,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(STATEMENTS["buyers"], asked).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has its row
    return cap_of(row["buyers"], row["quantile"])


def _enter_metrics(connection: Connection, place: dict[str, Any], settings: Definition) -> None:
    totals = [metric for metric in settings.metrics if metric.kind != "ratio"]
    ratios = [metric for metric in settings.metrics if metric.kind == "ratio"]
    connection.execute(
        STATEMENTS["add_metrics"],
        {
            **place,
            "metrics": [metric.key for metric in totals],
            "kinds": [metric.kind for metric in totals],
            "sources": [metric.source for metric in totals],
            "currencies": [metric.currency for metric in totals],
            "caps": [metric.cap for metric in totals],
        },
    )
    connection.execute(
        STATEMENTS["add_ratios"],
        {
            **place,
            "metrics": [metric.key for metric in ratios],
            "numerators": [metric.numerator for metric in ratios],
            "denominators": [metric.denominator for metric in ratios],
        },
    )
