"""Reads of deliveries for administrators. The query service uses the same statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from storepulse.adapters.postgres.named_sql import named_sql

Connection = psycopg.Connection[Any]
Row = dict[str, Any]

#: The filters of the statement `page`; null matches everything.
_FILTERS = (
    *("destination_id", "status", "store_id", "stream", "since", "event_id"),
    *("before", "after_destination", "after_store", "after_event", "after_stream"),
)


def read_page(connection: Connection, count: int, **filters: Any) -> list[Row]:
    """The newest deliveries. Filters: destination_id, status, store_id, stream, since, event_id."""
    return _rows(connection, "page", dict.fromkeys(_FILTERS) | filters | {"count": count})


def batches_of(delivery: Mapping[str, Any]) -> list[UUID]:
    """The batches that a delivery of `read_page` was part of, before each resend and now."""
    now = delivery["batch_id"]
    return [*delivery["earlier_batches"], *([] if now is None else [now])]


def read_attempts(connection: Connection, delivery: Mapping[str, Any]) -> list[Row]:
    """All attempts at a delivery of `read_page`, in all of its batches, oldest first."""
    rows = _rows(connection, "attempts", {"batch_ids": batches_of(delivery)})
    return [row for row in rows if row["attempt"] is not None]


def count_deliveries(connection: Connection) -> list[Row]:
    """Pending, sent, failed and skipped deliveries of each destination and store, counted now."""
    return _rows(connection, "stats", {})


def read_event(connection: Connection, delivery: Mapping[str, Any]) -> Row:
    """Key, value, headers and Kafka position of a delivery of `read_page`."""
    return _rows(connection, "event", delivery)[0]


def read_failed(
    connection: Connection,
    destination_id: str,
    start: datetime,
    end: datetime,
    now: datetime,
    count: int,
) -> Sequence[UUID]:
    """Events received from `start` up to before `end` whose delivery had failed by `now`."""
    parameters = {
        "destination_id": destination_id, "start": start, "end": end, "now": now, "count": count,
    }  # fmt: skip
    return [row["event_id"] for row in _rows(connection, "failed", parameters)]


def _rows(connection: Connection, name: str, parameters: Mapping[str, Any]) -> list[Row]:
    statement = named_sql("destinations/delivery_reads")[name]
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()
