"""Queues records of `events.*`: they are staged once, then inserted for each destination."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import polars as pl
import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.dead_letter_headers import columns_of
from storepulse.destinations.rules.matching import event_type
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.ordering import PRIORITIES, ordering_key
from storepulse.destinations.table.changes import hold

_SQL = named_sql("delivery/matching")
_COPIED = (
    # Ids are copied as 16 bytes, which avoids creating UUID objects.
    *("int4", "bytea", "bytea", "timestamptz", "text", "int2", "text", "bytea", "bytea"),
    *("text[]", "bytea[]", "int8"),
)


class Records(Protocol):
    """Records of one partition in its order, as parallel lists."""

    @property
    def keys(self) -> Sequence[bytes | None]: ...
    @property
    def values(self) -> Sequence[bytes | None]: ...
    @property
    def headers(self) -> Sequence[Sequence[tuple[str, bytes | None]]]: ...
    @property
    def offsets(self) -> Sequence[int]: ...


class LogPartition(Protocol):
    """The partition that records come from."""

    @property
    def topic(self) -> str: ...
    @property
    def topic_id(self) -> str: ...
    @property
    def partition(self) -> int: ...


def make_stage(connection: psycopg.Connection[Any]) -> None:
    """Creates the temporary table for staged records; it exists until the connection closes."""
    connection.execute(_SQL["stage"])


def stage(cursor: psycopg.Cursor[Any], stream: str, frame: pl.DataFrame, records: Records) -> None:
    """Stages the frame's events for this transaction. `_index` is an index into `records`."""
    columns = frame.select(
        "_index",
        pl.col("store_id", "event_id").str.replace_all("-", "", literal=True).str.decode("hex"),
        "received_at", event_type(stream), pl.col("priority").cast(pl.String),
        ordering_key(stream),
    )  # fmt: skip
    with cursor.copy(_SQL["copy"]) as copy:
        copy.set_types(_COPIED)
        for index, store_id, event_id, received_at, kind, priority, key in columns.iter_rows():
            names, values = columns_of(records.headers[index])
            copy.write_row(
                (
                    index, store_id, event_id, received_at, kind, PRIORITIES[priority], key,
                    records.keys[index], records.values[index], names,
                    values, records.offsets[index],
                )
            )  # fmt: skip


def queue(
    cursor: psycopg.Cursor[Any],
    destination: Destination,
    stream: str,
    origin: LogPartition,
    *,
    indexes: Sequence[int] | None,
    now: datetime,
) -> int:
    """Queues the staged events at `indexes`, or all if None. Returns how many rows were new."""
    cursor.execute(
        _SQL["queue"],
        {
            "destination_id": destination.destination_id,
            "ordered": destination.ordered,
            "places": None if indexes is None else list(indexes),
            "stream": stream,
            "now": now,
            "topic": origin.topic,
            "topic_id": origin.topic_id,
            "partition": origin.partition,
        },
    )
    return cursor.rowcount


def destinations(cursor: psycopg.Cursor[Any]) -> list[Destination]:
    """All destinations with the fields that matching needs, locked until the transaction ends."""
    hold(cursor.connection)
    return [destination_of(row) for row in cursor.execute(_SQL["destinations"]).fetchall()]


def destination_of(row: Sequence[Any]) -> Destination:
    """A destination from a row of the statement `destinations`."""
    return Destination(
        destination_id=row[0],
        name=row[1],
        kind=row[2],
        store_id=row[3],
        streams=frozenset(row[4]),
        types=frozenset(row[5]),
        consent=frozenset(row[6]),
        include_bots=row[7],
        ordered=row[8],
    )
