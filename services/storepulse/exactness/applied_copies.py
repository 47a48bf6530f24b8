"""Finds the applied copy of an event that has copies in several partitions.

Each partition is read in order, but several are read concurrently: the first copy in each may be
the applied one. A record's key decides its partition, so copies in two partitions differ in the
fields of the key. The event's row has these fields, and so identifies the copy. It remains unknown
for streams without rows or without these columns, and for copies that a foreign producer put into a
partition that does not match their key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Transient
from storepulse.exactness.ingest_records import IngestRecord
from storepulse.streams.registry import STREAMS

#: Store and event id.
Key = tuple[str, str]
#: Returns the witnesses of the rows of events; events without a row are left out.
Witnesses = Callable[[Sequence[Key]], Mapping[Key, int]]

_SQL = named_sql("exactness/recount", rows_of_events="store_ids event_ids")
_KEYS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Copy:
    """The first copy of an event in a partition. `record` is None if it is not held."""

    partition: int
    witness: int
    crc: int
    hour: datetime
    record: IngestRecord | None = None


def witness_of(stream: str) -> Callable[[Mapping[str, Any]], int]:
    """A function that hashes the fields in which an event's copies differ. The result is the
    same for an event and its row."""
    names = _witness_fields(stream)
    return lambda fields: hash(tuple(fields.get(name) for name in names))


def _witness_fields(stream: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("session_id", "correlation_id", *schema_of(stream).key)))


def applied_copy(copies: Sequence[Copy], witness: int | None) -> Copy | None:
    """The copy that the event's row was made from; None if unknown."""
    found = [copy for copy in copies if copy.witness == witness]
    return found[0] if len(found) == 1 else None


def read_witnesses(settings: Settings, stream: str, keys: Sequence[Key]) -> dict[Key, int]:
    """The witnesses of the rows of these events, if there are any. Raises Transient."""
    rows = STREAMS[stream].rows
    if rows is None:
        return {}
    try:
        with connect(settings.dsn, SessionOptions(name="storepulse-recount")) as connection:
            return dict(_read_rows(connection, stream, rows, keys))
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def _read_rows(
    connection: psycopg.Connection[Any], stream: str, rows: str, keys: Sequence[Key]
) -> Iterator[tuple[Key, int]]:
    names, witness = {*_witness_fields(stream)}, witness_of(stream)
    statement = _SQL["rows_of_events"].with_names(rows=rows)
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        asked = {
            "store_ids": [store_id for store_id, _ in some],
            "event_ids": [event_id for _, event_id in some],
        }
        for store_id, event_id, row in connection.execute(statement, asked):
            if names <= row.keys():
                yield (store_id, event_id), witness(row)
