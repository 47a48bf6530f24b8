"""A store's traffic in its last whole days: the basis of plans and simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Rejected

#: The number of whole days.
DAYS = 14
_SPAN = "store_id first_day end_day"
_TIMES = "store_id start end"
_SQL = named_sql(
    "experiments/traffic",
    span="store_id days",
    visitors=_SPAN,
    purchase="store_id first_day end_day start end",
    activity=f"{_TIMES} type",
    custom=f"{_TIMES} name",
)
#: Sources that are activity types with stored rows.
ACTIVITY_SOURCES = (
    "page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "checkout_start",
)  # fmt: skip
_CUSTOM = "custom:"

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Traffic:
    """A store's days from `first_day` to before `end_day`.

    `visitors`: for each day, those who were not seen on an earlier of these days. `converters`:
    visitors with an event of the source. `totals`: for purchases, what each buyer spent in
    `currency`, the one of most purchases.
    """

    first_day: date
    end_day: date
    visitors: tuple[int, ...]
    converters: int
    currency: str | None = None
    totals: tuple[float, ...] = ()

    @property
    def visitors_of_all(self) -> int:
        """Distinct visitors of these days."""
        return sum(self.visitors)

    @property
    def visitors_a_day(self) -> float:
        """Visitors per day that a test on these days would have had."""
        return self.visitors_of_all / len(self.visitors)

    @property
    def rate(self) -> float | None:
        """Share of visitors with an event of the source; None without visitors."""
        return min(1.0, self.converters / self.visitors_of_all) if self.visitors_of_all else None

    @property
    def moments(self) -> tuple[float, float] | None:
        """Mean and variance of what a visitor spends, including those who spend nothing; None
        with fewer than two visitors or without amounts."""
        n = self.visitors_of_all
        if n < 2 or not self.totals:
            return None
        mean = sum(self.totals) / n
        squares = sum((spent - mean) ** 2 for spent in self.totals)
        idle = max(0, n - len(self.totals))
        return mean, (squares + idle * mean * mean) / (n - 1)


def read_traffic(
    connection: Connection, store_id: UUID, source: str | None, days: int = DAYS
) -> Traffic:
    """Traffic, and the visitors with an event of the source; with None none are counted. Raises
    Rejected if the source has no rows of visitors."""
    statement, asked = _question(source)
    with connection.cursor(row_factory=dict_row) as cursor:
        span = cursor.execute(_SQL["span"], {"store_id": store_id, "days": days}).fetchone()
        assert span is not None  # noqa: S101 - it is an aggregate without a condition
        known = {"store_id": store_id, **span, **asked}
        visitors, told = (
            [] if one is None else cursor.execute(one, _parameters_of(one, known)).fetchall()
            for one in (_SQL["visitors"], statement)
        )
    return traffic_of(span, visitors, told)


async def read_traffic_of_snapshot(
    reads: ReadSnapshot, store_id: UUID, source: str | None, days: int = DAYS
) -> Traffic:
    """The same, in the snapshot of a request."""
    statement, asked = _question(source)
    span = await reads.row(_SQL["span"], {"store_id": store_id, "days": days})
    known = {"store_id": store_id, **span, **asked}
    visitors, told = [
        [] if one is None else await reads.rows(one, _parameters_of(one, known))
        for one in (_SQL["visitors"], statement)
    ]
    return traffic_of(span, visitors, told)


def traffic_of(span: Mapping[str, Any], visitors: Rows, told: Rows) -> Traffic:
    """Traffic from the rows of the three statements, including days without visitors."""
    by_day = {row["day"]: row["visitors"] for row in visitors}
    days = (span["end_day"] - span["first_day"]).days
    counts = tuple(by_day.get(span["first_day"] + timedelta(day), 0) for day in range(days))
    if told and "converters" in told[0]:
        return Traffic(span["first_day"], span["end_day"], counts, told[0]["converters"])
    return Traffic(
        first_day=span["first_day"],
        end_day=span["end_day"],
        visitors=counts,
        converters=len(told),
        currency=told[0]["currency"] if told else None,
        totals=tuple(row["total"] for row in told if row["total"] is not None),
    )


def _question(source: str | None) -> tuple[Statement | None, dict[str, str]]:
    """The statement that counts a source's visitors, and its parameters."""
    if source is None:
        return None, {}
    if source == "purchase":
        return _SQL["purchase"], {}
    if source in ACTIVITY_SOURCES:
        return _SQL["activity"], {"type": source}
    if source.startswith(_CUSTOM) and len(source) > len(_CUSTOM):
        return _SQL["custom"], {"name": source.removeprefix(_CUSTOM)}
    known = ", ".join(("purchase", *ACTIVITY_SOURCES))
    raise Rejected(
        "source", f"is not measured here; state a baseline, or take {known}, custom:NAME"
    )


def _parameters_of(statement: Statement, known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in statement.parameters}
