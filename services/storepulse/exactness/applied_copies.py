"""Which copy of an event was applied, where its copies lie in several partitions.

A partition is read in order, several are read side by side: the first copy of each may be the one
that was applied. A record's key decides where it lies, so copies in two partitions differ in the
fields of the key. The event's row has these, and so says whose it is. Streams without rows, or
without these columns, leave it open, and so do copies that a foreign producer put elsewhere than
their key says.
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
#: What the rows of events say of who told them; events without a row are left out.
Witnesses = Callable[[Sequence[Key]], Mapping[Key, int]]

_SQL = named_sql("exactness/recount", rows_of_events="store_ids event_ids")
_KEYS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Copy:
    """The first copy of an event in a partition. `record` is None where it is not held."""

    partition: int
    witness: int
    crc: int
    hour: datetime
    record: IngestRecord | None = None


def witness_of(stream: str) -> Callable[[Mapping[str, Any]], int]:
    """A function that makes one number of the fields that tell an event's copies apart; of an event
    and of its row the same one."""
    names = _witness_fields(stream)
    return lambda fields: hash(tuple(fields.get(name) for name in names))


def _witness_fields(stream: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("session_id", "correlation_id", *schema_of(stream).key)))


def applied_copy(copies: Sequence[Copy], witness: int | None) -> Copy | None:
    """The copy that the event's row was made of; None where that is not known."""
    found = [copy for copy in copies if copy.witness == witness]
    return found[0] if len(found) == 1 else None


def read_witnesses(settings: Settings, stream: str, keys: Sequence[Key]) -> dict[Key, int]:
    """The witnesses of the rows of these events, as far as there are any. Raises Transient."""
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
