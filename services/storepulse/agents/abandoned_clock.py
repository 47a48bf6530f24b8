"""The agents' clock: reports abandoned carts as events that are processed like all others.

A cart is reported when it is due by the horizon: the time up to which everything in Kafka is
applied. Each group of carts is one transaction: their rows are locked, the events are published and
acknowledged by the broker, and the rows are marked. After a crash before the commit, the carts are
reported again with the same ids, which the dedupe window drops. Rows that another worker has locked
are skipped, and nothing here waits for a slice's transaction.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from psycopg.rows import class_row

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.agents.abandoned_carts import (
    CartChange,
    CartTotal,
    DerivedRecord,
    DueCart,
    due_at,
    holds_nothing,
    is_told,
    products_of,
    record_of,
    total_of,
)
from storepulse.agents.applied_horizon import AppliedHorizon
from storepulse.contracts.topics import Catalog
from storepulse.domain.errors import Rejected
from storepulse.slices.publisher import SlicePublisher
from storepulse.streams.derived import DERIVED_STREAM

log = logger()

EVERY_SECONDS = 2.0
#: The maximum of carts in one transaction.
GROUP_CARTS = 100
#: The maximum of events of each stream that are read per cart.
MOST_EVENTS = 200
#: The producer chooses the partition by key, like the gateway's.
_ANY_PARTITION = -1
_SQL = named_sql(
    "agents/abandoned",
    due_carts="horizon count",
    cart_events="store_ids session_ids since now most",
    settle_carts="store_ids session_ids due_at abandoned_at types event_ids amounts currencies",
    oldest_due="now",
)
#: The session of a worker that freezes with locked carts ends, so that others get them.
_SESSION = SessionOptions(
    name="storepulse-carts",
    connect_seconds=5,
    statement_seconds=15,
    lock_seconds=5,
    idle_seconds=10,
    transaction_seconds=20,
)


#: (a connection, the current time) -> the horizon; None if it is not known yet.
Horizon = Callable[[Connection, datetime], datetime | None]


class AbandonedClock:
    """Finds due carts. `make_publisher` is called at the first event; `clock` gives the time."""

    def __init__(
        self,
        dsn: str,
        topic: str,
        make_publisher: Callable[[], SlicePublisher],
        clock: Clock,
        horizon: Horizon,
    ) -> None:
        self._dsn = dsn
        self._topic = topic
        self._make_publisher = make_publisher
        self._publisher: SlicePublisher | None = None
        self._clock = clock
        self._horizon = horizon
        self._looked_at = monotonic()
        self._overdue_seconds = 0.0
        metrics.DERIVED_OVERDUE.set_function(self.overdue_seconds)

    def overdue_seconds(self) -> float:
        """How long the oldest due cart has waited, by the last look plus the time since."""
        return self._overdue_seconds + monotonic() - self._looked_at

    def tell_due(self) -> None:
        """Report all due carts. Raises psycopg.Error, Transient, FatalProducer."""
        with connect(self._dsn, _SESSION) as connection:
            now = self._clock()
            horizon = self._horizon(connection, now)
            while horizon is not None and self._tell_group(connection, horizon) == GROUP_CARTS:
                pass
            row = connection.execute(_SQL["oldest_due"], {"now": now}).fetchone()
        oldest: datetime | None = row[0] if row else None
        self._overdue_seconds = 0.0 if oldest is None else (now - oldest).total_seconds()
        self._looked_at = monotonic()

    def _tell_group(self, connection: Connection, horizon: datetime) -> int:
        """Report one group of carts that are due by the horizon, and return its size."""
        now = self._clock()
        with connection.transaction():
            with connection.cursor(row_factory=class_row(DueCart)) as cursor:
                limits = {"horizon": horizon, "count": GROUP_CARTS}
                carts = cursor.execute(_SQL["due_carts"], limits).fetchall()
            if not carts:
                return 0
            events = _read_events(connection, carts, now)
            records = {
                place: record
                for place, cart in enumerate(carts)
                if (record := _told_record(cart, events[place], now)) is not None
            }
            reach("abandoned.before_publish")
            if records:
                self._publish(list(records.values()))
            reach("abandoned.after_publish")
            totals = {place: total_of(products_of(events[place])) for place in records}
            _settle(connection, carts, totals, now)
            reach("abandoned.before_commit")
        told = Counter(carts[place].name for place in records)
        for name, count in told.items():
            metrics.DERIVED_EVENTS.labels(name).inc(count)
        return len(carts)

    def _publish(self, records: Sequence[DerivedRecord]) -> None:
        if self._publisher is None:
            self._publisher = self._make_publisher()
        self._publisher.publish(self._topic, _ANY_PARTITION, records)
        self._publisher.wait()


def _read_events(
    connection: Connection, carts: Sequence[DueCart], now: datetime
) -> dict[int, list[CartChange]]:
    """Return the changes of each cart, by its place."""
    asked = {
        "store_ids": [cart.store_id for cart in carts],
        "session_ids": [cart.session_id for cart in carts],
        "since": [cart.empty_at for cart in carts],
        "now": now,
        "most": MOST_EVENTS,
    }
    found: dict[int, list[CartChange]] = defaultdict(list)
    for place, *said, _occurred_at in connection.execute(_SQL["cart_events"], asked):
        found[place].append(CartChange(*said))
    return found


def _told_record(
    cart: DueCart, events: Sequence[CartChange], now: datetime
) -> DerivedRecord | None:
    """Return the record of a cart that is reported now; None if it is not, or not yet."""
    due = due_at(cart)
    if due is None or due > now or not is_told(cart, now) or holds_nothing(events):
        return None
    try:
        return record_of(cart, events, due, now)
    except (Rejected, ValueError) as error:
        log.error("abandoned cart not told", store_id=cart.store_id, reason=str(error))
        return None


def _settle(
    connection: Connection, carts: Sequence[DueCart], told: Mapping[int, CartTotal], now: datetime
) -> None:
    """Mark the result of each cart. `told`: the values of the reported carts, by place."""
    rows: list[tuple[Any, ...]] = []
    for place, cart in enumerate(carts):
        due, is_now = due_at(cart), place in told
        rows.append(
            (
                cart.store_id,
                cart.session_id,
                due if due is not None and due > now else None,
                due if is_now else None,
                cart.name if is_now else None,
                cart.event_id if is_now else None,
                *told.get(place, (None, None)),
            )
        )
    names = (
        "store_ids", "session_ids", "due_at", "abandoned_at", "types", "event_ids", "amounts",
        "currencies",
    )  # fmt: skip
    columns = map(list, zip(*rows, strict=True))
    connection.execute(_SQL["settle_carts"], dict(zip(names, columns, strict=True)))


async def tell_abandoned_carts(
    settings: Settings,
    catalog: Catalog,
    clock: Clock,
    group: str,
    session: str,
    stop: asyncio.Event,
) -> None:
    """Report due carts repeatedly until `stop`.

    `group`: the agents' consumer group. `session`: the name of this worker's producer.
    """
    make_publisher = partial(SlicePublisher, settings, session)
    topic = catalog.ingest(DERIVED_STREAM)
    horizon = AppliedHorizon(settings, catalog, group)
    due = AbandonedClock(settings.dsn, topic, make_publisher, clock, horizon.look)
    await repeat(due.tell_due, EVERY_SECONDS, stop, "abandoned carts not told")
