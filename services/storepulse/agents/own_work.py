"""Our own work as usage of the stores that it was done for: events, stored bytes, orders.

Slices count events in the ledger, and orders where they are created, in their own transactions. The
counts move to `usage_outbox`, where each event gets its id, and from there to `ingest.usage`. A row
leaves the outbox once the broker has it. After a crash in between it is sent again with the same
id, so it has one effect. Several workers may do this concurrently.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.repeating import repeat
from storepulse.adapters.settings import Settings
from storepulse.agents.published_records import PublishedRecord
from storepulse.contracts.record_json import encode_event
from storepulse.contracts.topics import load_catalog
from storepulse.domain.identity import derived_correlation
from storepulse.domain.times import utc_text
from storepulse.slices.publisher import SlicePublisher

_SQL = named_sql(
    "agents/own_work", take_events="count now", take_orders="now", lock_outbox="count",
    clear_outbox="event_ids",
)  # fmt: skip
_SESSION = SessionOptions(
    name="storepulse-own-work",
    lock_seconds=5,
    statement_seconds=20,
    idle_seconds=4,
    transaction_seconds=20,
)
_AT_ONCE = 2_000
#: Kafka's partitioner chooses the partition by key.
_ANY_PARTITION = -1


async def meter_own_work(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Move and send the counted work at the end of each interval, until `stop`."""
    publisher = SlicePublisher(settings, "storepulse-own-work")
    work = partial(send_own_work, settings, publisher, clock)
    every = settings.usage_meter_seconds
    await repeat(work, every, stop, "own work not metered", at_once=False)


def send_own_work(settings: Settings, publisher: SlicePublisher, clock: Clock) -> None:
    """Move the work counted since the last call to the outbox, and send the outbox.

    Raises psycopg.Error, Transient or FatalProducer; nothing is lost then.
    """
    with connect(settings.dsn, _SESSION) as connection:
        now = clock()
        while _take_events(connection, now) == _AT_ONCE:
            pass
        reach("own_work.after_events")
        connection.execute(_SQL["take_orders"], {"now": now})
        reach("own_work.before_publish")
        topic = load_catalog(settings.topic_prefix).ingest("usage")
        while _send(connection, publisher, topic, clock) == _AT_ONCE:
            pass


def _take_events(connection: psycopg.Connection[Any], now: datetime) -> int:
    row = connection.execute(_SQL["take_events"], {"now": now, "count": _AT_ONCE}).fetchone()
    return 0 if row is None else int(row[0])


def _send(
    connection: psycopg.Connection[Any], publisher: SlicePublisher, topic: str, clock: Clock
) -> int:
    """Send some of the outbox, and return how many events."""
    with connection.transaction():
        rows = connection.execute(_SQL["lock_outbox"], {"count": _AT_ONCE}).fetchall()
        if not rows:
            return 0
        received_at = clock()
        records: list[PublishedRecord] = [
            (*encode_event("usage", event_of(row, received_at)), []) for row in rows
        ]
        publisher.publish(topic, _ANY_PARTITION, records)
        publisher.wait()
        reach("own_work.after_publish")
        connection.execute(_SQL["clear_outbox"], {"event_ids": [row[0] for row in rows]})
    for _, _, meter, *_ in rows:
        metrics.OWN_WORK.labels(meter).inc()
    return len(rows)


def event_of(row: tuple[Any, ...], received_at: datetime) -> dict[str, Any]:
    """Return the usage event of a row of the outbox, as the schema's JSON."""
    event_id, store_id, meter, quantity, occurred_at, metadata = row
    return {
        "event_id": event_id,
        "store_id": store_id,
        "correlation_id": derived_correlation(store_id, store_id),
        "occurred_at": utc_text(occurred_at),
        "content_crc": 0,
        "meter": meter,
        "quantity": f"{quantity:f}",
        "metadata": metadata,
        "received_at": utc_text(received_at),
        "source": "server",
        "priority": "normal",
        "consent_analytics": "unknown",
        "consent_marketing": "unknown",
        "is_bot": False,
    }
